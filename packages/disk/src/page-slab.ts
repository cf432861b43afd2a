import type { LogFile } from './files.ts'
import { type Stretch, stretchOf, viewOf } from './stretch.ts'

const pageBytes = 4096
const pageCount = 1024
/** Bytes of all pages in a slab. */
export const slabBytes: number = pageBytes * pageCount
// No record is shorter, so that no two of them begin in the same unit.
const unitBytes = 32
const pageUnits = pageBytes / unitBytes

/**
 * Reads from a log, and keeps the pages read last in memory, 4 MiB, made at the first read.
 *
 * Pages are direct-mapped: page n of the log has slot n modulo their number and nowhere else. Neighbouring pages thus lie
 * side by side, and a record that reaches over their border is in one piece.
 */
export class PageSlab {
  readonly #file: LogFile
  #slab: Buffer = Buffer.alloc(0)
  #view: DataView = viewOf(this.#slab)
  readonly #pages: Float64Array = new Float64Array(pageCount).fill(-1)
  // How much of each page was final when it was read.
  readonly #filled: Uint16Array = new Uint16Array(pageCount)
  // Where in each page a record begins that was verified since the page was read, and ends in it.
  readonly #verified: Uint8Array = new Uint8Array(pageCount * pageUnits)
  // In which read, counted from 1, each page was read last.
  readonly #readIn: Float64Array = new Float64Array(pageCount)
  #reads = 0
  // The one record of each page that reaches beyond it, if it was verified: its place, and after which read that was.
  readonly #reaching: Float64Array = new Float64Array(pageCount).fill(-1)
  readonly #verifiedAfter: Float64Array = new Float64Array(pageCount)

  constructor(file: LogFile) {
    this.#file = file
  }

  /**
   * The bytes of a log at a place, or `undefined` where the file ends before.
   *
   * @param final - Up to where the log does not change any more; not below the end of the place.
   */
  read(position: number, length: number, final: number): Stretch | undefined {
    const first = pageOf(position)
    const last = pageOf(position + length - 1)
    const slot = first % pageCount
    if (!lieSideBySide(first, last)) return this.#readUncached(position, length)
    const end = position + length
    for (let page = first; page <= last; page++) {
      if (this.#has(page, end)) continue
      let missing = page
      while (missing < last && !this.#has(missing + 1, end)) missing++
      if (!this.#load(page, missing, end, final)) return undefined
      page = missing
    }
    const start = slot * pageBytes + (position - first * pageBytes)
    return { bytes: this.#slab, view: this.#view, start, end: start + length }
  }

  /** Whether the record at a place was verified in the memory that it was just read from. */
  wasVerified(position: number, length: number): boolean {
    const first = pageOf(position)
    const last = pageOf(position + length - 1)
    if (first === last) return this.#holds(first) && this.#verified[unitOf(position)] === 1
    const slot = first % pageCount
    if (!lieSideBySide(first, last) || this.#reaching[slot] !== position) return false
    const read = this.#verifiedAfter[slot] as number
    for (let page = first; page <= last; page++)
      if (!this.#holds(page) || (this.#readIn[page % pageCount] as number) > read) return false
    return true
  }

  /** Takes note that the record that was just read from a place is intact. */
  noteVerified(position: number, length: number): void {
    const first = pageOf(position)
    const last = pageOf(position + length - 1)
    if (!this.#holds(first)) return
    if (first === last) {
      this.#verified[unitOf(position)] = 1
    } else {
      this.#reaching[first % pageCount] = position
      this.#verifiedAfter[first % pageCount] = this.#reads
    }
  }

  #holds(page: number): boolean {
    return this.#pages[page % pageCount] === page
  }

  #has(page: number, end: number): boolean {
    const slot = page % pageCount
    if (this.#pages[slot] !== page) return false
    return (this.#filled[slot] as number) >= Math.min(pageBytes, end - page * pageBytes)
  }

  /** Reads pages that follow each other; answers whether all is there up to `end`, or to their own. */
  #load(from: number, to: number, end: number, final: number): boolean {
    if (this.#slab.length === 0) this.#allocate()
    this.#reads++
    const offset = from * pageBytes
    const wanted = Math.min((to + 1) * pageBytes, final) - offset
    const start = (from % pageCount) * pageBytes
    const read = this.#file.read(this.#slab.subarray(start, start + wanted), offset)
    for (let page = from; page <= to; page++) this.#keep(page, read - (page - from) * pageBytes)
    return offset + read >= Math.min((to + 1) * pageBytes, end)
  }

  #keep(page: number, bytes: number): void {
    const slot = page % pageCount
    this.#pages[slot] = page
    this.#filled[slot] = Math.min(Math.max(bytes, 0), pageBytes)
    this.#verified.fill(0, slot * pageUnits, (slot + 1) * pageUnits)
    this.#readIn[slot] = this.#reads
    this.#reaching[slot] = -1
  }

  #readUncached(position: number, length: number): Stretch | undefined {
    const bytes = Buffer.allocUnsafe(length)
    return this.#file.read(bytes, position) === length ? stretchOf(bytes) : undefined
  }

  #allocate(): void {
    this.#slab = Buffer.allocUnsafeSlow(slabBytes)
    this.#view = viewOf(this.#slab)
  }
}

function pageOf(position: number): number {
  return Math.floor(position / pageBytes)
}

/** Whether all pages from one to another do so in memory. */
function lieSideBySide(first: number, last: number): boolean {
  return last - first + (first % pageCount) < pageCount
}

function unitOf(position: number): number {
  return Math.floor(position / unitBytes) % (pageCount * pageUnits)
}
