import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { verifyDirectory } from '../src/verify.ts'
import type { DirectoryReport, ProblemKind, Severity } from '../src/verify-report.ts'

/** Problems that a test has made on purpose, by their kind, or by how bad they are. */
export type Allowed = ProblemKind | Severity

/** Fails unless every invariant at the head of `verify.ts` holds of a directory. */
export async function checkDirectory(
  dir: string,
  { allow = [] }: { allow?: Iterable<Allowed> } = {},
): Promise<DirectoryReport> {
  const report = await verifyDirectory(dir)
  const allowed = new Set(allow)
  const unexpected = report.problems.filter(
    ({ kind, severity }) => !allowed.has(kind) && !allowed.has(severity),
  )
  const lines = unexpected.map(({ kind, path, message }) => `${kind} ${path}: ${message}`)
  if (lines.length > 0) throw new Error(`Invariants do not hold in ${dir}:\n${lines.join('\n')}`)
  return report
}

const allowedNow = new Set<Allowed>()

/** Says what the running test does to its directories, so that they do not fail it in the end. */
export function leaves(...allowed: Allowed[]): void {
  for (const each of allowed) allowedNow.add(each)
}

export function allowNothing(): void {
  allowedNow.clear()
}

/** Checks every cache directory in a folder, for what the running test has not said that it leaves. */
export async function checkDirectoriesIn(folder: string): Promise<void> {
  for (const dir of cacheDirectoriesIn(folder)) await checkDirectory(dir, { allow: allowedNow })
}

function* cacheDirectoriesIn(folder: string): Generator<string> {
  if (!existsSync(folder)) return
  if (existsSync(join(folder, 'store-v1'))) return yield folder
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) yield* cacheDirectoriesIn(join(folder, entry.name))
}
