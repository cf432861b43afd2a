import type { TestContext } from 'vitest'

/** Skips a test where permissions stop nobody, and says so in the summary of the run. */
export function needsPermissions({ task, skip }: TestContext): void {
  const isRoot = process.getuid?.() === 0
  if (!isRoot && process.platform !== 'win32') return
  const reason = isRoot ? 'root may write everywhere' : 'Windows has no such permissions'
  Object.assign(task.meta, { skipped: reason })
  skip(reason)
}
