import type { LogFile } from './files.ts'
import { ReadWindow } from './read-window.ts'
import { isIntact, recordHeadBytes, recordLength, recordMagic } from './record.ts'

const searchBytes = 1 << 16

// Whatever looks like the beginning of a record has to be hashed as far as it claims to reach, and a value may be full of
// such beginnings. Each log has an allowance for those that turn out to be none. Once it is spent, long ones are not tried
// any more, and common ones for a gigabyte yet: the next real record is still found, and nobody keeps the program busy.
const commonBytes = 128 << 10
const patience = 1 << 30

// No mishap leaves more than this without a record. Where there is more, only the end is looked at, for what was appended
// behind it.
const farthest = 256 << 20

/** Told of what a scan finds, in the order of the log. */
export interface ScanVisitor {
  /** An intact record. `record` is a view on a buffer that is used again. Answers whether to go on behind it. */
  record(record: Buffer, position: number): boolean
  /** A stretch without intact records. */
  damage(from: number, to: number): void
}

/** Reads the records of a log one after the other, and finds the next one behind damage. */
export class LogScan {
  readonly #file: Pick<LogFile, 'read'>
  readonly #salt: bigint
  #allowance = 64 << 20
  #position: number
  // The size at which the scan last came to its end, so that a torn record there is not tried again and again.
  #seen: number
  // Kept as long as there is more to read.
  #window: ReadWindow | undefined

  /** @param from - Where a record begins. */
  constructor(file: Pick<LogFile, 'read'>, salt: bigint, from: number) {
    this.#file = file
    this.#salt = salt
    this.#position = from
    this.#seen = from
  }

  /** Up to where the log has been read. */
  get position(): number {
    return this.#position
  }

  /** Goes on at a place where a record begins. */
  skipTo(position: number): void {
    this.#position = position
    this.#seen = position
  }

  /** Tells the visitor of everything between `position` and `size`, until it wants no more. */
  run(size: number, visitor: ScanVisitor): void {
    if (size === this.#seen) return
    const window = this.#window?.end === size ? this.#window : new ReadWindow(this.#file, size)
    if (window !== this.#window) this.#allowance += 4 * Math.max(0, size - this.#seen)
    const isThrough = this.#run(size, window, visitor)
    // Only now, so that a scan that failed is tried again.
    this.#seen = isThrough ? size : this.#position
    this.#window = isThrough ? undefined : window
  }

  #run(size: number, window: ReadWindow, visitor: ScanVisitor): boolean {
    const candidates = new ReadWindow(this.#file, size)
    while (this.#position + recordHeadBytes <= size) {
      const record = this.#intactRecordAt(window, this.#position, size)
      if (record) {
        const goesOn = visitor.record(record, this.#position)
        this.#position += record.length
        if (!goesOn) return false
        continue
      }
      const next = this.#resynchronise(this.#position + 1, size, window, candidates)
      if (next === undefined) return true
      visitor.damage(this.#position, next)
      this.#position = next
    }
    return true
  }

  #intactRecordAt(window: ReadWindow, position: number, size: number): Buffer | undefined {
    const length = recordLength(window.at(position, recordHeadBytes))
    if (length === undefined || position + length > size) return undefined
    if (length > commonBytes && length > this.#allowance) return undefined
    const record = window.at(position, length)
    if (record.end - record.start === length && isIntact(record, this.#salt))
      return record.bytes.subarray(record.start, record.end)
    this.#allowance -= length
    return undefined
  }

  // Where the next intact record begins; `size` if what lies in between cannot have come from a store's mishap.
  #resynchronise(from: number, size: number, search: ReadWindow, candidates: ReadWindow): number | undefined {
    for (let start = from; start + recordHeadBytes <= size; start += searchBytes) {
      if (this.#allowance < -patience) return size
      if (start - from > farthest) start = Math.max(start, size - farthest)
      const bytes = search.bytes(start, searchBytes + recordMagic.length - 1)
      for (
        let offset = bytes.indexOf(recordMagic);
        offset >= 0;
        offset = bytes.indexOf(recordMagic, offset + 1)
      ) {
        if (this.#intactRecordAt(candidates, start + offset, size)) return start + offset
      }
    }
    return undefined
  }
}
