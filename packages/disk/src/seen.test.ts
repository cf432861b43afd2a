import { expect, test } from 'vitest'
import { Seen } from './seen.ts'

test.each([1, 16, 17, 1000])('knows each of %i objects again, and none of others', count => {
  const objects = Array.from({ length: count }, () => ({}))
  const seen = new Seen()
  expect(objects.every(object => seen.add(object))).toBe(true)
  expect(objects.some(object => seen.add(object))).toBe(false)
  expect(seen.add({})).toBe(true)
  seen.clear()
  expect(objects.every(object => seen.add(object))).toBe(true)
})
