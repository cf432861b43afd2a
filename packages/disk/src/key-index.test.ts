import { expect, test } from 'vitest'
import { KeyIndex } from './key-index.ts'

function indexOf(count: number): KeyIndex {
  const index = new KeyIndex()
  for (let row = 0; row < count; row++)
    index.add(row, { position: 100 * row, length: 100, blobBytes: 0, cost: 1, storedAt: 1 })
  return index
}

test('every use is told in the end, however few are told at once', () => {
  const index = indexOf(10)
  for (let row = 0; row < 10; row++) for (let use = 0; use <= row; use++) index.touch(row)
  const told = [3, 3, 3, 3, 3].flatMap(most => index.takeTouched(most, 7))
  expect(told.map(({ hash, uses }) => ({ hash, uses }))).toEqual(
    Array.from({ length: 10 }, (_, row) => ({ hash: row, uses: row + 1 })),
  )
  expect(told.every(({ usedAt }) => usedAt === 7)).toBe(true)
})

test('what is used all the time does not keep others from being told', () => {
  const index = indexOf(10)
  const told = new Set<number>()
  for (let round = 0; round < 4; round++) {
    for (let row = 0; row < 10; row++) index.touch(row)
    for (const { hash } of index.takeTouched(3, 7)) told.add(hash)
  }
  expect(told.size).toBe(10)
})

test('telling goes on where rows were removed meanwhile', () => {
  const index = indexOf(10)
  for (let row = 0; row < 10; row++) index.touch(row)
  index.takeTouched(8, 7)
  for (let hash = 0; hash < 8; hash++) index.remove(index.first(hash))
  expect(
    index
      .takeTouched(8, 7)
      .map(({ hash }) => hash)
      .sort(),
  ).toEqual([8, 9])
})
