import { describe, expect, test } from 'vitest'
import { estimateBytes } from './size.ts'

test('what occurs in several places counts once', () => {
  const part = new Uint8Array(100_000)
  expect(estimateBytes([part, part, { part }])).toBeLessThan(102_000)
  expect(estimateBytes(Array(100_000).fill(part))).toBeLessThan(1_000_000)
  expect(estimateBytes([new Uint8Array(part.buffer), new Uint8Array(part.buffer, 10)])).toBeLessThan(102_000)
})

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
const large = { bytes: () => new Uint8Array(10_000_000), text: () => 'x'.repeat(10_000_000) }

describe.each(Object.entries(large))(
  'large %s among many small parts counts, wherever it is',
  (_what, make) => {
    const among = (place: number) => numbers(1000).map(index => (index === place ? make() : index))
    const documents = (place: number) => among(place).map((body, id) => ({ id, title: `title ${id}`, body }))
    const shapes: Record<string, (parts: unknown[]) => unknown> = {
      'an array': parts => parts,
      'an object': parts => Object.fromEntries(parts.map((part, index) => [`key ${index}`, part])),
      'a map': parts => new Map(parts.map((part, index) => [index, part])),
      'a set': parts => new Set(parts),
    }

    test.each(Object.entries(shapes))('in %s', (_shape, of) => {
      for (const place of [0, 31, 499, 500, 999]) {
        for (const parts of [among(place), documents(place)]) {
          const bytes = estimateBytes(of(parts))
          expect(bytes).toBeGreaterThan(10_000_000)
          expect(bytes).toBeLessThan(11_000_000)
        }
      }
    })
  },
)

test('of texts of very different lengths the estimate is right', () => {
  const texts = numbers(2000).map(index => 'x'.repeat(Math.exp(12 * ((index * 0.618) % 1))))
  const length = texts.join('').length
  const bytes = estimateBytes(texts.map(text => ({ text })))
  expect(bytes / length).toBeGreaterThan(0.9)
  expect(bytes / length).toBeLessThan(1.2)
})

describe.each([2, 3, 4, 5, 8, 10])(
  'of 20,000 parts of which every %dth is large the estimate is right',
  period => {
    const parts = numbers(20_000).map(index => (index % period === 0 ? 'x'.repeat(2000) : index))
    const bytes = parts.join('').length + 8 * parts.length

    test.each([
      { shape: 'an array', value: parts },
      { shape: 'an object', value: Object.fromEntries(parts.map((part, index) => [`key ${index}`, part])) },
    ])('in $shape', ({ value }) => {
      expect(estimateBytes(value) / bytes).toBeGreaterThan(0.5)
      expect(estimateBytes(value) / bytes).toBeLessThan(2)
    })
  },
)

test('a cycle ends', () => {
  const cycle: unknown[] = []
  cycle.push(cycle, new Map([[cycle, new Set([cycle])]]))
  expect(estimateBytes(cycle)).toBeLessThan(1000)
})

test('a few parts are looked at, however many there are', () => {
  let looks = 0
  const row = () =>
    new Proxy(
      { a: 1, b: 'text' },
      {
        getOwnPropertyDescriptor: (target, key) => {
          looks++
          return Reflect.getOwnPropertyDescriptor(target, key)
        },
      },
    )
  const rows = Array.from({ length: 100_000 }, row)
  const few = estimateBytes(rows.slice(0, 1000))
  looks = 0
  expect(estimateBytes(rows) / few).toBeCloseTo(100, -1)
  expect(looks).toBeLessThan(1000)
  expect(estimateBytes(deep(100_000))).toBeGreaterThan(0)
})

test('nothing is called, and what refuses to be looked at is no error', () => {
  const value = {
    get trap() {
      throw new Error('called')
    },
  }
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(estimateBytes([value, proxy])).toBeLessThan(1000)
})

test('a sparse array counts its elements', () => {
  const sparse: number[] = []
  sparse[1_000_000_000] = 1
  expect(estimateBytes(sparse)).toBeLessThan(1000)
})

describe('what is no data', () => {
  test.each([[null], [undefined], [true], [Symbol('a')], [() => 1], [1n], [new Date()], [/a/]])(
    '%s',
    value => {
      expect(estimateBytes(value)).toBeLessThan(200)
    },
  )
})

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { value }
  return value
}
