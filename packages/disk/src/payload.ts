/** An encoded value: its parts, one behind the other. */
export class Payload {
  readonly parts: readonly Uint8Array[]
  /** Bytes of all parts together. */
  readonly size: number
  /** Whether some of it is the value's own memory, which can be changed as long as it has not been written. */
  readonly isBorrowed: boolean

  constructor(parts: readonly Uint8Array[], size: number, isBorrowed = false) {
    this.parts = parts
    this.size = size
    this.isBorrowed = isBorrowed
  }

  static of(bytes: Uint8Array): Payload {
    return new Payload([bytes], bytes.length)
  }

  /** All of it, where that is in one piece. */
  get bytes(): Uint8Array | undefined {
    return this.parts.length === 1 ? this.parts[0] : undefined
  }

  /** The same in one piece of its own. */
  joined(): Payload {
    const bytes = Buffer.allocUnsafeSlow(this.size)
    let end = 0
    for (const part of this.parts) {
      bytes.set(part, end)
      end += part.length
    }
    return Payload.of(bytes)
  }
}
