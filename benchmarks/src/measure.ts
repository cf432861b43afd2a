import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Effort, type Result, race } from './race.ts'
import type { Suite } from './row.ts'

/** The results of one table. */
export interface Measured {
  readonly title: string
  readonly results: readonly Result[]
}

/**
 * Measures a suite in a temporary directory, which is removed, also where the process exits before the end.
 * @param share - How much of the full work one sample does, from 0 to 1.
 */
export async function* measure(suite: Suite, effort: Effort, share = 1): AsyncGenerator<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'stagcache-bench-'))
  // Whoever is still writing may put something into a folder that was just emptied.
  const remove = () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  process.once('exit', remove)
  try {
    const { tables, close } = await suite.open(dir, share)
    for (const { title, rows } of tables) {
      const results: Result[] = []
      for (const row of rows) results.push(await race(row, effort))
      yield { title, results }
    }
    await close()
  } finally {
    remove()
    process.off('exit', remove)
  }
}
