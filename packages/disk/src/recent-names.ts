const slots = 1 << 14
// All together are some megabytes then, however long names are.
const longest = 256

/**
 * The names of some records, by where these lie: those that were told of last. To find out without reading a record whether
 * it is the one of a name. They are not kept for longer than another takes their slot, and very long ones not at all.
 */
export class RecentNames {
  readonly #names: (string | undefined)[] = new Array(slots).fill(undefined)
  readonly #positions: Float64Array = new Float64Array(slots).fill(-1)

  /** The name of the record at a place, if it is known. `hash` is that of the name. */
  at(hash: number, position: number): string | undefined {
    const slot = hash & (slots - 1)
    return this.#positions[slot] === position ? this.#names[slot] : undefined
  }

  add(hash: number, position: number, name: string): void {
    const slot = hash & (slots - 1)
    this.#names[slot] = name.length > longest ? undefined : name
    this.#positions[slot] = position
  }
}
