import { expect, test } from 'vitest'
import { type Duration, roughly, toMilliseconds } from './duration.ts'

test.each([
  { duration: 0, milliseconds: 0 },
  { duration: 250, milliseconds: 250 },
  { duration: 0.5, milliseconds: 0.5 },
  { duration: Number.POSITIVE_INFINITY, milliseconds: Number.POSITIVE_INFINITY },
  { duration: '250ms', milliseconds: 250 },
  { duration: '90s', milliseconds: 90_000 },
  { duration: '15m', milliseconds: 900_000 },
  { duration: '12h', milliseconds: 43_200_000 },
  { duration: '1d', milliseconds: 86_400_000 },
  { duration: '1.5h', milliseconds: 5_400_000 },
  { duration: '0s', milliseconds: 0 },
] as { duration: Duration; milliseconds: number }[])(
  '$duration is $milliseconds ms',
  ({ duration, milliseconds }) => {
    expect(toMilliseconds(duration, 'ttl')).toBe(milliseconds)
  },
)

test.each([
  -1,
  Number.NaN,
  '',
  '90',
  's',
  '-1s',
  '1 s',
  '1w',
  '1S',
  '.5s',
  '1e3s',
  '1s\n',
  null,
  undefined,
  {},
])('%j is no duration', duration => {
  const attempt = () => toMilliseconds(duration as Duration, 'maxWait')
  expect(attempt).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  expect(attempt).toThrow('maxWait is ')
})

test.each([
  { time: 0, text: '0ms' },
  { time: 0.9, text: '0ms' },
  { time: 999.9, text: '999ms' },
  { time: 1000, text: '1s' },
  { time: 119_999, text: '1m' },
  { time: 7_199_999, text: '1h' },
  { time: 86_399_999, text: '23h' },
  { time: 86_400_000 * 400, text: '400d' },
])('$time ms are roughly $text', ({ time, text }) => {
  expect(roughly(time)).toBe(text)
})
