import { type BlockSource, Blocks } from './blocks.ts'
import type { Steps } from './slices.ts'
import { UntoldUses } from './untold-uses.ts'
import type { Use } from './uses-record.ts'

/*
 * A hash table in the manner of linear hashing (Litwin, VLDB 1980): rows without gaps, and buckets, each of which is the
 * first of a chain of rows. With each row comes a bucket: one of the others is split, so that no change ever has to move the
 * whole table. A million entries take 44 MB, a Map of as many names more than twice that, and both parts are read from a
 * file as they are, block by block, when they are needed.
 *
 * Words of a row
 *   0  lower half of the record's place     5  bytes of the blob, float32, 0 for none
 *   1  upper half                           6  cost in milliseconds, float32
 *   2  hash of the name                     7  uses, float32
 *   3  next row of the chain, from 1 on,    8  stored at, seconds since 1970
 *      or 0                                 9  used at, seconds since 1970
 *   4  length of the record
 *
 * What holds:
 *
 * - Rows 0 to `count - 1` are in use. Each of them is in the chain of the bucket of its hash, once, and in no other.
 * - There are at least as many buckets as rows.
 * - Rows are known by the hash of their name only. That a row is the one of a name is for the caller to find out, from the
 *   record: no two names are taken for one because their hashes are equal.
 */
const positionLow = 0
const positionHigh = 1
const hashOfName = 2
const nextOfChain = 3
const recordLength = 4
const bytesOfBlob = 5
const costOfEntry = 6
const usesOfEntry = 7
const storedAtSecond = 8
const usedAtSecond = 9

export const rowWords = 10
/** Rows in a block. */
export const blockRows: number = 1 << 8
/** Buckets in a block. */
export const blockBuckets: number = 1 << 11

const rowMask = blockRows - 1
const rowShift = 8
const bucketMask = blockBuckets - 1
const bucketShift = 11
const fewestBuckets = 64
const none = -1

/** What is known of an entry without reading its record. */
export interface Row {
  /** Where its record begins in the log. */
  readonly position: number
  /** Bytes of its record. */
  readonly length: number
  /** Bytes of its blob, rounded; 0 if it has none. */
  readonly blobBytes: number
  /** Milliseconds that it took to generate, rounded. */
  readonly cost: number
  /** Seconds since 1970. */
  readonly storedAt: number
}

/** Where the record of a live entry lies in the log. */
export interface Place {
  readonly position: number
  readonly length: number
  readonly hasBlob: boolean
}

/** What an index consists of, besides its blocks. */
export interface IndexSize {
  readonly rows: number
  readonly buckets: number
  readonly recordBytes: number
  readonly blobBytes: number
}

/** What an index is made of, as it was at one moment. */
export interface IndexParts extends IndexSize {
  readonly rowBlocks: readonly Uint32Array<ArrayBuffer>[]
  readonly bucketBlocks: readonly Uint32Array<ArrayBuffer>[]
}

/** The live entries by the hash of their name. */
export class KeyIndex {
  #rows = new Blocks(blockRows * rowWords)
  #buckets = new Blocks(blockBuckets)
  // Not kept in snapshots.
  readonly #untold = new UntoldUses()
  #count = 0
  #bucketCount = fewestBuckets
  // Buckets of rows whose hash was not split yet are told by the lower mask.
  #lowMask = fewestBuckets - 1
  #cursor = 0
  #left = 0
  #recordBytes = 0
  #blobBytes = 0

  constructor() {
    this.#buckets.add()
  }

  /**
   * An index whose blocks come from where `share` wrote them down; `undefined` where it cannot be one. They may come from a
   * file that somebody has tampered with: then entries are missed, no worse.
   */
  static restore(size: IndexSize, rows: BlockSource, buckets: BlockSource): KeyIndex | undefined {
    if (size.buckets < Math.max(size.rows, fewestBuckets)) return undefined
    const index = new KeyIndex()
    index.#rows = new Blocks(blockRows * rowWords, blocksOf(size.rows, blockRows), rows)
    index.#buckets = new Blocks(blockBuckets, blocksOf(size.buckets, blockBuckets), buckets)
    index.#count = size.rows
    index.#bucketCount = size.buckets
    index.#lowMask = 2 ** (31 - Math.clz32(size.buckets)) - 1
    index.#recordBytes = size.recordBytes
    index.#blobBytes = size.blobBytes
    return index
  }

  get count(): number {
    return this.#count
  }

  get bucketCount(): number {
    return this.#bucketCount
  }

  /** Bytes of all records of live entries. */
  get recordBytes(): number {
    return this.#recordBytes
  }

  /** Bytes of all blobs of live entries. */
  get blobBytes(): number {
    return this.#blobBytes
  }

  /** Whether a part of it could not be read from where it had been written down, so that entries may be missing. */
  get isDamaged(): boolean {
    return this.#rows.isDamaged || this.#buckets.isDamaged
  }

