const none: readonly never[] = []

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
    let size = 0
    for (const piece of memory) size += piece.length
    this.memorySize = size
    for (const blob of blobs) size += blob.size
    this.size = size
  }

  /** All of it, where that is in one piece. */
  get bytes(): Uint8Array | undefined {
    return this.blobs.length === 0 && this.memory.length === 1 ? this.memory[0] : undefined
  }

  /** The same with all memory in one piece of its own. */
  copied(): Payload {
    const copy = Buffer.allocUnsafeSlow(this.memorySize)
    let end = 0
    for (const piece of this.memory) {
      copy.set(piece, end)
      end += piece.length
    }
    return new Payload([copy], this.blobs)
  }
}
