import { Contents, type StandingClaim } from './contents.ts'
import type { DraftFile, ReadFile } from './files.ts'
import { checksum } from './hash.ts'
import { blockBuckets, blockRows, type IndexParts, KeyIndex, rowWords } from './key-index.ts'
import { type Log, logHeadBytes } from './log.ts'
import type { Steps } from './slices.ts'

/*
 * Snapshot of what a log leaves, format 1: so that a log need not be read from its beginning. Numbers are little-endian.
 *
 *   offset  size  field
 *   0       8     magic: "StagIdx\n"
 *   8       4     format: 1
 *   12      4     length of the head: 128
 *   16      8     id of the log
 *   24      8     e, up to where in the log it says what the records leave, float64
 *   32      8     place of the last record before e, float64; 0 if there is none
 *   40      8     checksum of that record
 *   48      8     r, number of rows, float64
 *   56      8     b, number of buckets, float64
 *   64      8     c, number of standing claims, float64
 *   72      8     bytes of all records of values, float64
 *   80      8     bytes of all blobs, float64
 *   88      32    zero
 *   120     8     XXH64 of the bytes from 0 to 120 and of all checksums that follow, unseeded
 *   128     8 …   XXH64 of each block that follows, unseeded
 *           …     rows, in blocks of 256, each of 40 bytes; buckets, in blocks of 2048, each of 4 bytes (key-index.ts)
 *           16 c  claims, one block: place and length of the record, both float64
 *
 * It is a help only: one that is missing, damaged, or of another log is not used. Blocks are read when they are needed. Where
 * one of them turns out to be damaged then, the log is read from its beginning after all.
 */
const headBytes = 128
const magic = Buffer.from('StagIdx\n', 'latin1')
const format = 1
const claimBytes = 16

// The blocks are read as they are.
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

/** A snapshot of what some contents are when it is made. All of their index has to be in memory. */
export class Snapshot {
  readonly #parts: IndexParts
  readonly #claims: Buffer
  readonly #extent: Extent

  constructor({ index, claims }: Contents, extent: Extent) {
    this.#parts = index.share()
    this.#claims = claimsBytes(claims.values())
    this.#extent = extent
  }

  *write(file: DraftFile): Steps {
    const { rowBlocks, bucketBlocks } = this.#parts
    const checksums = Buffer.alloc(8 * (rowBlocks.length + bucketBlocks.length + 1))
    let at = 0
    for (const block of this.#blocks()) {
      at = checksums.writeBigUInt64LE(checksum(block, 0n), at)
      yield
    }
    file.write(this.#head(checksums))
    for (const block of this.#blocks()) yield file.write(block)
  }

  *#blocks(): Generator<Uint8Array> {
    const { rows, rowBlocks, buckets, bucketBlocks } = this.#parts
    for (const [index, block] of rowBlocks.entries())
      yield bytesOf(block, rowWords * inBlock(rows, index, blockRows))
    for (const [index, block] of bucketBlocks.entries())
      yield bytesOf(block, inBlock(buckets, index, blockBuckets))
    yield this.#claims
  }

  #head(checksums: Buffer): Buffer {
    const { logId, end, last, lastChecksum } = this.#extent
    const { rows, buckets, recordBytes, blobBytes } = this.#parts
    const head = Buffer.alloc(headBytes)
    head.set(magic, 0)
    head.writeUInt32LE(format, 8)
    head.writeUInt32LE(headBytes, 12)
    head.writeBigUInt64LE(logId, 16)
    head.writeDoubleLE(end, 24)
    head.writeDoubleLE(last, 32)
    head.writeBigUInt64LE(lastChecksum, 40)
    head.writeDoubleLE(rows, 48)
    head.writeDoubleLE(buckets, 56)
    head.writeDoubleLE(this.#claims.length / claimBytes, 64)
    head.writeDoubleLE(recordBytes, 72)
    head.writeDoubleLE(blobBytes, 80)
    head.writeBigUInt64LE(headChecksum(head, checksums), 120)
    return Buffer.concat([head, checksums])
  }
}

/**
 * What a log leaves up to `end`, as its snapshot says; `undefined` where that cannot be used. The file is needed for as long
 * as the contents.
 */
export function restore(file: ReadFile, log: Log): { contents: Contents; extent: Extent } | undefined {
  const opened = isLittleEndian ? OpenSnapshot.open(file) : undefined
  if (opened?.extent.logId !== log.id || !isWithin(opened.extent, log)) return undefined
  const claims = opened.claims()
  const index = opened.index()
  if (!claims || !index) return undefined
  const contents = new Contents(log.salt, log, index)
  log.skipTo(opened.extent.end)
  for (let at = 0; at < claims.length; at += claimBytes)
    contents.restoreClaim({
      position: claims.readDoubleLE(at),
      length: claims.readDoubleLE(at + 8),
      hasBlob: false,
    })
  return { contents, extent: opened.extent }
}

/** Up to where a snapshot reaches, by its head; `undefined` where that is damaged. */
export function extentIn(file: ReadFile): Extent | undefined {
  return OpenSnapshot.open(file)?.extent
}

/** A snapshot with an intact head. */
class OpenSnapshot {
  readonly extent: Extent
  readonly #file: ReadFile
  readonly #head: Buffer
  readonly #checksums: Buffer
  readonly #layout: Layout

