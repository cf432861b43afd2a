import type { Files, LogFile, LogStatus } from './files.ts'
import { checksum } from './hash.ts'
import { LogPages } from './log-pages.ts'
import { LogScan, type ScanVisitor } from './log-scan.ts'
import { isIntact, recordHeadBytes, recordLength } from './record.ts'
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
 *   32      8     id: a random number, new for each log
 *   40      16    zero
 *   56      8     XXH64 of the bytes from 0 to 56, unseeded
 *
 * What holds:
 *
 * - A record's place is its time. Appends are serialised by the kernel, so that every process sees the same order.
 * - Bytes below `scanned` belong to records that were applied, or to damage that was reported, and never change.
 * - A record that fails at the end is not damage yet: another process may still be writing it. The scan stays before it
 *   until a good record lies behind it.
 * - The first seal ends the log. What lies behind it is void.
 */
export const logHeadBytes = 64
const magic = Buffer.from('StagLog\n', 'latin1')
const format = 1

/** What the head of a log says. */
export interface LogHead {
  readonly salt: bigint
  readonly id: bigint
  readonly madeAt: number
}

/** The bytes of an empty log. */
export function emptyLog({ salt, id, madeAt }: LogHead): Buffer {
  const head = Buffer.alloc(logHeadBytes)
  head.set(magic, 0)
  head.writeUInt32LE(format, 8)
  head.writeUInt32LE(logHeadBytes, 12)
  head.writeBigUInt64LE(salt, 16)
  head.writeDoubleLE(madeAt, 24)
  head.writeBigUInt64LE(id, 32)
  head.writeBigUInt64LE(checksum(head.subarray(0, 56), 0n), 56)
  return head
}

/** An open log, read from its beginning and followed as it grows. */
export class Log {
  readonly path: string
  readonly number: number
  readonly salt: bigint
  readonly id: bigint
  /** Whether a seal was met: nothing counts that is appended from now on. */
  sealed = false
  readonly #file: LogFile
  readonly #pages: LogPages
  readonly #scan: LogScan

  private constructor(path: string, number: number, file: LogFile, { salt, id }: LogHead) {
    this.path = path
    this.number = number
    this.#file = file
    this.salt = salt
    this.id = id
    this.#pages = new LogPages(file)
    this.#scan = new LogScan(file, salt, logHeadBytes)
  }

  /** Opens a log; `undefined` where there is none, or why it cannot be used. */
  static open(files: Files, path: string, number: number): Log | string | undefined {
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
    let head: LogHead | string
    try {
      const bytes = Buffer.alloc(logHeadBytes)
      head = headOf(bytes.subarray(0, file.read(bytes, 0)))
    } catch (error) {
      file.close()
      throw error
    }
    if (typeof head !== 'string') return new Log(path, number, file, head)
    file.close()
    return head
  }

  get writable(): boolean {
    return this.#file.writable
  }

  /** Why it is not. */
  get refusal(): unknown {
    return this.#file.refusal ?? Object.assign(new Error('it can only be read'), { code: 'EACCES' })
  }

  get identity(): string {
    return this.#file.identity
  }

  /** Up to where the log has been applied. */
  get scanned(): number {
    return this.#scan.position
  }

  status(): LogStatus {
    return this.#file.status()
  }

  append(bytes: Uint8Array): number {
    return this.#file.append(bytes)
  }

  /** Resolves when everything that was appended survives a loss of power. */
  sync(): Promise<void> {
    return this.#file.sync()
  }

  syncNow(): void {
    this.#file.syncNow()
  }

  /** Notes that what lies between `scanned` and `end` is known already. */
  skipTo(end: number): void {
    this.#scan.skipTo(end)
  }

  close(): void {
    this.#file.close()
  }

  /** The record at a known place, if it is all there and intact, in a buffer that is used again by the next read. */
  recordAt(position: number, length: number): Stretch | undefined {
    const stretch = this.knownRecordAt(position, length)
    if (!stretch || this.#pages.wasVerified(position, length)) return stretch
    if (!isIntact(stretch, this.salt)) return undefined
    this.#pages.noteVerified(position, length)
    return stretch
  }

  /** The record at a place where an intact one was found earlier. */
  knownRecordAt(position: number, length: number): Stretch | undefined {
    // A snapshot that somebody has tampered with may name any place.
    const isPlace =
      Number.isInteger(position) &&
      position >= logHeadBytes &&
      length >= recordHeadBytes &&
      position + length <= this.scanned
    const stretch = isPlace ? this.#pages.read(position, length, this.scanned) : undefined
    return stretch && recordLength(stretch) === length ? stretch : undefined
  }

  /** The checksum that the record at a place claims to have. */
  checksumAt(position: number): bigint | undefined {
    const head = this.bytesAt(position, recordHeadBytes)
    return recordLength(stretchOf(head)) === undefined ? undefined : head.readBigUInt64LE(8)
  }

  /** The bytes at a place, fewer where the log ends before. */
  bytesAt(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, this.#file.read(bytes, position))
  }

  /** Tells the visitor of everything between `scanned` and `size`, until it wants no more. */
  scan(size: number, visitor: ScanVisitor): void {
    this.#scan.run(size, visitor)
  }

  /** Another scan of this log, of its own pace. */
  scanAnew(): LogScan {
    return new LogScan(this.#file, this.salt, logHeadBytes)
  }
}

function headOf(bytes: Buffer): LogHead | string {
  if (bytes.length < logHeadBytes || !bytes.subarray(0, 8).equals(magic)) return 'it is not a log'
  if (bytes.readUInt32LE(8) !== format) return `its format is ${bytes.readUInt32LE(8)}, not ${format}`
  if (bytes.readUInt32LE(12) !== logHeadBytes) return 'its head has another length'
  if (bytes.readBigUInt64LE(56) !== checksum(bytes.subarray(0, 56), 0n)) return 'its head is damaged'
  return { salt: bytes.readBigUInt64LE(16), madeAt: bytes.readDoubleLE(24), id: bytes.readBigUInt64LE(32) }
}
