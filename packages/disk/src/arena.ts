const arenaBytes = (1 << 20) + (128 << 10)

/**
 * One buffer for the records of a batch, so that they lie one behind the other and are written without being copied again.
 * What does not fit is given a buffer of its own.
 */
export class Arena {
  #bytes: Buffer | undefined
  #end = 0

  readonly allocate = (length: number): Buffer => {
    this.#bytes ??= Buffer.allocUnsafeSlow(arenaBytes)
    if (this.#end + length > arenaBytes) return Buffer.allocUnsafe(length)
    const start = this.#end
    this.#end += length
    return this.#bytes.subarray(start, this.#end)
  }

  /** The bytes of some records, in one piece. */
  join(records: readonly { readonly record: Buffer }[], length: number): Buffer {
    const first = records[0]?.record
    const last = records.at(-1)?.record
    if (first === last && first) return first
    const isOnePiece =
      first?.buffer === this.#bytes?.buffer &&
      last?.buffer === this.#bytes?.buffer &&
      first !== undefined &&
      last !== undefined &&
      last.byteOffset + last.length - first.byteOffset === length
    if (isOnePiece && this.#bytes) return this.#bytes.subarray(first.byteOffset, first.byteOffset + length)
    return Buffer.concat(records.map(({ record }) => record))
  }

  /** Lets the room be used again. Nothing that was allocated may be used from now on. */
  reset(): void {
    this.#end = 0
  }
}
