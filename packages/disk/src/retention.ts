import type { Followed } from './follower.ts'
import type { Judge } from './successor.ts'
import { expiryOf } from './value-record.ts'

/** Decides which entries a directory keeps when it is reclaimed. */
export class Retention {
  readonly #now = Date.now()
  readonly #followed: Followed
  readonly #maxBytes: number

  constructor(followed: Followed, maxBytes: number) {
    this.#followed = followed
    this.#maxBytes = maxBytes
  }

  async weigh(): Promise<void> {
    void this.#followed
    void this.#maxBytes
  }

  readonly judge: Judge = (_row, record) => (expiryOf(record) <= this.#now ? 'expired' : undefined)
}
