import { expect, test } from 'vitest'
import { UntoldUses } from './untold-uses.ts'

const counted = (...rows: readonly number[]) => {
  const untold = new UntoldUses()
  for (const row of rows) untold.add(row)
  return untold
}

test('what was counted is taken once', () => {
  const untold = counted(3, 700, 3)
  expect(untold.take(10, 1000)).toEqual([
    { row: 3, uses: 2 },
    { row: 700, uses: 1 },
  ])
  expect(untold.take(10, 1000)).toEqual([])
})

test('what was not taken, since there was enough, comes first the next time', () => {
  const untold = counted(0, 300, 600)
  expect(untold.take(1, 1000)).toEqual([{ row: 0, uses: 1 }])
  untold.add(0)
  expect(untold.take(1, 1000)).toEqual([{ row: 300, uses: 1 }])
  expect(untold.take(1, 1000)).toEqual([{ row: 600, uses: 1 }])
  expect(untold.take(1, 1000)).toEqual([{ row: 0, uses: 1 }])
})

test('an entry that gets another row takes its uses along, and leaves none', () => {
  const untold = counted(900, 900, 1)
  untold.move(900, 1)
  expect(untold.take(10, 1000)).toEqual([{ row: 1, uses: 2 }])
  untold.add(2)
  untold.move(901, 2)
  expect(untold.take(10, 1000)).toEqual([])
})

test('rows that have gone are forgotten', () => {
  const untold = counted(5, 6)
  untold.forget(5)
  untold.forget(4000)
  expect(untold.take(10, 1000)).toEqual([{ row: 6, uses: 1 }])
  untold.add(7)
  untold.clear()
  expect(untold.take(10, 1000)).toEqual([])
})

test('a count ends where it has no more room', () => {
  const untold = counted(...new Array(70_000).fill(9))
  expect(untold.take(10, 10)).toEqual([{ row: 9, uses: 65_535 }])
})
