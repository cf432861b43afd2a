import type { Followed } from './follower.ts'
import type { KeyIndex } from './key-index.ts'
import { inSlices, type Steps } from './slices.ts'
import type { Judge } from './successor.ts'
import { expiryOf } from './value-record.ts'

// Of `maxBytes`, so that the next value does not make everything be copied again.
const keptShare = 0.8
const rowsPerStep = 2000

// Densities fall into classes by their logarithm. Within a class, the older entries go first.
const classesPerDoubling = 8
const classes = 4096

/**
 * Decides which entries a directory keeps when it is reclaimed: all that have not expired, or if those are too many, the
 * ones that are worth most for the room that they take.
 */
export class Retention {
  readonly #now = Date.now()
  readonly #index: KeyIndex
  readonly #toFree: number
  readonly #bytesByClass = new Float64Array(classes)
  // All of the classes below it go, and of itself as much as is left to free.
  #lastClass = -1
  #leftOfLastClass = 0

  constructor({ log, contents }: Followed, maxBytes: number) {
    this.#index = contents.index
    const { recordBytes, blobBytes } = this.#index
    const isTooMuch = log.scanned + blobBytes > maxBytes
    this.#toFree = isTooMuch ? recordBytes + blobBytes - keptShare * maxBytes : 0
  }

  /** Finds out what goes, in slices. To be called before `judge`. */
  async weigh(): Promise<void> {
    if (this.#toFree <= 0) return
    await inSlices(this.#classify())
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

  *#classify(): Steps {
    for (let row = 0; row < this.#index.count; row++) {
      const one = this.#classOf(row)
      this.#bytesByClass[one] = (this.#bytesByClass[one] as number) + this.#index.bytesOf(row)
      if (row % rowsPerStep === 0) yield
    }
  }

  #classOf(row: number): number {
    const density = valueDensity(
      this.#index.costOf(row),
      this.#index.usesOf(row),
      this.#now / 1000 - this.#index.usedAtOf(row),
      this.#index.bytesOf(row),
    )
    const one = Math.round(classesPerDoubling * Math.log2(density)) + classes / 2
    return Math.min(Math.max(one || 0, 0), classes - 1)
  }
}

/**
 * What keeping an entry is worth: the time that it saves, by how often it was used and how long ago, for each byte.
 *
 * @param cost - Milliseconds that it took to generate. What was set counts as a millisecond.
 * @param age - Seconds since it was used last.
 */
function valueDensity(cost: number, uses: number, age: number, bytes: number): number {
  const worth = cost > 0 ? cost : 1
  return (worth * Math.sqrt(1 + uses)) / (Math.max(age, 0) + 1) / Math.max(bytes, 1)
}
