import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whenOver } from './round.ts'

/** Looks at a folder; what it throws fails the test. */
export type Inspection = (path: string) => void | Promise<void>

const inspections: Inspection[] = []

/**
 * A new, empty folder, removed when the running test or round is over, whatever permissions it left behind. What was
 * opened in it is to be closed by then: what `whenOver` was given later runs before.
 */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'stagcache-test-'))
  whenOver(async () => {
    try {
      for (const inspect of inspections) await inspect(path)
    } finally {
      remove(path)
    }
  })
  return path
}

/** Has every temporary folder looked at before it is removed. For a setup file of the tests. */
export function inspectDirectories(inspection: Inspection): void {
  inspections.push(inspection)
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    makeWritable(path)
    rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name))
  }
}
