import { aside } from './events.ts'

/** Why a value is no longer held. */
export type DisposeReason =
  /** It had to make room. */
  | 'evict'
  /** Another value took its place. */
  | 'replace'
  /** Its entry was deleted by its name. */
  | 'delete'
  /** All entries were deleted. */
  | 'clear'
  /** Its time was over. */
  | 'expire'
  /** It was generated, but neither kept nor handed to anybody. */
  | 'discard'

/** What becomes of values that are no longer held. */
export type Dispose = (value: unknown, reason: DisposeReason) => void

interface Holders {
  count: number
  reason: DisposeReason
}

/** Counts who holds each value, entries and pins, and disposes of those that nobody holds any more, once each. */
export class Disposal {
  readonly #dispose: Dispose
  readonly #holders = new Map<unknown, Holders>()
  readonly #due = new Map<unknown, DisposeReason>()

  constructor(dispose: Dispose) {
    this.#dispose = dispose
  }

  held(value: unknown): void {
    // One that is put back before it was disposed of is kept.
    this.#due.delete(value)
    const holders = this.#holders.get(value)
    if (holders) holders.count++
    else this.#holders.set(value, { count: 1, reason: 'discard' })
  }

  /** An entry holds it no longer; without a reason, a pin. */
  dropped(value: unknown, reason?: DisposeReason): void {
    const holders = this.#holders.get(value) as Holders
    if (reason) holders.reason = reason
    if (--holders.count > 0) return
    this.#holders.delete(value)
    this.#due.set(value, holders.reason)
  }

  /** A value came to be held by nobody new. If it is in use, and not held otherwise, it is theirs who have it. */
  discarded(value: unknown, isInUse: boolean): void {
    if (isInUse) this.#due.delete(value)
    else if (!this.#holders.has(value)) this.#due.set(value, 'discard')
  }

  /** Comes last in every change, since what is called may use the cache. */
  flush(): void {
    // What is called may flush as well.
    for (const [value, reason] of this.#due) {
      this.#due.delete(value)
      aside(() => this.#dispose(value, reason))
    }
  }
}
