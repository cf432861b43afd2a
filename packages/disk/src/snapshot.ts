import { Contents, type StandingClaim } from './contents.ts'
import type { DraftFile } from './files.ts'
import { checksum, runningChecksum } from './hash.ts'
import { columnNames, columnsIn, fewestSlots, KeyIndex, rowBytes } from './key-index.ts'
import type { Log } from './log.ts'
import type { Steps } from './slices.ts'

/*
 * Snapshot of what a log leaves, format 1: so that a log need not be read from its beginning. Numbers are little-endian.
 *
 *   offset  size  field
 *   0       8     magic: "StagIdx\n"
 *   8       4     format: 1
 *   12      4     length of the head: 96
 *   16      8     id of the log
 *   24      8     e, up to where in the log it says what the records leave, float64
 *   32      8     place of the last record before e, float64; 0 if there is none
 *   40      8     checksum of that record
 *   48      8     r, number of rows, float64
 *   56      8     s, number of slots, float64: a power of two
 *   64      8     c, number of standing claims, float64
 *   72      8     XXH64 of what follows the head, unseeded
 *   80      8     zero
 *   88      8     XXH64 of the bytes from 0 to 88, unseeded
 *   96      8 r   places of the records, float64
 *           4 r   hashes of the names: XXH32 as UTF-8, seeded with the lower half of the log's salt
 *           4 r   lengths of the records
 *           4 r   bytes of the blobs, float32, 0 for none
 *           4 r   costs in milliseconds, float32
 *           4 r   uses, float32
 *           4 r   stored at, seconds since 1970
 *           4 r   used at, seconds since 1970
 *           4 s   slots: 0, or the number of a row and 1
 *           16 c  claims: place and length of the record, both float64
 *
 * It is a help only: one that is missing, damaged, or of another log is not used.
 */
export const snapshotHeadBytes = 96
const magic = Buffer.from('StagIdx\n', 'latin1')
const format = 1
const claimBytes = 16
const pieceBytes = 1 << 20

// The columns are read as they are.
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/** Up to where a snapshot reaches. */
export interface Extent {
  readonly logId: bigint
  /** The end of the last record. */
  readonly end: number
  /** Where the last record begins, 0 if there is none, and its checksum. */
  readonly last: number
  readonly lastChecksum: bigint
}

/** A snapshot of contents that do not change until it is written. */
export class Snapshot {
  readonly #counts: readonly number[]
  readonly #parts: readonly Uint8Array[]
  readonly #extent: Extent

  constructor({ index, claims }: Contents, extent: Extent) {
    const rows = columnNames.map(name => bytesOf(index.columns[name].subarray(0, index.count)))
    this.#parts = [...rows, bytesOf(index.slots), claimsBytes(claims.values())]
    this.#counts = [index.count, index.slots.length, claims.size]
    this.#extent = extent
  }

