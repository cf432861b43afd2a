import type { Sha256 } from './sha256.ts'

const bufferBytes = 4096
const longestPiece = bufferBytes / 2
// Node's hash takes no 2 GiB at once.
const largestUpdate = 2 ** 24

/** Gathers small parts of what is hashed, little-endian, since each `update` of a hash takes longer than they do. */
export class ByteWriter {
  readonly #buffer = new Uint8Array(bufferBytes)
  readonly #view: DataView = new DataView(this.#buffer.buffer)
  #hash: Sha256 | undefined
  #used = 0

  /** What comes from now on goes to `hash`. */
  begin(hash: Sha256): void {
    this.#hash = hash
  }

  /** All has come. */
  end(): void {
    this.#flush()
    this.#hash = undefined
  }

  tag(tag: string): this {
    this.#reserve(1)
    this.#buffer[this.#used++] = tag.charCodeAt(0)
    return this
  }

  count(count: number): this {
    this.#reserve(4)
    this.#view.setUint32(this.#used, count, true)
    this.#used += 4
    return this
  }

  float(number: number): this {
    this.#reserve(8)
    // Which of its many forms setFloat64 gives NaN is up to the runtime.
    if (Number.isNaN(number)) this.#view.setBigUint64(this.#used, 0x7ff80000_00000000n, true)
    else this.#view.setFloat64(this.#used, number, true)
    this.#used += 8
    return this
  }

  text(text: string): this {
    this.count(text.length)
    for (let start = 0; start < text.length; start += longestPiece) {
      this.#units(text, start, Math.min(start + longestPiece, text.length))
    }
    return this
  }

  bytes(bytes: Uint8Array): void {
    this.float(bytes.length)
    this.#flush()
    for (let start = 0; start < bytes.length; start += largestUpdate) {
      this.#hash?.update(bytes.subarray(start, start + largestUpdate))
    }
  }

  #units(text: string, start: number, end: number): void {
    this.#reserve(2 * (end - start))
    const buffer = this.#buffer
    let used = this.#used
    for (let index = start; index < end; index++) {
      const unit = text.charCodeAt(index)
      buffer[used++] = unit
      buffer[used++] = unit >>> 8
    }
    this.#used = used
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes > bufferBytes) this.#flush()
  }

  #flush(): void {
    if (this.#used > 0) this.#hash?.update(this.#buffer.subarray(0, this.#used))
    this.#used = 0
  }
}
