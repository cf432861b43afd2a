import { expect, test } from 'vitest'
import { ratioOf, spreadOf } from './spread.ts'

test.each([
  { values: [7], spread: { median: 7, low: 7, high: 7 } },
  { values: [3, 1, 2], spread: { median: 2, low: 1.5, high: 2.5 } },
  { values: [10, 2, 4, 100, 6], spread: { median: 6, low: 4, high: 10 } },
])('the median and the quartiles of $values', ({ values, spread }) => {
  expect(spreadOf(values)).toEqual(spread)
})

test('ratios are formed of numbers of one round', () => {
  expect(ratioOf([10, 40, 90], [1, 2, 3]).median).toBe(20)
})
