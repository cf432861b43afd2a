import { expect, test } from 'vitest'
import { bytesOf, floatsOf, floatsOfText, textOf } from './float-bytes.ts'

const floats = new Float32Array([1.5, -0, Number.NaN, 3e38])

test('an array comes back from its bytes, and is not copied', () => {
  const bytes = bytesOf(floats)
  expect(floatsOf(bytes)).toEqual(floats)
  expect(floatsOf(bytes).buffer).toBe(floats.buffer)
})

test('an array comes back from bytes that lie where none can begin', () => {
  const shifted = Buffer.concat([Buffer.from('x'), bytesOf(floats)]).subarray(1)
  expect(floatsOf(shifted)).toEqual(floats)
})

test('only the bytes of the array itself are taken', () => {
  expect(bytesOf(new Float32Array([0, 1, 2, 3]).subarray(1, 3)).byteLength).toBe(8)
})

test('an array comes back from its text', () => {
  expect(floatsOfText(textOf(floats))).toEqual(floats)
})
