const rows = 4
const most = 15
const agedAfter = 10

/** How often keys were asked for of late: a count-min sketch of four rows, whose counters are halved now and then. */
export class CountMin {
  readonly #width: number
  readonly #counters: Uint8Array
  readonly #agedAt: number
  #counted = 0

  constructor(keys: number) {
    this.#width = 4 * 2 ** Math.ceil(Math.log2(Math.max(2, keys)))
    this.#counters = new Uint8Array(rows * this.#width)
    this.#agedAt = agedAfter * keys
  }

  count(key: number): void {
    let isCounted = false
    for (let row = 0; row < rows; row++) {
      const place = this.#placeOf(key, row)
      const counter = this.#counters[place] as number
      if (counter === most) continue
      this.#counters[place] = counter + 1
      isCounted = true
    }
    if (isCounted && ++this.#counted >= this.#agedAt) this.#age()
  }

  frequencyOf(key: number): number {
    let least = most
    for (let row = 0; row < rows; row++) {
      least = Math.min(least, this.#counters[this.#placeOf(key, row)] as number)
    }
    return least
  }

  #placeOf(key: number, row: number): number {
    let hash = Math.imul(key + row + 1, 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 15) ^ (row << 20), 0x85ebca6b)
    return row * this.#width + ((hash ^ (hash >>> 13)) & (this.#width - 1))
  }

  // What is lost by halving odd counters was counted as well.
  #age(): void {
    let odd = 0
    this.#counters.forEach((counter, place) => {
      odd += counter & 1
      this.#counters[place] = counter >> 1
    })
    this.#counted = (this.#counted >> 1) - (odd >> 2)
  }
}
