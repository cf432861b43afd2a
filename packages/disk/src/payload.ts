import { lengthOf, writePieces } from './pieces.ts'

const none: readonly never[] = []

// Beyond, a second copy is not to be had.
const mostCopied = 256 << 20

/** An encoded value: what of it is in memory, and behind that the bytes of the Blobs in it, which are read as they are written. */
export class Payload {
  /** Pieces that follow each other. */
  readonly memory: readonly Uint8Array[]
  readonly memorySize: number
  readonly blobs: readonly Blob[]
  /** Whether some of the memory is the value's own, which can be changed as long as it has not been written. */
  readonly isBorrowed: boolean

  /** In bytes. */
  readonly size: number

  constructor(memory: readonly Uint8Array[], blobs: readonly Blob[] = none, isBorrowed = false) {
    this.memory = memory
    this.blobs = blobs
    this.isBorrowed = isBorrowed
    this.memorySize = lengthOf(memory)
    let size = this.memorySize
    for (const blob of blobs) size += blob.size
    this.size = size
  }

  /** All of it, where that is in one piece. */
  get bytes(): Uint8Array | undefined {
    return this.blobs.length === 0 && this.memory.length === 1 ? this.memory[0] : undefined
  }

  /**
   * What may be written later: the same with all memory in one piece of its own, if it is the value's own memory, and not too
   * much of it to be copied.
   */
  kept(most: number = mostCopied): Payload {
    return this.isBorrowed && this.memorySize <= most ? this.#copied() : this
  }

  #copied(): Payload {
    const copy = Buffer.allocUnsafeSlow(this.memorySize)
    writePieces(copy, this.memory, 0)
    return new Payload([copy], this.blobs)
  }
}
