const mostKinds = 16
const fewestRepeated = 16
const mostProperties = 64

/**
 * A name by which msgpackr keeps something of its own beside property names: of objects with such a property it would make a
 * mess, of others too.
 */
export const reservedName = '__keys__'

/**
 * Tells whether the objects of a value are mostly like others, as the rows of a table are: with the same property names in
 * the same order. An estimate, by hashes of the names, which sees no more than some kinds of objects at a time.
 */
export class Shapes {
  readonly #kinds = new Int32Array(mostKinds)
  #next = 0
  #objects = 0
  #repeated = 0
  #isRefused = false

  /** A value with such objects is better no table. */
  refuse(): void {
    this.#isRefused = true
  }

  /** Takes note of an object with so many properties, whose names have this hash. */
  add(hash: number, properties: number): void {
    this.#objects++
    if (properties > mostProperties) this.refuse()
    if (this.#kinds.includes(hash)) {
      this.#repeated++
    } else {
      this.#kinds[this.#next] = hash
      this.#next = (this.#next + 1) % mostKinds
    }
  }

  get areRepeated(): boolean {
    return !this.#isRefused && this.#repeated >= fewestRepeated && this.#repeated >= 0.8 * this.#objects
  }

  clear(): void {
    this.#isRefused = false
    if (this.#objects === 0) return
    this.#kinds.fill(0)
    this.#next = 0
    this.#objects = 0
    this.#repeated = 0
  }
}

/** The hash of property names of which all but the last have the hash `before`; at first 1. */
export function hashOfNames(before: number, name: string): number {
  const { length } = name
  const letters =
    name.charCodeAt(0) ^ (name.charCodeAt(length >> 1) << 8) ^ (name.charCodeAt(length - 1) << 16)
  return (Math.imul(before, 31) + (length ^ letters)) | 0
}
