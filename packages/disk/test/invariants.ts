import { expect } from 'vitest'
import { blockBuckets, blockRows, type KeyIndex, rowWords } from '../src/key-index.ts'

const hashOfName = 2
const nextOfChain = 3

/** Throws where what always holds of an index does not. */
export function checkIndex(index: KeyIndex): void {
  const { rows, buckets, rowBlocks, bucketBlocks } = index.share()
  const word = (row: number, field: number) =>
    rowBlocks[Math.floor(row / blockRows)]?.[(row % blockRows) * rowWords + field]
  const power = 2 ** Math.floor(Math.log2(buckets))
  expect(rows, 'as many rows as there are').toBe(index.count)
  expect(buckets, 'a bucket for each row').toBeGreaterThanOrEqual(rows)
  const reached: number[] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    let link = bucketBlocks[Math.floor(bucket / blockBuckets)]?.[bucket % blockBuckets] as number
    for (; link !== 0; link = word(link - 1, nextOfChain) as number) {
      reached.push(link - 1)
      if (reached.length > rows) throw new Error('a chain leads back to itself')
      const hash = word(link - 1, hashOfName) as number
      const own = hash % (2 * power) < buckets ? hash % (2 * power) : hash % power
      expect(bucket, `row ${link - 1} is in the chain of its bucket`).toBe(own)
    }
  }
  expect(
    reached.sort((one, other) => one - other),
    'each row is in one chain',
  ).toEqual(Array.from({ length: rows }, (_, row) => row))
  expect(index.recordBytes).toBe(sumOf(rowsOf(index), 'lengths'))
  expect(index.blobBytes).toBe(sumOf(rowsOf(index), 'blobBytes'))
}

/** What an index has of an entry. */
export interface IndexedRow {
  readonly positions: number
  readonly hashes: number
  readonly lengths: number
  readonly blobBytes: number
  readonly costs: number
  readonly uses: number
  readonly storedAt: number
  readonly usedAt: number
}

/** The rows of an index, in an order that does not depend on what came before. */
export function rowsOf(index: KeyIndex): IndexedRow[] {
  return Array.from({ length: index.count }, (_, row) => {
    const { position, length } = index.placeOf(row)
    return {
      positions: position,
      hashes: index.hashOf(row),
      lengths: length,
      blobBytes: index.bytesOf(row) - length,
      costs: index.costOf(row),
      uses: index.usesOf(row),
      storedAt: index.storedAtOf(row),
      usedAt: index.usedAtOf(row),
    }
  }).sort((one, other) => one.positions - other.positions)
}

function sumOf(rows: readonly IndexedRow[], column: keyof IndexedRow): number {
  return rows.reduce((sum, row) => sum + row[column], 0)
}
