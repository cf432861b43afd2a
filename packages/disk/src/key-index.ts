import { toSeconds, type Use } from './uses-record.ts'

/*
 * A table in the manner of compact dictionaries: columns of typed arrays with one row per entry, without gaps, and an
 * open-addressing table of row numbers over them, probed linearly. A million entries take 45 MB, a Map of as many names
 * more than twice that, and the columns are read from a file as they are.
 *
 * What holds:
 *
 * - Rows 0 to `count - 1` are in use. Each of them has exactly one slot, reachable from its hash without passing an empty one.
 * - At most two thirds of the slots are in use.
 * - Rows are known by the hash of their name only. That a row is the one of a name is for the caller to find out, from the
 *   record: no two names are taken for one because their hashes are equal.
 */
interface ColumnTypes {
  readonly positions: Float64ArrayConstructor
  readonly hashes: Uint32ArrayConstructor
  readonly lengths: Uint32ArrayConstructor
  readonly blobBytes: Float32ArrayConstructor
  readonly costs: Float32ArrayConstructor
  readonly uses: Float32ArrayConstructor
  readonly storedAt: Uint32ArrayConstructor
  readonly usedAt: Uint32ArrayConstructor
}
const columnTypes: ColumnTypes = {
  positions: Float64Array,
  hashes: Uint32Array,
  lengths: Uint32Array,
  blobBytes: Float32Array,
  costs: Float32Array,
  uses: Float32Array,
  storedAt: Uint32Array,
  usedAt: Uint32Array,
}
type ColumnName = keyof ColumnTypes

/** The columns of a {@link KeyIndex}, by name. */
export type Columns = { readonly [K in ColumnName]: InstanceType<ColumnTypes[K]> }
export const columnNames: readonly ColumnName[] = Object.keys(columnTypes) as ColumnName[]

/** The bytes that a row takes in all columns. */
export const rowBytes: number = columnNames.reduce(
  (sum, name) => sum + columnTypes[name].BYTES_PER_ELEMENT,
  0,
)

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

const fewestSlots = 64
const none = -1

/** The live entries by the hash of their name. */
export class KeyIndex {
  #columns: Columns
  #slots: Uint32Array
  // How often each row was used since that was told last; not kept in snapshots.
  #untold: Uint16Array
  #count = 0
  #cursor = 0
  #recordBytes = 0
  #blobBytes = 0

  constructor() {
    this.#columns = columnsOf(fewestSlots / 2)
    this.#slots = new Uint32Array(fewestSlots)
    this.#untold = new Uint16Array(fewestSlots / 2)
  }

