import { describe, expect, test } from 'vitest'
import { type Shape, Shapes } from './shapes.ts'

function shapeOf(shapes: Shapes, names: readonly string[]): Shape | undefined {
  return names.reduce<Shape | undefined>(
    (shape, name) => shape && shapes.withName(shape, name),
    shapes.begin(),
  )
}

function areRepeated(shapes: Shapes, objects: readonly (readonly string[])[]): boolean {
  for (const names of objects) shapes.add(shapeOf(shapes, names) as Shape)
  const answer = shapes.areRepeated
  shapes.clear()
  return answer
}

function list<T>(length: number, element: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => element(index))
}

describe('the shape of an object', () => {
  const afterSome = () => {
    const shapes = new Shapes()
    for (let count = 0; count < 20; count++) shapes.add(shapeOf(shapes, ['a', 'b']) as Shape)
    return shapes
  }

  test.each([
    ['the first', () => new Shapes()],
    ['a later one', afterSome],
  ])('tells names and their order, of %s', (_, make) => {
    const shapes = make()
    const hashOf = (names: string[]) => shapeOf(shapes, names)?.hash
    expect(hashOf(['a', 'b'])).toBe(hashOf(['a', 'b']))
    expect(hashOf(['b', 'a'])).not.toBe(hashOf(['a', 'b']))
    expect(hashOf(['a'])).not.toBe(hashOf(['a', 'b']))
    expect(shapeOf(shapes, list(70, String))?.properties).toBe(70)
    for (const name of ['toString', '__proto__', '\ud800', '\ufeffname'])
      expect(shapeOf(shapes, ['a', name])).toBeUndefined()
  })

  test('is remembered of later ones, until the value ends', () => {
    const shapes = afterSome()
    const shape = shapeOf(shapes, ['a', 'b'])
    expect(shapeOf(shapes, ['a', 'b'])).toBe(shape)
    shapes.clear()
    expect(shapeOf(shapes, ['a', 'b'])).not.toBe(shape)
    expect(shapeOf(shapes, ['a', 'b'])).toEqual(shapeOf(shapes, ['a', 'b']))
  })

  test('is not remembered where there are too many', () => {
    const shapes = afterSome()
    for (const names of list(1000, index => [...String(index)])) shapeOf(shapes, names)
    for (const names of list(16, index => list(100, name => `${index} ${name}`))) shapeOf(shapes, names)
    const countOf = ({ longer }: Shape): number =>
      longer.reduce((count, shape) => count + 1 + countOf(shape), 0)
    expect(countOf(shapes.begin())).toBe(500)
  })
})

describe('the objects of a value are mostly alike', () => {
  const rows = (count: number, names: readonly string[]) => list(count, () => names)

  test.each<[string, boolean, (readonly string[])[]]>([
    ['when there are many of one shape', true, rows(17, ['a', 'b'])],
    ['not when there are few', false, rows(16, ['a', 'b'])],
    [
      'when there are many of several shapes',
      true,
      [...rows(20, ['a']), ...rows(20, ['b']), ...rows(20, [])],
    ],
    ['not when a fourth is of others', false, [...rows(75, ['a']), ...list(25, index => [String(index)])]],
    ['not when one has the reserved name', false, [...rows(50, ['a']), ['__keys__']]],
    ['when none has more than 64 properties', true, rows(50, list(64, String))],
    ['not when one has more', false, [...rows(50, ['a']), list(65, String)]],
  ])('%s', (_, expected, objects) => {
    const shapes = new Shapes()
    // Whatever came before.
    for (let time = 0; time < 3; time++) {
      expect(areRepeated(shapes, objects)).toBe(expected)
      expect(areRepeated(shapes, [['a'], ['__keys__']])).toBe(false)
    }
  })
})
