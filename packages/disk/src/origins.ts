import type { Origin } from './record.ts'

const pageBits = 8
const pageWords = 2 ** pageBits / 32
const mostPages = 1 << 18

/**
 * Which origins were met already. The sequences of one writer are dense, so that a bit for each takes little memory. Where
 * they are so scattered that it would take more than some 40 MB, those on further pages are not remembered.
 */
export class Origins {
  readonly #pages = new Map<bigint, number>()
  #bits = new Uint32Array(64 * pageWords)

  /** Takes note of an origin, and answers whether it was met for the first time. */
  add({ writer, sequence }: Origin): boolean {
    const page = this.#page((writer << 24n) | BigInt(sequence >>> pageBits))
    if (page === undefined) return true
    const word = page * pageWords + ((sequence & (2 ** pageBits - 1)) >>> 5)
    const bit = 1 << (sequence & 31)
    const known = this.#bits[word] as number
    this.#bits[word] = known | bit
    return (known & bit) === 0
  }

  #page(key: bigint): number | undefined {
    const known = this.#pages.get(key)
    if (known !== undefined) return known
    const page = this.#pages.size
    if (page === mostPages) return undefined
    this.#pages.set(key, page)
    if ((page + 1) * pageWords > this.#bits.length) this.#grow()
    return page
  }

  #grow(): void {
    const grown = new Uint32Array(2 * this.#bits.length)
    grown.set(this.#bits)
    this.#bits = grown
  }
}
