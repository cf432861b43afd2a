import type { LogFile } from './files.ts'
import { type Stretch, stretchOf, viewOf } from './stretch.ts'

const pageBytes = 4096
const pageCount = 1024
// No record is shorter, so that no two of them begin in the same unit.
const unitBytes = 32
const pageUnits = pageBytes / unitBytes

/**
 * Reads from a log, and keeps the pages read last in memory: 4 MiB, made at the first read. That is sound because the
 * bytes of a log never change below the place up to which it was applied. Reading a page takes no longer than reading
 * one record, so that nothing is lost where no page is ever used again.
 *
 * Pages are direct-mapped: page n of the log has slot n modulo their number and nowhere else. Neighbouring pages thus lie
 * side by side, and a record that reaches over their border is in one piece.
 */
export class LogPages {
  readonly #file: LogFile
  #slab: Buffer = Buffer.alloc(0)
  #view: DataView = viewOf(this.#slab)
  readonly #pages: Float64Array = new Float64Array(pageCount).fill(-1)
  // How much of each page was final when it was read.
  readonly #filled: Uint16Array = new Uint16Array(pageCount)
  // Where in each page a record begins that was verified since the page was read.
  readonly #verified: Uint8Array = new Uint8Array(pageCount * pageUnits)

  constructor(file: LogFile) {
    this.#file = file
  }

  /**
   * The bytes of a log at a place, or `undefined` where the file ends before.
   *
   * @param final - Up to where the log does not change any more; not below the end of the place.
   */
  read(position: number, length: number, final: number): Stretch | undefined {
    const first = Math.floor(position / pageBytes)
    const last = Math.floor((position + length - 1) / pageBytes)
    const slot = first % pageCount
    if (last - first + slot >= pageCount) return this.#readUncached(position, length)
    const end = position + length
    for (let page = first; page <= last; page++) {
      if (!this.#has(page, end) && !this.#load(page, end, final)) return undefined
    }
    const start = slot * pageBytes + (position - first * pageBytes)
    return { bytes: this.#slab, view: this.#view, start, end: start + length }
  }

  /**
   * Whether the record at a place was verified in the memory that it was just read from. Never so of one that reaches over
   * the border of a page.
   */
  wasVerified(position: number, length: number): boolean {
    return this.#isInOnePage(position, length) && this.#verified[unitOf(position)] === 1
  }

  /** Takes note that the record that was just read from a place is intact. */
  noteVerified(position: number, length: number): void {
    if (this.#isInOnePage(position, length)) this.#verified[unitOf(position)] = 1
  }

  #isInOnePage(position: number, length: number): boolean {
    const page = Math.floor(position / pageBytes)
    return this.#pages[page % pageCount] === page && position + length <= (page + 1) * pageBytes
  }

  #has(page: number, end: number): boolean {
    const slot = page % pageCount
    if (this.#pages[slot] !== page) return false
    return (this.#filled[slot] as number) >= Math.min(pageBytes, end - page * pageBytes)
  }

  #load(page: number, end: number, final: number): boolean {
    if (this.#slab.length === 0) this.#allocate()
    const slot = page % pageCount
    const offset = page * pageBytes
    const wanted = Math.min(pageBytes, final - offset)
    const read = this.#file.read(this.#slab.subarray(slot * pageBytes, slot * pageBytes + wanted), offset)
    this.#pages[slot] = page
    this.#filled[slot] = read
    this.#verified.fill(0, slot * pageUnits, (slot + 1) * pageUnits)
    return read >= Math.min(pageBytes, end - offset)
  }

  #readUncached(position: number, length: number): Stretch | undefined {
    const bytes = Buffer.allocUnsafe(length)
    return this.#file.read(bytes, position) === length ? stretchOf(bytes) : undefined
  }

  #allocate(): void {
    this.#slab = Buffer.allocUnsafeSlow(pageBytes * pageCount)
    this.#view = viewOf(this.#slab)
  }
}

function unitOf(position: number): number {
  return Math.floor(position / unitBytes) % (pageCount * pageUnits)
}
