import { expect } from 'vitest'
import { indexFaults } from '../src/index-check.ts'
import type { KeyIndex } from '../src/key-index.ts'

/** Throws where what always holds of an index does not. */
export function checkIndex(index: KeyIndex): void {
  expect([...indexFaults(index)].filter(fault => fault !== undefined)).toEqual([])
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
