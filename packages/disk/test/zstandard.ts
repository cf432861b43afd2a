import * as zlib from 'node:zlib'
import type { TestContext } from 'vitest'

/** Skips a test where the runtime cannot compress with zstd, and says so in the summary of the run. */
export function needsZstandard({ task, skip }: TestContext): void {
  if ('zstdCompress' in zlib) return
  const reason = 'this runtime has no Zstandard'
  Object.assign(task.meta, { skipped: reason })
  skip(reason)
}
