import type { TestContext } from 'vitest'

/** Skips a test of recorded accesses where they are not beside the project, and says so. */
export function skipAbsent({ task, skip }: TestContext): never {
  const reason = 'the recorded accesses are not beside the project'
  Object.assign(task.meta, { skipped: reason })
  return skip(reason)
}
