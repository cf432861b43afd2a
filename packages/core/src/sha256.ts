/** A running SHA-256. Node's `createHash('sha256')` is one, and several times faster than core's own. */
export interface Sha256 {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

// The first 32 bits of the fractional parts of the cube roots (rounds) and square roots (state) of the first primes.
const rounds: Uint32Array = Uint32Array.from(primes(64), prime => fraction(Math.cbrt(prime)))
const start: Uint32Array = Uint32Array.from(primes(8), prime => fraction(Math.sqrt(prime)))
const blockBytes = 64

/**
 * SHA-256 as in FIPS 180-4, section 6.2, for runtimes that offer none synchronously (browsers). Not hardened against
 * timing attacks; it hashes what a program already holds.
 */
export class PortableSha256 implements Sha256 {
  readonly #state = Uint32Array.from(start)
  readonly #schedule = new Uint32Array(64)
  readonly #block = new Uint8Array(blockBytes)
  readonly #view: DataView = new DataView(this.#block.buffer)
  #filled = 0
  #total = 0

  update(bytes: Uint8Array): this {
    this.#total += bytes.length
    for (let offset = 0; offset < bytes.length; ) {
      const part = bytes.subarray(offset, offset + blockBytes - this.#filled)
      this.#block.set(part, this.#filled)
      this.#filled += part.length
      offset += part.length
      if (this.#filled === blockBytes) this.#compress()
    }
    return this
  }

  digest(): Uint8Array {
    // A bit and zeros up to 8 bytes before the end of a block, which hold how many bits there were.
    const padding = new DataView(new ArrayBuffer(72 - ((this.#total + 8) % blockBytes)))
    padding.setUint8(0, 0x80)
    padding.setBigUint64(padding.byteLength - 8, BigInt(this.#total) * 8n)
    this.update(new Uint8Array(padding.buffer))
    const digest = new DataView(new ArrayBuffer(32))
    for (const [index, word] of this.#state.entries()) digest.setUint32(index * 4, word)
    return new Uint8Array(digest.buffer)
  }

  #compress(): void {
    const w = this.#schedule
    for (let t = 0; t < 16; t++) w[t] = this.#view.getUint32(t * 4)
    for (let t = 16; t < 64; t++) {
      const a = at(w, t - 15)
      const b = at(w, t - 2)
      const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
      const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
      w[t] = at(w, t - 16) + s0 + at(w, t - 7) + s1
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    for (let t = 0; t < 64; t++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(rounds, t) + at(w, t)) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    for (const [index, word] of [a, b, c, d, e, f, g, h].entries())
      this.#state[index] = at(this.#state, index) + word
    this.#filled = 0
  }
}

/** Bytes as lower-case hexadecimal text. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let index = 0; index < bytes.length; index++) text += hexOfByte[bytes[index] as number]
  return text
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function at(words: Uint32Array, index: number): number {
  return words[index] as number
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

function fraction(root: number): number {
  return (root - Math.floor(root)) * 2 ** 32
}

function primes(count: number): number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every(prime => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}
