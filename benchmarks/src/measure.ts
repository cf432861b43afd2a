import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Effort, type Result, race } from './race.ts'
import type { Suite } from './row.ts'

/** @param share - How much of the full work one sample does, from 0 to 1. */
export async function measure(suite: Suite, effort: Effort, share = 1): Promise<Result[]> {
  const dir = mkdtempSync(join(tmpdir(), 'stagcache-bench-'))
  try {
    const { rows, close } = await suite.open(dir, share)
    const results: Result[] = []
    for (const row of rows) results.push(await race(row, effort))
    await close()
    return results
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
