import { expect, test } from 'vitest'
import { ago, kilometres, place, seconds } from './format.ts'
import { table } from './table.ts'

test.each([
  { milliseconds: 4.2, text: '0.004 s' },
  { milliseconds: 994, text: '0.994 s' },
  { milliseconds: 1000, text: '1.00 s' },
  { milliseconds: 9994, text: '9.99 s' },
  { milliseconds: 61_000, text: '61.0 s' },
])('$milliseconds milliseconds are $text', ({ milliseconds, text }) => {
  expect(seconds(milliseconds)).toBe(text)
})

test.each([
  { milliseconds: 400, text: 'just now' },
  { milliseconds: 1000, text: '1 second ago' },
  { milliseconds: 150_000, text: '2 minutes ago' },
  { milliseconds: 90_000_000, text: '1 day ago' },
])('$milliseconds milliseconds ago is $text', ({ milliseconds, text }) => {
  expect(ago(milliseconds)).toBe(text)
})

test.each([
  { latitude: -48.8767, longitude: -123.3933, text: '48°52.6′ S 123°23.6′ W' },
  { latitude: 0, longitude: 8.999_99, text: '0°00.0′ N 9°00.0′ E' },
])('$latitude, $longitude is $text', ({ text, ...where }) => {
  expect(place(where)).toBe(text)
})

test('kilometres have separators', () => {
  expect(kilometres(12_345.6)).toBe('12,346 km')
})

test('a table has columns as wide as they need', () => {
  const columns = [{ heading: 'name' }, { heading: 'n', align: 'right' }] as const
  expect(
    table(
      columns,
      [
        ['a', '10'],
        ['bcdef', '2'],
      ],
      ['sum', '12'],
    ),
  ).toEqual(['name    n', '─────────', 'a      10', 'bcdef   2', '─────────', 'sum    12'])
})
