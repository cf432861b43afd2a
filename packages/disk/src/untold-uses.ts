/** How often a row was used. */
export interface RowUses {
  readonly row: number
  readonly uses: number
}

const blockShift = 8
const blockRows = 1 << blockShift
const blockMask = blockRows - 1
const mostUses = 0xffff

/** How often each row of an index was used since that was told last, in blocks of rows. */
export class UntoldUses {
  #blocks: (Uint16Array | undefined)[] = []
  // The block with which the next telling begins, so that everybody's turn comes.
  #next = 0

  /** Counts a use. */
  add(row: number): void {
    const block = this.#blockOf(row)
    const uses = block[row & blockMask] as number
    if (uses < mostUses) block[row & blockMask] = uses + 1
  }

  /** Another entry has the row now, or none. */
  forget(row: number): void {
    const block = this.#blocks[row >>> blockShift]
    if (block) block[row & blockMask] = 0
  }

  /** An entry has another row now. */
  move(from: number, to: number): void {
    const uses = this.#blocks[from >>> blockShift]?.[from & blockMask] ?? 0
    this.forget(from)
    if (uses > 0) this.#blockOf(to)[to & blockMask] = uses
    else this.forget(to)
  }

  /**
   * What was counted and not taken yet of an index of so many rows, until it is of `enough` of them, or little more; the
   * others come first the next time.
   */
  take(enough: number, rows: number): RowUses[] {
    const taken: RowUses[] = []
    const blocks = Math.ceil(rows / blockRows)
    for (let left = blocks; left > 0 && taken.length < enough; left--) {
      const block = this.#next < blocks ? this.#next : 0
      this.#next = block + 1
      for (const [index, uses] of this.#blocks[block]?.entries() ?? []) {
        if (uses > 0) taken.push({ row: block * blockRows + index, uses })
      }
      this.#blocks[block] = undefined
    }
    return taken
  }

  clear(): void {
    this.#blocks = []
  }

  #blockOf(row: number): Uint16Array {
    const block = row >>> blockShift
    this.#blocks[block] ??= new Uint16Array(blockRows)
    return this.#blocks[block]
  }
}
