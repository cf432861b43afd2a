const slots = 32
const slotShift = 27
const fewestRepeated = 16
const mostProperties = 64

/**
 * Tells whether the objects of a value are mostly like each other, as the rows of a table are: with the same property names
 * in the same order. An estimate, by a hash of the names and for as many kinds of objects as there are slots.
 */
export class Shapes {
  readonly #last = new Int32Array(slots)
  #objects = 0
  #repeated = 0
  #hasWide = false

  /** Takes note of an object with so many properties, whose names have this hash. */
  add(hash: number, properties: number): void {
    this.#objects++
    if (properties > mostProperties) this.#hasWide = true
    const slot = Math.imul(hash, 0x9e3779b1) >>> slotShift
    const other = slot ^ 1
    if (this.#last[slot] === hash || this.#last[other] === hash) return void this.#repeated++
    // Two kinds whose hashes lead to one slot are no reason to take them for many.
    this.#last[other] = this.#last[slot] as number
    this.#last[slot] = hash
  }

  get areRepeated(): boolean {
    return !this.#hasWide && this.#repeated >= fewestRepeated && this.#repeated >= 0.8 * this.#objects
  }

  clear(): void {
    if (this.#objects === 0) return
    this.#last.fill(0)
    this.#objects = 0
    this.#repeated = 0
    this.#hasWide = false
  }
}

/** The hash of property names of which all but the last have the hash `before`; at first 1. */
export function hashOfNames(before: number, name: string): number {
  const { length } = name
  const letters =
    name.charCodeAt(0) ^ (name.charCodeAt(length >> 1) << 8) ^ (name.charCodeAt(length - 1) << 16)
  return (Math.imul(before, 31) + (length ^ letters)) | 0
}
