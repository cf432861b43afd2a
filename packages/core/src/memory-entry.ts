import type { Ranked } from './ranking.ts'
import type { Stamp } from './stamp.ts'
import type { SessionStamp } from './stamps.ts'
import type { Entry } from './store.ts'

/** What an entry is made of. */
export interface NewEntry extends Entry {
  /** With what it is valid, if it was stored by a key that is just its name; other keys find it the long way. */
  readonly validAsKey: SessionStamp | undefined
}

// V8 keeps whole numbers below 2^31 within an object, and all others in 16 bytes beside it. Milliseconds from here on are
// such numbers for 24 days, those from 1970 on never. Of a clock that answers with fractions, 0.0002 ms may be lost.
const epoch = Date.now()

/** An entry in memory: the same object for as long as the entry is there. */
export class MemoryEntry implements NewEntry {
  readonly value: unknown
  readonly stamp: Stamp
  readonly params: string | undefined
  readonly cost: number
  readonly validAsKey: SessionStamp | undefined
  readonly #storedAt: number
  readonly #expiresAt: number | undefined

  constructor({ value, stamp, params, cost, validAsKey, storedAt, expiresAt }: NewEntry) {
    this.value = value
    this.stamp = stamp
    this.params = params
    this.cost = cost
    this.validAsKey = validAsKey
    this.#storedAt = storedAt - epoch
    this.#expiresAt = expiresAt === undefined ? undefined : expiresAt - epoch
  }

  get storedAt(): number {
    return epoch + this.#storedAt
  }

  get expiresAt(): number | undefined {
    return this.#expiresAt === undefined ? undefined : epoch + this.#expiresAt
  }
}

/** One where memory is kept within bounds. */
export class Resident extends MemoryEntry implements Ranked {
  readonly name: string
  /** What it takes, in the unit of `maxBytes`; 0 where that is not bounded. */
  readonly bytes: number
  // The others belong to the ranking.
  size = 1
  hash = 0
  uses = 0
  list = -1
  rank = 0
  newer: Ranked = this
  older: Ranked = this

  constructor(name: string, entry: NewEntry, bytes: number) {
    super(entry)
    this.name = name
    this.bytes = bytes
  }
}
