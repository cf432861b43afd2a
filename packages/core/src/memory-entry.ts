import { Ranked } from './ranking.ts'
import type { Stamp } from './stamp.ts'
import type { SessionStamp } from './stamps.ts'
import type { Entry } from './store.ts'

export interface MemoryEntry extends Entry {
  /** With what it is valid, if it was stored by a key that is just its name; other keys find it the long way. */
  readonly validAsKey: SessionStamp | undefined
}

/** An entry where memory is kept within bounds: the same object for as long as the entry is there. */
export class Resident extends Ranked implements MemoryEntry {
  readonly value: unknown
  readonly stamp: Stamp
  readonly params: string | undefined
  readonly storedAt: number
  readonly expiresAt: number | undefined
  readonly validAsKey: SessionStamp | undefined
  /** What it takes, in the unit of `maxBytes`; 0 where that is not bounded. */
  readonly bytes: number

  constructor(name: string, entry: MemoryEntry, bytes: number) {
    super(name, entry.cost, 1)
    this.value = entry.value
    this.stamp = entry.stamp
    this.params = entry.params
    this.storedAt = entry.storedAt
    this.expiresAt = entry.expiresAt
    this.validAsKey = entry.validAsKey
    this.bytes = bytes
  }
}
