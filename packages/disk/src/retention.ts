import { type Entries, hasExpired } from './expired.ts'
import type { KeyIndex } from './key-index.ts'
import type { Steps } from './slices.ts'
import type { Judge } from './successor.ts'
import { valueDensity } from './value-density.ts'
import { expiryOf } from './value-record.ts'

// Of `maxBytes`, so that the next value does not make everything be copied again.
const keptShare = 0.8
const rowsPerStep = 2000
// Of those whose records are read.
const recordsPerStep = 200

// Densities fall into classes by their logarithm. Within a class, the older entries go first.
const classesPerDoubling = 8
const classes = 4096

/** What a directory holds. */
export interface Holdings {
  readonly log: { readonly scanned: number }
  readonly contents: Entries
}

/**
 * Decides which entries a directory keeps when it is reclaimed: all that have not expired, or if those are too many, the
 * ones that are worth most for the room that they take.
 */
export class Retention {
  readonly #now: number
  readonly #entries: Entries
  readonly #index: KeyIndex
  #toFree: number
  readonly #bytesByClass = new Float64Array(classes)
  #usualLife = 0
  // All of the classes below it go, and of itself as much as is left to free.
  #lastClass = -1
  #leftOfLastClass = 0

  /** @param now - Milliseconds since 1970. */
  constructor({ log, contents }: Holdings, maxBytes: number, now: number = Date.now()) {
    this.#now = now
    this.#entries = contents
    this.#index = contents.index
    const { recordBytes, blobBytes } = this.#index
    const isTooMuch = log.scanned + blobBytes > maxBytes
    this.#toFree = isTooMuch ? recordBytes + blobBytes - keptShare * maxBytes : 0
  }

  /** Finds out what goes. To be done before `judge` is called. */
  *weigh(): Steps {
    if (this.#toFree <= 0) return
    yield* this.#measureLives()
    yield* this.#classify()
    let left = this.#toFree
    for (let one = 0; one < classes && left > 0; one++) {
      this.#lastClass = one
      this.#leftOfLastClass = left
      left -= this.#bytesByClass[one] as number
    }
  }

  readonly judge: Judge = (row, record) => {
    if (expiryOf(record) <= this.#now) return 'expired'
    if (this.#lastClass < 0) return undefined
    const one = this.#classOf(row)
    if (one > this.#lastClass) return undefined
    if (one < this.#lastClass) return 'evicted'
    if (this.#leftOfLastClass <= 0) return undefined
    this.#leftOfLastClass -= this.#index.bytesOf(row)
    return 'evicted'
  };

  *#measureLives(): Steps {
    const { count } = this.#index
    let sum = 0
    for (let row = 0; row < count; row++) {
      sum += Math.max(this.#secondsSince(this.#index.storedAtOf(row)), 0)
      if (row % rowsPerStep === 0) yield
    }
    this.#usualLife = sum / count
  }

  // What has expired goes in any case, and leaves that much less to free.
  *#classify(): Steps {
    for (let row = 0; row < this.#index.count; row++) {
      if (hasExpired(this.#entries, row, this.#now)) {
        this.#toFree -= this.#index.bytesOf(row)
      } else {
        const one = this.#classOf(row)
        this.#bytesByClass[one] = (this.#bytesByClass[one] as number) + this.#index.bytesOf(row)
      }
      if (row % recordsPerStep === 0) yield
    }
  }

  #classOf(row: number): number {
    const standing = {
      cost: this.#index.costOf(row),
      uses: this.#index.usesOf(row),
      life: this.#secondsSince(this.#index.storedAtOf(row)),
      idle: this.#secondsSince(this.#index.usedAtOf(row)),
      bytes: this.#index.bytesOf(row),
    }
    const density = valueDensity(standing, this.#usualLife)
    const one = Math.round(classesPerDoubling * Math.log2(density)) + classes / 2
    return Math.min(Math.max(one, 0), classes - 1)
  }

  #secondsSince(time: number): number {
    return this.#now / 1000 - time
  }
}
