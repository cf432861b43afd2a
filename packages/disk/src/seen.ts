const few = 16

/** Tells whether an object has occurred before, most often among a handful of them. */
export class Seen {
  // Comparing with each of a few takes less time than hashing one.
  readonly #first: (object | undefined)[] = new Array(few).fill(undefined)
  #count = 0
  #others: Set<object> | undefined

  /** Adds an object; false if it was there already. */
  add(object: object): boolean {
    const first = this.#first
    const count = this.#count
    for (let index = 0; index < count; index++) if (first[index] === object) return false
    if (count === few) return this.#addToOthers(object)
    first[count] = object
    this.#count = count + 1
    return true
  }

  clear(): void {
    for (let index = 0; index < this.#count; index++) this.#first[index] = undefined
    this.#count = 0
    this.#others = undefined
  }

  #addToOthers(object: object): boolean {
    this.#others ??= new Set()
    const before = this.#others.size
    return this.#others.add(object).size > before
  }
}
