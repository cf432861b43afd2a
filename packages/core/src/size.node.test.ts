import { collectGarbage } from '@stagcache/test-kit/garbage'
import { describe, expect, test } from 'vitest'
import { estimateBytes } from './size.ts'

const word = (index: number) => (index + 0.5).toString(36).slice(0, 12).padEnd(12, 'x')
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

// Each makes the value of an index; no two of its values share a part that only one of them would have to itself.
const values: Record<string, (index: number) => unknown> = {
  'a text of one byte per character': index => word(index).repeat(100).split('').join(''),
  'a text of two': index => `ł${word(index).repeat(100)}`.split('').join(''),
  'an array of integers': index => numbers(1000).map(n => n + index),
  'an array of fractions': index => numbers(1000).map(n => n / 7 + index),
  'an array of texts': index => numbers(200).map(n => word(n + 200 * index + 1000)),
  rows: index =>
    numbers(200).map(n => ({ id: n, weight: n / 7 + index, name: word(n + 200 * index), on: true })),
  'an array of pairs': index => numbers(300).map(n => [n, index / 3 + n]),
  'an object of many texts': index =>
    Object.fromEntries(numbers(300).map(n => [word(n + index * 300), word(n + 7 + index * 300)])),
  'rows of many columns': index =>
    numbers(30).map(n => Object.fromEntries(numbers(60).map(c => [`column ${c}`, n + c * index]))),
  'an object by numbers': index => Object.fromEntries(numbers(1000).map(n => [n, n / 7 + index])),
  'an object by far numbers': index =>
    Object.fromEntries(numbers(1000).map(n => [(n * 7919) % 1_000_003, n + index])),
  'a tree': index => tree(7, index),
  'a map': index => new Map(numbers(300).map(n => [n, word(n + 300 * index)])),
  'a set': index => new Set(numbers(500).map(n => n + index)),
  'a typed array': () => new Float64Array(10_000),
  'small typed arrays': () => numbers(20).map(() => new Uint8Array(10)),
  'views on one buffer': () => {
    const buffer = new ArrayBuffer(100_000)
    return numbers(10).map(n => new Uint8Array(buffer, n * 10, 10))
  },
  'one object many times': () => Array(1000).fill({ text: numbers(1000) }),
  'objects that share one': index => {
    const shared = numbers(5000).map(n => n + index)
    return numbers(100).map(n => ({ n, shared }))
  },
  'a cycle': index => {
    const value: { self?: unknown; texts: string[] } = { texts: numbers(100).map(n => word(n + index * 100)) }
    value.self = value
    return value
  },
  'instances of a class': index => numbers(300).map(n => new Point(n / 3 + index, n / 7)),
}

class Point {
  readonly x: number
  readonly y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
}

function tree(depth: number, index: number): unknown {
  return depth === 0 ? { leaf: index } : { left: tree(depth - 1, index), right: tree(depth - 1, index + 1) }
}

function used(): number {
  for (let round = 0; round < 4; round++) collectGarbage?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// What is estimated is the memory of V8, which is measured where it can be asked to collect what is unused.
describe.runIf(collectGarbage)('the estimate is right within a factor of two for', () => {
  test.each(Object.entries(values))('%s', (_title, make) => {
    const count = 200
    make(count)
    const before = used()
    const kept = numbers(count).map(make)
    const measured = used() - before
    const estimated = kept.reduce<number>((sum, value) => sum + estimateBytes(value), 0)
    expect(estimated / measured).toBeGreaterThan(0.5)
    expect(estimated / measured).toBeLessThan(2)
  })
})
