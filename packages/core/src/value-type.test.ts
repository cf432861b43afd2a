import { expect, test } from 'vitest'
import { defineType, ValueTypes } from './value-type.ts'

class Point {
  readonly x = 1
}

class Pixel extends Point {}

const pointType = defineType({ tag: 'point', class: Point, encode: ({ x }) => x, decode: () => new Point() })

test('a type is found by its exact class when encoding, by its tag when decoding', () => {
  const types = new ValueTypes([pointType])
  expect(types.of(new Point())).toBe(pointType)
  expect(types.of(new Pixel())).toBeUndefined()
  expect(types.of({})).toBeUndefined()
  expect(types.tagged('point')).toBe(pointType)
  expect(types.tagged('__proto__')).toBeUndefined()
})

test('without types nothing is found', () => {
  expect(new ValueTypes().of(new Point())).toBeUndefined()
})

test('what is no list is refused', () => {
  expect(() => new ValueTypes(null as never)).toThrow('The option types is "null"')
})

test('two types with one tag are refused', () => {
  expect(() => new ValueTypes([pointType, { ...pointType, class: Pixel }])).toThrow(
    'Two types have the tag "point"',
  )
})
