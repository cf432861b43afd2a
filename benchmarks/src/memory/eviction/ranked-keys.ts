interface Ranked {
  readonly key: number
  readonly rank: number
}

/** Keys by rank. A key that is ranked anew is found under its new rank only. */
export class RankedKeys {
  readonly #heap: Ranked[] = []
  readonly #current = new Map<number, Ranked>()

  has(key: number): boolean {
    return this.#current.has(key)
  }

  set(key: number, rank: number): void {
    const ranked = { key, rank }
    this.#current.set(key, ranked)
    this.#heap.push(ranked)
    this.#rise(this.#heap.length - 1)
  }

  /** Removes and answers the key of the lowest rank. */
  takeLowest(): Ranked {
    for (;;) {
      const lowest = this.#pop()
      // What was ranked anew in the meantime is still there under its earlier rank.
      if (this.#current.get(lowest.key) !== lowest) continue
      this.#current.delete(lowest.key)
      return lowest
    }
  }

  #pop(): Ranked {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (!first || !last) throw new Error('There is no key to take.')
    if (this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first
  }

  #rise(from: number): void {
    for (let place = from; place > 0; ) {
      const parent = (place - 1) >> 1
      if (this.#rankAt(parent) <= this.#rankAt(place)) return
      this.#swap(parent, place)
      place = parent
    }
  }

  #sink(): void {
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2]
      const child = this.#rankAt(right) < this.#rankAt(left) ? right : left
      if (this.#rankAt(place) <= this.#rankAt(child)) return
      this.#swap(place, child)
      place = child
    }
  }

  #rankAt(place: number): number {
    return this.#heap[place]?.rank ?? Number.POSITIVE_INFINITY
  }

  #swap(one: number, other: number): void {
    const kept = this.#heap[one] as Ranked
    this.#heap[one] = this.#heap[other] as Ranked
    this.#heap[other] = kept
  }
}
