const rows = 4
const columnsPerEntry = 2
const agedAfter = 5
// One request, so that halving loses little of it.
const unit = 16
const most = 255

/**
 * How often names were asked for of late, of those too that are not kept: a count-min sketch whose counters are halved again
 * and again. An estimate; it errs upwards only.
 */
export class FrequencySketch {
  #counters: Uint8Array = new Uint8Array(0)
  #width = 0
  #counted = 0
  #agedAt = 0

  /** Makes it large enough for so many entries. What it knows stays. */
  grow(entries: number): void {
    this.#agedAt = agedAfter * entries
    while (this.#width < columnsPerEntry * entries) this.#double()
  }

  /** Counts a request. Answers whether all that was counted has just been halved. */
  count(hash: number): boolean {
    for (let row = 0, mixed = hash; row < rows; row++) {
      mixed = mix(mixed)
      const place = row * this.#width + (mixed & (this.#width - 1))
      const counter = this.#counters[place] as number
      this.#counters[place] = counter > most - unit ? most : counter + unit
    }
    if (++this.#counted < this.#agedAt) return false
    this.#counted = 0
    for (let place = 0; place < this.#counters.length; place++) (this.#counters[place] as number) >>= 1
    return true
  }

  /** In requests; 15.9 stands for that and more. */
  frequencyOf(hash: number): number {
    let least = most
    for (let row = 0, mixed = hash; row < rows; row++) {
      mixed = mix(mixed)
      const counter = this.#counters[row * this.#width + (mixed & (this.#width - 1))] as number
      if (counter < least) least = counter
    }
    return least / unit
  }

  // A further bit of the hash chooses between two columns of equal content.
  #double(): void {
    const width = this.#width || 8
    const doubled = new Uint8Array(rows * 2 * width)
    for (let row = 0; row < rows; row++) {
      const counters = this.#counters.subarray(row * this.#width, (row + 1) * this.#width)
      doubled.set(counters, row * 2 * width)
      doubled.set(counters, (row * 2 + 1) * width)
    }
    this.#counters = doubled
    this.#width = 2 * width
  }
}

/** A number of 32 bits in which every bit depends on every one of another. */
function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}

/** A hash of 32 bits; with another seed, other names have the same. */
export function hashOf(name: string, seed: number): number {
  let hash = seed
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  }
  return mix(mix(hash))
}