  /** Brings all of it into memory. */
  *load(): Steps {
    for (const blocks of [this.#rows, this.#buckets]) {
      for (let block = 0; block < blocks.length; block++) yield void blocks.at(block)
    }
  }

  /** What it consists of now, whatever becomes of it. */
  share(): IndexParts {
    return {
      rows: this.#count,
      buckets: this.#bucketCount,
      recordBytes: this.#recordBytes,
      blobBytes: this.#blobBytes,
      rowBlocks: this.#rows.share().slice(0, blocksOf(this.#count, blockRows)),
      bucketBlocks: this.#buckets.share(),
    }
  }

  /** The bucket of a hash. */
  bucketOf(hash: number): number {
    const bucket = hash & (2 * this.#lowMask + 1)
    return bucket < this.#bucketCount ? bucket : hash & this.#lowMask
  }

  /** The first row of a bucket's chain, counted from 1; 0 if there is none. */
  headOf(bucket: number): number {
    return this.#buckets.at(bucket >>> bucketShift).words[bucket & bucketMask] as number
  }

  /** The next row of a row's chain, counted from 1; 0 if it is the last. */
  nextOf(row: number): number {
    return this.#word(row, nextOfChain)
  }

  /** The first row with this hash, or -1. Others follow with `next`, as long as nothing changes. */
  first(hash: number): number {
    this.#cursor = this.headOf(this.bucketOf(hash))
    // A chain that comes from a file may lead back to itself.
    this.#left = this.#count
    return this.next(hash)
  }

  next(hash: number): number {
    while (this.#cursor > 0 && this.#cursor <= this.#count && this.#left-- > 0) {
      const row = this.#cursor - 1
      const { words } = this.#rows.at(row >>> rowShift)
      const at = (row & rowMask) * rowWords
      this.#cursor = words[at + nextOfChain] as number
      if (words[at + hashOfName] === hash) return row
    }
    return none
  }

  /** The row of the record at a place, or -1. */
  findAt(hash: number, position: number): number {
    let row = this.first(hash)
    while (row >= 0 && this.positionOf(row) !== position) row = this.next(hash)
    return row
  }

  placeOf(row: number): Place {
    const { words, floats } = this.#rows.at(row >>> rowShift)
    const at = (row & rowMask) * rowWords
    return {
      position: positionIn(words, at),
      length: words[at + recordLength] as number,
      hasBlob: (floats[at + bytesOfBlob] as number) > 0,
    }
  }

  positionOf(row: number): number {
    return positionIn(this.#rows.at(row >>> rowShift).words, (row & rowMask) * rowWords)
  }

  hashOf(row: number): number {
    return this.#word(row, hashOfName)
  }

  /** Bytes of its record and its blob. */
  bytesOf(row: number): number {
    return this.#word(row, recordLength) + this.#blobBytesOf(row)
  }

  /** Milliseconds that it took to generate. */
  costOf(row: number): number {
    return this.#float(row, costOfEntry)
  }

  usesOf(row: number): number {
    return this.#float(row, usesOfEntry)
  }

  /** Seconds since 1970. */
  storedAtOf(row: number): number {
    return this.#word(row, storedAtSecond)
  }

  /** Seconds since 1970. */
  usedAtOf(row: number): number {
    return this.#word(row, usedAtSecond)
  }

  add(hash: number, values: Row): void {
    const row = this.#count++
    if (row === this.#rows.length * blockRows) this.#rows.add()
    this.#set(row, values)
    this.#rows.writable(row >>> rowShift).words[(row & rowMask) * rowWords + hashOfName] = hash
    this.#link(row, hash)
    if (this.#count > this.#bucketCount) this.#split()
  }

  replace(row: number, values: Row): void {
    this.#subtract(row)
    this.#set(row, values)
  }

  remove(row: number): void {
    this.#subtract(row)
    this.#redirect(row, this.nextOf(row))
    const last = --this.#count
    if (row < last) this.#move(last, row)
    this.#untold.forget(last)
  }

  clear(): void {
    this.#rows = new Blocks(blockRows * rowWords)
    this.#buckets = new Blocks(blockBuckets)
    this.#buckets.add()
    this.#untold.clear()
    this.#count = 0
    this.#bucketCount = fewestBuckets
    this.#lowMask = fewestBuckets - 1
    this.#recordBytes = 0
    this.#blobBytes = 0
  }

  /** Takes note that an entry was used. `usedAt` in seconds since 1970. */
  use(row: number, uses: number, usedAt: number): void {
    const { words, floats } = this.#rows.writable(row >>> rowShift)
    const at = (row & rowMask) * rowWords
    floats[at + usesOfEntry] = (floats[at + usesOfEntry] as number) + uses
    words[at + usedAtSecond] = Math.max(words[at + usedAtSecond] as number, usedAt)
  }

  /** Counts a use that is told later. */
  touch(row: number): void {
    this.#untold.add(row)
  }

  /**
   * What was counted by `touch` and not taken yet, until it is of `enough` rows, or little more; the others come first the
   * next time.
   * @param usedAt - Seconds since 1970.
   */
  takeTouched(enough: number, usedAt: number): Use[] {
    const touched = this.#untold.take(enough, this.#count)
    return touched.map(({ row, uses }) => ({
      position: this.positionOf(row),
      hash: this.hashOf(row),
      uses,
      usedAt,
    }))
  }

  /** The places of all entries that have a blob. */
  *blobPlaces(): Generator<Place> {
    if (this.#blobBytes === 0) return
    for (let row = 0; row < this.#count; row++) {
      if (this.#float(row, bytesOfBlob) > 0) yield this.placeOf(row)
    }
  }

  #word(row: number, field: number): number {
    return this.#rows.at(row >>> rowShift).words[(row & rowMask) * rowWords + field] as number
  }

  #float(row: number, field: number): number {
    return this.#rows.at(row >>> rowShift).floats[(row & rowMask) * rowWords + field] as number
  }

  // What comes from a file may be no number at all, which must not spoil a sum.
  #blobBytesOf(row: number): number {
    const bytes = this.#float(row, bytesOfBlob)
    return bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER ? bytes : 0
  }

  #set(row: number, { position, length, blobBytes, cost, storedAt }: Row): void {
    const { words, floats } = this.#rows.writable(row >>> rowShift)
    const at = (row & rowMask) * rowWords
    words[at + positionLow] = position
    words[at + positionHigh] = position / 2 ** 32
    words[at + recordLength] = length
    floats[at + bytesOfBlob] = blobBytes
    floats[at + costOfEntry] = cost
    floats[at + usesOfEntry] = 0
    words[at + storedAtSecond] = storedAt
    words[at + usedAtSecond] = storedAt
    this.#untold.forget(row)
    this.#recordBytes += length
    // As it was rounded, so that what is subtracted later is what was added.
    this.#blobBytes += floats[at + bytesOfBlob] as number
  }

  #subtract(row: number): void {
    this.#recordBytes -= this.#word(row, recordLength)
    this.#blobBytes -= this.#blobBytesOf(row)
  }

  #setHead(bucket: number, link: number): void {
    this.#buckets.writable(bucket >>> bucketShift).words[bucket & bucketMask] = link
  }

  #setNext(row: number, link: number): void {
    this.#rows.writable(row >>> rowShift).words[(row & rowMask) * rowWords + nextOfChain] = link
  }

