import type { Contents } from './contents.ts'
import type { Log } from './log.ts'

/** A log that is followed, and what its records leave. */
export interface Followed {
  readonly log: Log
  readonly contents: Contents
}
