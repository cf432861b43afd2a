import type { Files, LogFile, LogStatus } from './files.ts'
import { checksum } from './hash.ts'
import { LogPages } from './log-pages.ts'
import { ReadWindow } from './read-window.ts'
import { isIntact, recordHeadBytes, recordLength, recordMagic } from './record.ts'
import { type Stretch, stretchOf } from './stretch.ts'

/*
 * Log, format 1: a head, then records without gaps. Numbers are little-endian.
 *
 *   offset  size  field
 *   0       8     magic: "StagLog\n"
 *   8       4     format: 1
 *   12      4     length of the head: 64
 *   16      8     salt: a random number that seeds the checksum of every record, so that a value cannot contain a record
 *   24      8     made at, float64 milliseconds since 1970
 *   32      24    zero
 *   56      8     XXH64 of the bytes from 0 to 56, unseeded
 *
 * What holds:
 *
 * - A record's place is its time. Appends are serialised by the kernel, so that every process sees the same order.
 * - Bytes below `scanned` belong to records that were applied, or to damage that was reported, and never change.
 * - A record that fails at the end is not damage yet: another process may still be writing it. The scan stays before it
 *   until a good record lies behind it.
 */
const headBytes = 64
const magic = Buffer.from('StagLog\n', 'latin1')
const format = 1
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
  /** An intact record. `record` is a view on a buffer that is used again. */
  record(record: Buffer, position: number): void
  /** A stretch without intact records. */
  damage(from: number, to: number): void
}

/** The bytes of an empty log. */
export function emptyLog(salt: bigint, madeAt: number): Buffer {
  const head = Buffer.alloc(headBytes)
  head.set(magic, 0)
  head.writeUInt32LE(format, 8)
  head.writeUInt32LE(headBytes, 12)
  head.writeBigUInt64LE(salt, 16)
  head.writeDoubleLE(madeAt, 24)
  head.writeBigUInt64LE(checksum(head.subarray(0, 56), 0n), 56)
  return head
}

/** An open log, read from its beginning and followed as it grows. */
export class Log {
  readonly path: string
  readonly salt: bigint
  readonly #file: LogFile
  readonly #pages: LogPages
  #allowance = 64 << 20
  #scanned = headBytes
  // The size at which a scan last came to its end, so that a torn record there is not tried again and again.
  #seen = headBytes

  private constructor(path: string, file: LogFile, salt: bigint) {
    this.path = path
    this.#file = file
    this.salt = salt
    this.#pages = new LogPages(file)
  }

  /** Opens a log; `undefined` where there is none, or why it cannot be used. */
  static open(files: Files, path: string): Log | string | undefined {
    let file: LogFile | undefined
    try {
      file = files.openLog(path)
    } catch (error) {
      const code = (error as { code?: string }).code
      if (code === 'ELOOP' || code === 'ENOTFILE' || code === 'ENXIO' || code === 'EISDIR')
        return 'it is not a file'
      throw error
    }
    if (!file) return undefined
    const head = Buffer.alloc(headBytes)
    const problem = problemOf(head.subarray(0, file.read(head, 0)))
    if (problem === undefined) return new Log(path, file, head.readBigUInt64LE(16))
    file.close()
    return problem
  }

  get writable(): boolean {
    return this.#file.writable
  }

  get identity(): string {
    return this.#file.identity
  }

  /** Up to where the log has been applied. */
  get scanned(): number {
    return this.#scanned
  }

  status(): LogStatus {
    return this.#file.status()
  }

  append(bytes: Uint8Array): number {
    return this.#file.append(bytes)
  }

  /** Notes that what lies between `scanned` and `end` is known, since it was just appended from here. */
  skipTo(end: number): void {
    this.#scanned = end
    this.#seen = end
  }

  close(): void {
    this.#file.close()
  }

  /** The record at a known place, if it is all there and intact. */
  recordAt(position: number, length: number): Stretch | undefined {
    const stretch = this.#pages.read(position, length, this.#scanned)
    if (!stretch || recordLength(stretch.bytes, stretch.start) !== length) return undefined
    return isIntact(stretch, this.salt) ? stretch : undefined
  }

  /** Tells the visitor of everything between `scanned` and `size`. */
  scan(size: number, visitor: ScanVisitor): void {
    if (size === this.#seen) return
    this.#allowance += 4 * Math.max(0, size - this.#seen)
    this.#scanTo(size, visitor)
    // Only now, so that a scan that failed is tried again.
    this.#seen = size
  }

  #scanTo(size: number, visitor: ScanVisitor): void {
    const window = new ReadWindow(this.#file, size)
    const candidates = new ReadWindow(this.#file, size)
    while (this.#scanned + recordHeadBytes <= size) {
      const record = this.#intactRecordAt(window, this.#scanned, size)
      if (record) {
        visitor.record(record, this.#scanned)
        this.#scanned += record.length
        continue
      }
      const next = this.#resynchronise(this.#scanned + 1, size, window, candidates)
      if (next === undefined) return
      visitor.damage(this.#scanned, next)
      this.#scanned = next
    }
  }

  #intactRecordAt(window: ReadWindow, position: number, size: number): Buffer | undefined {
    const length = recordLength(window.bytes(position, recordHeadBytes))
    if (length === undefined || position + length > size) return undefined
    if (length > commonBytes && length > this.#allowance) return undefined
    const record = window.bytes(position, length)
    if (record.length === length && isIntact(stretchOf(record), this.salt)) return record
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

function problemOf(head: Buffer): string | undefined {
  if (head.length < headBytes || !head.subarray(0, 8).equals(magic)) return 'it is not a log'
  if (head.readUInt32LE(8) !== format) return `its format is ${head.readUInt32LE(8)}, not ${format}`
  if (head.readUInt32LE(12) !== headBytes) return 'its head has another length'
  if (head.readBigUInt64LE(56) !== checksum(head.subarray(0, 56), 0n)) return 'its head is damaged'
  return undefined
}
