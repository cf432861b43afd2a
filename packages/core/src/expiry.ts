import { isOver } from './freshness.ts'
import type { EntryInfo } from './store.ts'

// More than one, so that entries which all expire do not come faster than they are found.
const looksPerStep = 2

interface Entries {
  entries(): Iterator<[string, EntryInfo]>
}

/**
 * Finds entries whose time is over, though nobody asks for them: a few are looked at whenever one is stored. So no timer
 * runs for any, and what has expired is gone once as many more entries were stored as there are.
 */
export class Expiry {
  readonly #entries: Entries
  readonly #drop: (name: string) => void
  #next: Iterator<[string, EntryInfo]> | undefined
  /** Whether there has been any that can expire. */
  #isNeeded = false

  constructor(entries: Entries, drop: (name: string) => void) {
    this.#entries = entries
    this.#drop = drop
  }

  /** An entry was stored. */
  stored({ expiresAt }: EntryInfo, now: number): void {
    this.#isNeeded ||= expiresAt !== undefined
    if (!this.#isNeeded) return
    for (let look = 0; look < looksPerStep; look++) {
      this.#next ??= this.#entries.entries()
      const { value } = this.#next.next() as IteratorResult<[string, EntryInfo], undefined>
      if (!value) this.#next = undefined
      else if (isOver(value[1], now)) this.#drop(value[0])
    }
  }
}
