/** Where the record of a live entry lies in the log. */
export interface Place {
  readonly position: number
  readonly length: number
  readonly hasBlob: boolean
}

/** The live entries by name, as the records of the log leave them. Always derivable from the log. */
export class KeyIndex {
  readonly #places = new Map<string, Place>()

  find(name: string): Place | undefined {
    return this.#places.get(name)
  }

  /** Answers the place that `name` had before. */
  put(name: string, place: Place): Place | undefined {
    const previous = this.#places.get(name)
    this.#places.set(name, place)
    return previous
  }

  /** Answers the place that `name` had. */
  drop(name: string): Place | undefined {
    const previous = this.#places.get(name)
    this.#places.delete(name)
    return previous
  }

  /** Answers all places that there were. */
  clear(): Place[] {
    const places = [...this.#places.values()]
    this.#places.clear()
    return places
  }
}