  private constructor(file: ReadFile, head: Buffer, checksums: Buffer, layout: Layout) {
    this.#file = file
    this.#head = head
    this.#checksums = checksums
    this.#layout = layout
    this.extent = {
      logId: head.readBigUInt64LE(16),
      end: head.readDoubleLE(24),
      last: head.readDoubleLE(32),
      lastChecksum: head.readBigUInt64LE(40),
    }
  }

  static open(file: ReadFile): OpenSnapshot | undefined {
    const head = readAt(file, 0, headBytes)
    if (!head?.subarray(0, 8).equals(magic)) return undefined
    if (head.readUInt32LE(8) !== format || head.readUInt32LE(12) !== headBytes) return undefined
    const layout = layOut(head)
    if (layout?.end !== file.size) return undefined
    const checksums = readAt(file, headBytes, layout.rowsAt - headBytes)
    if (!checksums || head.readBigUInt64LE(120) !== headChecksum(head, checksums)) return undefined
    return new OpenSnapshot(file, head, checksums, layout)
  }

  index(): KeyIndex | undefined {
    const { rows, buckets, rowBlocks, rowsAt, bucketsAt } = this.#layout
    const recordBytes = this.#head.readDoubleLE(72)
    const blobBytes = this.#head.readDoubleLE(80)
    if (!isSum(recordBytes) || !isSum(blobBytes)) return undefined
    return KeyIndex.restore(
      { rows, buckets, recordBytes, blobBytes },
      block => this.#words(block, rowsAt, block, rowWords, rows, blockRows),
      block => this.#words(rowBlocks + block, bucketsAt, block, 1, buckets, blockBuckets),
    )
  }

  claims(): Buffer | undefined {
    const { rowBlocks, bucketBlocks, claims, claimsAt } = this.#layout
    // Each has a longer record.
    if (claimBytes * claims > this.extent.end) return undefined
    const bytes = readAt(this.#file, claimsAt, claimBytes * claims)
    return bytes && this.#isIntact(rowBlocks + bucketBlocks, bytes) ? bytes : undefined
  }

  /** A block in the memory of a whole one, also if it is the last and not full. */
  #words(
    number: number,
    start: number,
    block: number,
    words: number,
    count: number,
    perBlock: number,
  ): Uint32Array<ArrayBuffer> | undefined {
    const memory = new Uint32Array(words * perBlock)
    const bytes = bytesOf(memory, words * inBlock(count, block, perBlock))
    const position = start + 4 * words * perBlock * block
    return isReadInto(bytes, this.#file, position) && this.#isIntact(number, bytes) ? memory : undefined
  }

  #isIntact(block: number, bytes: Uint8Array): boolean {
    return this.#checksums.readBigUInt64LE(8 * block) === checksum(bytes, 0n)
  }
}

interface Layout {
  readonly rows: number
  readonly buckets: number
  readonly claims: number
  readonly rowBlocks: number
  readonly bucketBlocks: number
  readonly rowsAt: number
  readonly bucketsAt: number
  readonly claimsAt: number
  readonly end: number
}

function layOut(head: Buffer): Layout | undefined {
  const [rows, buckets, claims] = [48, 56, 64].map(at => head.readDoubleLE(at)) as [number, number, number]
  if (!isCount(rows) || !isCount(buckets) || !isCount(claims)) return undefined
  const rowBlocks = Math.ceil(rows / blockRows)
  const bucketBlocks = Math.ceil(buckets / blockBuckets)
  const rowsAt = headBytes + 8 * (rowBlocks + bucketBlocks + 1)
  const bucketsAt = rowsAt + 4 * rowWords * rows
  const claimsAt = bucketsAt + 4 * buckets
  const end = claimsAt + claimBytes * claims
  return { rows, buckets, claims, rowBlocks, bucketBlocks, rowsAt, bucketsAt, claimsAt, end }
}

function isCount(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number < 2 ** 31
}

function isSum(number: number): boolean {
  return number >= 0 && number <= Number.MAX_SAFE_INTEGER
}

function headChecksum(head: Buffer, checksums: Buffer): bigint {
  return checksum(Buffer.concat([head.subarray(0, 120), checksums]), 0n)
}

function readAt(file: ReadFile, position: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length)
  return isReadInto(bytes, file, position) ? bytes : undefined
}

// Where it cannot be read, the log is there to be read instead.
function isReadInto(bytes: Uint8Array, file: ReadFile, position: number): boolean {
  try {
    return file.read(bytes, position) === bytes.length
  } catch {
    return false
  }
}

/** Whether a log still has what its snapshot is of: it may have been cut off since, and have grown again. */
export function isWithin({ end, last, lastChecksum }: Extent, log: Log): boolean {
  if (!isPlace(end) || end > log.status().size) return false
  return last === 0 || (isPlace(last) && log.checksumAt(last) === lastChecksum)
}

function isPlace(number: number): boolean {
  return Number.isSafeInteger(number) && number >= logHeadBytes
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

function bytesOf(block: Uint32Array<ArrayBuffer>, words: number): Uint8Array {
  return new Uint8Array(block.buffer, block.byteOffset, 4 * words)
}

/** How many of `count` are in a block that has room for `most`. */
function inBlock(count: number, block: number, most: number): number {
  return Math.min(count - block * most, most)
}
