import { expect, test } from 'vitest'
import { Entries, type Payload } from './entries.ts'

const payloads: readonly Payload[] = [
  { size: '400 bytes', bytes: 400, kind: 'JSON', entries: 20 },
  { size: '400 bytes', bytes: 400, kind: 'Float32Array', entries: 20 },
  { size: '64 KB', bytes: 64_000, kind: 'JSON', entries: 3 },
  { size: '64 KB', bytes: 64_000, kind: 'Float32Array', entries: 3 },
]

test.each(payloads)('values of $size as $kind have about that size', payload => {
  for (const value of new Entries(payload).values(payload.entries, 1)) {
    const bytes = value instanceof Float32Array ? value.byteLength : JSON.stringify(value).length
    expect(bytes).toBeGreaterThan(payload.bytes * 0.9)
    expect(bytes).toBeLessThan(payload.bytes * 1.1)
  }
})

test.each(payloads)(
  'values of $size as $kind differ between entries and revisions, and so do their marks',
  payload => {
    const entries = new Entries(payload)
    const [first, second] = entries.values(2, 0)
    const [renewed] = entries.values(1, 1)
    expect(first).not.toEqual(second)
    expect(first).not.toEqual(renewed)
    expect(new Set([first, second, renewed].map(entries.markOf)).size).toBe(3)
    expect(entries.values(2, 0)).toEqual([first, second])
  },
)

test.each(payloads)('the marks of $size as $kind add up to the sum of the first names', payload => {
  const entries = new Entries(payload)
  const marks = entries.values(2, 3).map(entries.markOf)
  expect(entries.sum(2, 3)).toBe((marks[0] ?? 0) + (marks[1] ?? 0))
})

test('a share of the entries is fewer of them, and of one entry fewer bytes', () => {
  const many = new Entries({ size: '400 bytes', bytes: 400, kind: 'Float32Array', entries: 100 }, 0.1)
  expect(many.names).toHaveLength(10)
  expect(many.values(1, 0)).toMatchObject([{ byteLength: 400 }])
  const one = new Entries({ size: '1 MB', bytes: 1_000_000, kind: 'Float32Array', entries: 1 }, 0.1)
  expect(one.values(1, 0)).toMatchObject([{ byteLength: 100_000 }])
})
