/** A block of a table: the same memory as whole numbers and as fractions. */
export interface Block {
  readonly words: Uint32Array<ArrayBuffer>
  readonly floats: Float32Array<ArrayBuffer>
  /** Whether somebody relies on it to stay as it is. */
  isShared: boolean
}

/** Gets a block from where it was written down; `undefined` where it is not there any more as it was written. */
export type BlockSource = (index: number) => Uint32Array<ArrayBuffer> | undefined

/**
 * The memory of a table, in blocks of the same size. It grows by one block at a time, without copying what is there. Blocks
 * that lie in a file are read when they are asked for, so that a table of any size opens at once. What is in all of them can
 * be handed out as it is: who changes a block afterwards changes a copy.
 */
export class Blocks {
  readonly #words: number
  readonly #blocks: (Block | undefined)[]
  readonly #source: BlockSource | undefined
  #damaged = false

  /**
   * @param words - Of one block.
   * @param count - How many blocks there are in the source.
   */
  constructor(words: number, count = 0, source?: BlockSource) {
    this.#words = words
    this.#blocks = new Array(count).fill(undefined)
    this.#source = source
  }

  get length(): number {
    return this.#blocks.length
  }

  /** Whether a block could not be had from the source. It counts as one of zeros. */
  get isDamaged(): boolean {
    return this.#damaged
  }

  /** A block to be read. */
  at(index: number): Block {
    return this.#blocks[index] ?? this.#fetch(index)
  }

  /** A block to be changed. Whoever got it before must ask for it again. */
  writable(index: number): Block {
    const block = this.at(index)
    return block.isShared ? this.#put(index, block.words.slice()) : block
  }

  /** Appends a block of zeros. */
  add(): void {
    this.#put(this.#blocks.length, new Uint32Array(this.#words))
  }

  /** What is in all blocks now, whatever becomes of them. */
  share(): Uint32Array<ArrayBuffer>[] {
    return this.#blocks.map((_, index) => {
      const block = this.at(index)
      block.isShared = true
      return block.words
    })
  }

  #fetch(index: number): Block {
    const words = this.#source?.(index)
    if (!words) this.#damaged = true
    return this.#put(index, words ?? new Uint32Array(this.#words))
  }

  #put(index: number, words: Uint32Array<ArrayBuffer>): Block {
    const block = { words, floats: new Float32Array(words.buffer), isShared: false }
    this.#blocks[index] = block
    return block
  }
}