  /**
   * An index of columns and slots that were taken from another one, and become its own; `undefined` where they cannot be
   * those of an index. They may come from a file that somebody has tampered with: then entries are missed, no worse.
   */
  static restore(columns: Columns, slots: Uint32Array): KeyIndex | undefined {
    const rows = columns.positions.length
    let occupied = 0
    for (let slot = 0; slot < slots.length; slot++) {
      const row = slots[slot] as number
      if (row > rows) return undefined
      if (row > 0) occupied++
    }
    if (occupied !== rows || 3 * rows > 2 * slots.length) return undefined
    const index = new KeyIndex()
    index.#columns = columns
    index.#slots = slots
    index.#untold = new Uint16Array(rows)
    index.#count = rows
    for (let row = 0; row < rows; row++) {
      index.#recordBytes += columns.lengths[row] as number
      index.#blobBytes += columns.blobBytes[row] as number
    }
    return index
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of all records of live entries. */
  get recordBytes(): number {
    return this.#recordBytes
  }

  /** Bytes of all blobs of live entries. */
  get blobBytes(): number {
    return this.#blobBytes
  }

  /** The columns, as long as they are; only the first `count` rows mean something. */
  get columns(): Columns {
    return this.#columns
  }

  get slots(): Uint32Array {
    return this.#slots
  }

  /** The row with this hash that `isIt` accepts, or -1. */
  find(hash: number, isIt: (row: number) => boolean): number {
    let row = this.first(hash)
    while (row >= 0 && !isIt(row)) row = this.next(hash)
    return row
  }

  /** The first row with this hash, or -1. Others follow with `next`, as long as nothing changes. */
  first(hash: number): number {
    this.#cursor = hash & (this.#slots.length - 1)
    return this.#search(hash, this.#slots.length)
  }

  next(hash: number): number {
    const mask = this.#slots.length - 1
    this.#cursor = (this.#cursor + 1) & mask
    return this.#search(hash, (hash - this.#cursor) & mask)
  }

  /** The row of the record at a place, or -1. */
  findAt(hash: number, position: number): number {
    const { positions } = this.#columns
    return this.find(hash, row => positions[row] === position)
  }

  placeOf(row: number): Place {
    const { positions, lengths, blobBytes } = this.#columns
    return {
      position: positions[row] as number,
      length: lengths[row] as number,
      hasBlob: (blobBytes[row] as number) > 0,
    }
  }

  add(hash: number, values: Row): void {
    if (this.#count === this.#columns.positions.length) this.#growColumns()
    if (3 * (this.#count + 1) > 2 * this.#slots.length) this.#growSlots()
    const row = this.#count++
    this.#columns.hashes[row] = hash
    this.#set(row, values)
    this.#occupy(hash, row)
  }

  replace(row: number, values: Row): void {
    this.#subtract(row)
    this.#set(row, values)
  }

  remove(row: number): void {
    this.#subtract(row)
    this.#vacate(this.#slotOf(row))
    const last = --this.#count
    if (row === last) return
    // The last row takes its place, so that there are no gaps.
    this.#slots[this.#slotOf(last)] = row + 1
    for (const name of columnNames) this.#columns[name][row] = this.#columns[name][last] as number
    this.#untold[row] = this.#untold[last] as number
  }

  clear(): void {
    this.#columns = columnsOf(fewestSlots / 2)
    this.#slots = new Uint32Array(fewestSlots)
    this.#untold = new Uint16Array(fewestSlots / 2)
    this.#count = 0
    this.#recordBytes = 0
    this.#blobBytes = 0
  }

  /** Takes note that an entry was used. `usedAt` in seconds since 1970. */
  use(row: number, uses: number, usedAt: number): void {
    const { columns } = this
    columns.uses[row] = (columns.uses[row] as number) + uses
    columns.usedAt[row] = Math.max(columns.usedAt[row] as number, usedAt)
  }

  /** Counts a use that is told later. */
  touch(row: number): void {
    const untold = this.#untold[row] as number
    if (untold < 0xffff) this.#untold[row] = untold + 1
  }

  /** What was counted by `touch` since the last call, of `most` rows at most. */
  takeTouched(most: number): Use[] {
    const { positions, hashes } = this.#columns
    const usedAt = toSeconds(Date.now())
    const touched: Use[] = []
    for (let row = 0; row < this.#count; row++) {
      const uses = this.#untold[row] as number
      if (uses === 0) continue
      if (touched.length < most)
        touched.push({ position: positions[row] as number, hash: hashes[row] as number, uses, usedAt })
      this.#untold[row] = 0
    }
    return touched
  }

  /** The places of all entries that have a blob. */
  *blobPlaces(): Generator<Place> {
    if (this.#blobBytes === 0) return
    for (let row = 0; row < this.#count; row++) {
      if ((this.#columns.blobBytes[row] as number) > 0) yield this.placeOf(row)
    }
  }

  // From the cursor on, past `steps` slots at most: those that come from a file may be full.
  #search(hash: number, steps: number): number {
    const slots = this.#slots
    const { hashes } = this.#columns
    const mask = slots.length - 1
    for (let step = 0, slot = this.#cursor; step < steps; step++, slot = (slot + 1) & mask) {
      const row = (slots[slot] as number) - 1
      if (row === none) return none
      if (hashes[row] !== hash || row >= this.#count) continue
      this.#cursor = slot
      return row
    }
    return none
  }

  #set(row: number, { position, length, blobBytes, cost, storedAt }: Row): void {
    const { columns } = this
    columns.positions[row] = position
    columns.lengths[row] = length
    columns.blobBytes[row] = blobBytes
    columns.costs[row] = cost
    columns.uses[row] = 0
    columns.storedAt[row] = storedAt
    columns.usedAt[row] = storedAt
    this.#untold[row] = 0
    this.#recordBytes += length
    // As it was rounded, so that what is subtracted later is what was added.
    this.#blobBytes += columns.blobBytes[row] as number
  }

  #subtract(row: number): void {
    this.#recordBytes -= this.#columns.lengths[row] as number
    this.#blobBytes -= this.#columns.blobBytes[row] as number
  }

  #occupy(hash: number, row: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = row + 1
  }

  #slotOf(row: number): number {
    const mask = this.#slots.length - 1
    const home = (this.#columns.hashes[row] as number) & mask
    for (let step = 0; step <= mask; step++) {
      const slot = (home + step) & mask
      if (this.#slots[slot] === row + 1) return slot
    }
    throw new Error(`the row ${row} has no slot`)
  }

  // Moves back whatever was displaced over the slot that becomes empty, so that no search ends there in vain (Knuth, The
  // Art of Computer Programming 6.4, algorithm R).
  #vacate(empty: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = empty
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#columns.hashes[(slots[slot] as number) - 1] as number) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot] as number
      hole = slot
    }
    slots[hole] = 0
  }

  #growColumns(): void {
    const grown = columnsOf(Math.max(fewestSlots / 2, 2 * this.#count))
    for (const name of columnNames) grown[name].set(this.#columns[name])
    const untold = new Uint16Array(grown.positions.length)
    untold.set(this.#untold)
    this.#columns = grown
    this.#untold = untold
  }

  #growSlots(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length)
    for (let row = 0; row < this.#count; row++) this.#occupy(this.#columns.hashes[row] as number, row)
  }
}

function columnsOf(rows: number): Columns {
  const columns = columnNames.map(name => [name, new columnTypes[name](rows)])
  return Object.fromEntries(columns) as unknown as Columns
}

/** Views on the columns that lie one after the other in a buffer, from `offset` on. */
export function columnsIn(buffer: ArrayBuffer, offset: number, rows: number): Columns {
  let start = offset
  const columns = columnNames.map(name => {
    const column = new columnTypes[name](buffer, start, rows)
    start += column.byteLength
    return [name, column]
  })
  return Object.fromEntries(columns) as unknown as Columns
}
