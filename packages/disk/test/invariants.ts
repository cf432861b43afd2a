import { expect } from 'vitest'
import { columnNames, type KeyIndex } from '../src/key-index.ts'

/** Throws where what always holds of an index does not. */
export function checkIndex(index: KeyIndex): void {
  const { count, columns, slots } = index
  const mask = slots.length - 1
  expect(slots.length & mask, 'a power of two').toBe(0)
  expect(3 * count, 'two thirds of the slots at most').toBeLessThanOrEqual(2 * slots.length)
  const occupied = Array.from(slots).filter(slot => slot !== 0)
  expect(
    occupied.sort((one, other) => one - other),
    'one slot for each row',
  ).toEqual(Array.from({ length: count }, (_, row) => row + 1))
  for (let row = 0; row < count; row++) {
    let slot = (columns.hashes[row] as number) & mask
    while (slots[slot] !== 0 && slots[slot] !== row + 1) slot = (slot + 1) & mask
    expect(slots[slot], `row ${row} can be reached`).toBe(row + 1)
  }
  expect(index.recordBytes).toBe(sumOf(columns.lengths.subarray(0, count)))
  expect(index.blobBytes).toBe(sumOf(columns.blobBytes.subarray(0, count)))
  for (const name of columnNames) expect(columns[name].length).toBe(columns.positions.length)
}

/** The rows of an index, in an order that does not depend on what came before. */
export function rowsOf(index: KeyIndex): Record<string, number>[] {
  return Array.from({ length: index.count }, (_, row) =>
    Object.fromEntries(columnNames.map(name => [name, index.columns[name][row] as number])),
  ).sort((one, other) => (one['positions'] as number) - (other['positions'] as number))
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0
  for (const number of numbers) sum += number
  return sum
}
