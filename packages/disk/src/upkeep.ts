import type { Blobs } from './blobs.ts'
import type { Contents } from './contents.ts'
import type { Follower } from './follower.ts'
import type { Reclaimer } from './reclaimer.ts'
import type { Judge } from './successor.ts'
import { expiryOf } from './value-record.ts'

/** What the upkeep of a store needs from around it. */
export interface UpkeepContext {
  readonly follower: Follower
  readonly reclaimer: Reclaimer
  readonly blobs: Blobs
  /** How many bytes the logs and blobs may take. */
  readonly maxBytes: number
  /** Told of what went wrong where nobody waits. */
  readonly failed: (error: unknown) => void
}

// Below this, garbage is not worth the trouble.
const fewestGarbageBytes = 1 << 20
const pauseAfterFailure = 60_000

/** Keeps a directory small and quick to open, in the background: decides when to reclaim, and when to save a snapshot. */
export class Upkeep {
  readonly #context: UpkeepContext
  #running: Promise<void> | undefined
  #notBefore = 0
  #closed = false

  constructor(context: UpkeepContext) {
    this.#context = context
  }

  /** Something was written: time to see whether there is anything to do. */
  written(): void {
    if (this.#running || this.#closed || !this.#isDue()) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Finishes what is under way, and leaves a snapshot for who comes next. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    if (this.#context.follower.hasUnsavedRecords) await this.#quietly(this.#context.follower.saveSnapshot())
  }

  #isDue(): boolean {
    const { follower } = this.#context
    return performance.now() >= this.#notBefore && (this.#isWasteful() || follower.wantsSnapshot)
  }

  async #run(): Promise<void> {
    const { follower, reclaimer, blobs } = this.#context
    try {
      if (!this.#isWasteful()) return await follower.saveSnapshot()
      const followed = follower.refresh()
      const judge = followed && this.#judge(followed.contents)
      const reclaimed = judge && (await reclaimer.reclaim(judge))
      for (const blob of reclaimed?.blobs ?? []) await blobs.remove(blob)
    } catch (error) {
      this.#notBefore = performance.now() + pauseAfterFailure
      this.#failed(error)
    }
  }

  // Where the directory was removed meanwhile, there is nothing to keep up.
  #failed(error: unknown): void {
    if ((error as { code?: string }).code !== 'ENOENT') this.#context.failed(error)
  }

  /** Whether half of the log is garbage, or there is more than there may be. */
  #isWasteful(): boolean {
    const { followed } = this.#context.follower
    if (!followed?.log.writable) return false
    const { log, contents } = followed
    const garbage = log.scanned - contents.index.recordBytes
    if (garbage > Math.max(fewestGarbageBytes, contents.index.recordBytes)) return true
    return log.scanned + contents.index.blobBytes > this.#context.maxBytes
  }

  #judge(_contents: Contents): Judge {
    const now = Date.now()
    return (_row, record) => (expiryOf(record) <= now ? 'expired' : undefined)
  }

  async #quietly(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#failed(error)
    }
  }
}