  /** The same, whatever becomes of the contents. */
  copy(): this {
    for (const [index, part] of this.#parts.entries()) (this.#parts as Uint8Array[])[index] = part.slice()
    return this
  }

  *write(file: DraftFile): Steps {
    const hash = runningChecksum()
    for (const piece of this.#pieces()) yield void hash.update(piece)
    file.write(headOf(this.#extent, this.#counts, hash.digest()))
    for (const piece of this.#pieces()) yield file.write(piece)
  }

  *#pieces(): Generator<Uint8Array> {
    for (const part of this.#parts) {
      for (let start = 0; start < part.length; start += pieceBytes)
        yield part.subarray(start, start + pieceBytes)
    }
  }
}

function headOf(
  { logId, end, last, lastChecksum }: Extent,
  counts: readonly number[],
  bodyChecksum: bigint,
): Buffer {
  const head = Buffer.alloc(snapshotHeadBytes)
  head.set(magic, 0)
  head.writeUInt32LE(format, 8)
  head.writeUInt32LE(snapshotHeadBytes, 12)
  head.writeBigUInt64LE(logId, 16)
  head.writeDoubleLE(end, 24)
  head.writeDoubleLE(last, 32)
  head.writeBigUInt64LE(lastChecksum, 40)
  for (const [index, count] of counts.entries()) head.writeDoubleLE(count, 48 + 8 * index)
  head.writeBigUInt64LE(bodyChecksum, 72)
  head.writeBigUInt64LE(checksum(head.subarray(0, 88), 0n), 88)
  return head
}

/** What a log leaves up to `end`, as its snapshot says; `undefined` where that cannot be used. */
export function restore(
  bytes: Uint8Array<ArrayBuffer>,
  log: Log,
): { contents: Contents; extent: Extent } | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (!isLittleEndian || !isHead(buffer)) return undefined
  const extent = extentOf(buffer)
  const [rows, slots, claims] = [48, 56, 64].map(at => buffer.readDoubleLE(at)) as [number, number, number]
  if (!isCount(rows) || !isCount(slots) || !isCount(claims) || slots < 1 || slots & (slots - 1))
    return undefined
  const slotsAt = snapshotHeadBytes + rowBytes * rows
  const claimsAt = slotsAt + 4 * slots
  if (claimsAt + claimBytes * claims !== bytes.length || !isOfLog(extent, log)) return undefined
  if (checksumOf(bytes.subarray(snapshotHeadBytes)) !== buffer.readBigUInt64LE(72)) return undefined
  const columns = columnsIn(bytes.buffer, bytes.byteOffset + snapshotHeadBytes, rows)
  const index = KeyIndex.restore(columns, new Uint32Array(bytes.buffer, bytes.byteOffset + slotsAt, slots))
  if (!index) return undefined
  const contents = new Contents(log.salt, log, index)
  log.skipTo(extent.end)
  for (let at = claimsAt; at < bytes.length; at += claimBytes)
    contents.restoreClaim({
      position: buffer.readDoubleLE(at),
      length: buffer.readDoubleLE(at + 8),
      hasBlob: false,
    })
  return { contents, extent }
}

function isHead(buffer: Buffer): boolean {
  if (buffer.length < snapshotHeadBytes || !buffer.subarray(0, 8).equals(magic)) return false
  if (buffer.readUInt32LE(8) !== format || buffer.readUInt32LE(12) !== snapshotHeadBytes) return false
  return buffer.readBigUInt64LE(88) === checksum(buffer.subarray(0, 88), 0n)
}

/** Up to where a snapshot reaches, by its head; `undefined` where that is damaged. */
export function extentIn(bytes: Uint8Array): Extent | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return isHead(buffer) ? extentOf(buffer) : undefined
}

/** The largest snapshot that a log of this size can have: every row and claim has a longer record. */
export function largestSnapshot(logBytes: number): number {
  return logBytes + snapshotHeadBytes + 4 * fewestSlots
}

function extentOf(buffer: Buffer): Extent {
  return {
    logId: buffer.readBigUInt64LE(16),
    end: buffer.readDoubleLE(24),
    last: buffer.readDoubleLE(32),
    lastChecksum: buffer.readBigUInt64LE(40),
  }
}

function isOfLog(extent: Extent, log: Log): boolean {
  return extent.logId === log.id && isWithin(extent, log)
}

/** Whether a log still has what its snapshot is of: it may have been cut off since, and have grown again. */
export function isWithin({ end, last, lastChecksum }: Extent, log: Log): boolean {
  if (!Number.isSafeInteger(end) || end > log.status().size) return false
  return last === 0 || log.checksumAt(last) === lastChecksum
}

function isCount(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number < 2 ** 31
}

function claimsBytes(claims: Iterable<StandingClaim>): Buffer {
  const places = [...claims].map(({ place }) => place)
  const bytes = Buffer.alloc(claimBytes * places.length)
  for (const [index, { position, length }] of places.entries()) {
    bytes.writeDoubleLE(position, claimBytes * index)
    bytes.writeDoubleLE(length, claimBytes * index + 8)
  }
  return bytes
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

// In pieces, so that the hash's own memory stays small.
function checksumOf(bytes: Uint8Array): bigint {
  const hash = runningChecksum()
  for (let start = 0; start < bytes.length; start += pieceBytes)
    hash.update(bytes.subarray(start, start + pieceBytes))
  return hash.digest()
}
