import { expect, test } from 'vitest'
import { difference } from './difference.ts'
import { binarySamples, cloneableSamples, dataSamples } from './samples.ts'

const samples = [...dataSamples, ...binarySamples, ...cloneableSamples]

test.each(samples)('$kind is equal to another of its making', ({ make }) => {
  expect(difference(make(), make())).toBeUndefined()
})

test('no two samples are equal', () => {
  const values = samples.map(({ make }) => make())
  for (const [index, value] of values.entries()) {
    for (const other of values.slice(0, index)) expect(difference(value, other)).toBeDefined()
  }
})

class Point {
  x = 1
}

const shared = {}

test.each([
  { actual: 0, expected: -0, path: [] },
  { actual: Number.NaN, expected: 0, path: [] },
  { actual: [1, 2], expected: [1, 3], path: [1] },
  { actual: [1], expected: [1, 2], path: [] },
  { actual: { a: 1 }, expected: { a: 1, b: undefined }, path: [] },
  { actual: { b: 1, a: 1 }, expected: { a: 1, b: 1 }, path: ['a'] },
  { actual: { a: [{ b: 'x' }] }, expected: { a: [{ b: 'y' }] }, path: ['a', 0, 'b'] },
  { actual: { x: 1 }, expected: new Point(), path: [] },
  { actual: Array(1), expected: [undefined], path: [] },
  { actual: new Date(1), expected: new Date(2), path: ['time'] },
  { actual: /a/g, expected: /a/i, path: ['flags'] },
  { actual: /a/g, expected: /b/g, path: ['source'] },
  { actual: new Map([['a', { b: 1 }]]), expected: new Map([['a', { b: 2 }]]), path: ['value 0', 'b'] },
  { actual: new Map([['a', 1]]), expected: new Map([['b', 1]]), path: ['key 0'] },
  { actual: new Set([1, 2]), expected: new Set([2, 1]), path: ['member 0'] },
  { actual: new Uint8Array([1]), expected: new Uint8Array([2]), path: [] },
  { actual: new Uint8Array([1]), expected: new Int8Array([1]), path: [] },
  { actual: new Uint8Array([1]).buffer, expected: new Uint8Array([2]).buffer, path: [] },
  { actual: new Error('a'), expected: new Error('b'), path: ['message'] },
  { actual: new Error('a'), expected: new Error('a', { cause: 1 }), path: ['cause'] },
  { actual: new Error('a'), expected: new TypeError('a'), path: [] },
  { actual: Object(1), expected: Object(2), path: ['primitive'] },
  { actual: [{}, {}], expected: [shared, shared], path: [1] },
])('$actual differs from $expected at $path', ({ actual, expected, path }) => {
  const found = difference(actual, expected)
  expect(found?.map(String)).toEqual(path.map(String))
})