  // One that comes from a file may lead anywhere.
  #leads(link: number): boolean {
    return link > 0 && link <= this.#rows.length * blockRows
  }

  /** Puts a row at the front of the chain of its bucket. */
  #link(row: number, hash: number): void {
    const bucket = this.bucketOf(hash)
    this.#setNext(row, this.headOf(bucket))
    this.#setHead(bucket, row + 1)
  }

  /** Lets whatever leads to a row lead elsewhere. */
  #redirect(row: number, link: number): void {
    const bucket = this.bucketOf(this.hashOf(row))
    let before = this.headOf(bucket)
    if (before === row + 1) return this.#setHead(bucket, link)
    for (let left = this.#count; this.#leads(before) && left > 0; left--) {
      const next = this.nextOf(before - 1)
      if (next === row + 1) return this.#setNext(before - 1, link)
      before = next
    }
  }

  /** Gives a row the number of one that is not in use. */
  #move(from: number, to: number): void {
    this.#redirect(from, to + 1)
    const { words } = this.#rows.at(from >>> rowShift)
    const at = (from & rowMask) * rowWords
    this.#rows
      .writable(to >>> rowShift)
      .words.set(words.subarray(at, at + rowWords), (to & rowMask) * rowWords)
    this.#untold.move(from, to)
  }

  /** Adds a bucket, for about half of the rows of another one. */
  #split(): void {
    const split = this.#bucketCount - this.#lowMask - 1
    const added = this.#bucketCount++
    if (added === this.#buckets.length * blockBuckets) this.#buckets.add()
    if (this.#bucketCount > 2 * this.#lowMask + 1) this.#lowMask = 2 * this.#lowMask + 1
    let link = this.headOf(split)
    this.#setHead(split, 0)
    for (let left = this.#count; this.#leads(link) && left > 0; left--) {
      const row = link - 1
      link = this.nextOf(row)
      this.#link(row, this.hashOf(row))
    }
  }
}

function positionIn(words: Uint32Array, at: number): number {
  return (words[at + positionHigh] as number) * 2 ** 32 + (words[at + positionLow] as number)
}

function blocksOf(count: number, perBlock: number): number {
  return Math.ceil(count / perBlock)
}
