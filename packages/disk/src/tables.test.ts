import { ValueTypes } from '@stagcache/core'
import * as fc from 'fast-check'
import { Packr } from 'msgpackr/pack'
import { describe, expect, test } from 'vitest'
import { difference } from '../test/difference.ts'
import { patience, rounds } from '../test/rounds.ts'
import { decode, encode } from './codec.ts'
import { stretchOf } from './stretch.ts'

/* Values whose objects are mostly alike are encoded as tables: with the names of their properties once. */

const types = new ValueTypes()
const tree = 0
const table = 4

const encoded = (value: unknown) =>
  Uint8Array.from(encode(value, types, './table').kept().bytes as Uint8Array)
const decoded = (bytes: Uint8Array) => decode(stretchOf(Buffer.from(bytes)), types)

function rows<T>(count: number, row: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => row(index))
}

describe('a value is encoded', () => {
  const wide = (index: number) =>
    Object.fromEntries(rows(65, column => [`column ${column}`, index * column] as const))
  test.each<[string, number, unknown]>([
    ['with rows of one kind', table, rows(20, index => ({ index, text: `${index}` }))],
    ['with rows in rows', table, rows(10, id => ({ id, place: { x: id, y: 2 }, tags: ['a', 'b'] }))],
    ['with few rows', tree, rows(16, index => ({ index }))],
    ['with rows of which each is another', tree, rows(200, index => ({ [`a${index}`]: 1, b: 2 }))],
    ['with rows in many combinations', tree, rows(1000, index => combination(index))],
    ['with names in two orders', table, rows(40, index => (index % 2 ? { a: 1, b: 2 } : { b: 2, a: 1 }))],
    ['with very wide rows', tree, rows(100, wide)],
    ['that is a dictionary', tree, Object.fromEntries(rows(500, index => [`key ${index}`, index] as const))],
    ['without objects', tree, rows(500, index => [index])],
  ])('%s', (_, kind, value) => {
    const bytes = encoded(value)
    expect(bytes[0]).toBe(kind)
    expect(difference(value, decoded(bytes))).toBeUndefined()
  })

  function combination(index: number): object {
    return Object.fromEntries(
      [...'abcdefghij'].filter((_, bit) => ((index * 389) >> bit) & 1).map(name => [name, index]),
    )
  }
})

describe('a table', () => {
  const name = fc.oneof(
    fc.constantFrom('id', 'x', 'äöü', '日本', '', 'a b', '"', '\\', '\u2028', '1', '01', 'class', '`x`'),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  )
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.double().map(number => number || 0),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.array(fc.string({ maxLength: 40 }), { maxLength: 4 }),
  )
  const usable = (names: readonly string[]) => names.every(one => !(one in Object.prototype))
  const shape = fc.uniqueArray(name, { maxLength: 8 }).filter(usable)

  const arbitraryTable = fc.array(shape, { minLength: 1, maxLength: 4 }).chain(shapes =>
    fc.array(
      fc.constantFrom(...shapes).chain(names => fc.record(Object.fromEntries(names.map(one => [one, cell])))),
      { minLength: 40, maxLength: 120 },
    ),
  )

  test(
    'comes back equal in every respect, whatever was read before',
    () => {
      fc.assert(
        fc.property(arbitraryTable, value => {
          expect(difference(value, decoded(encoded(value)))).toBeUndefined()
        }),
        { numRuns: rounds(100, 5000) },
      )
    },
    patience,
  )

  test('is no table where a property has the name under which msgpackr keeps something of its own', () => {
    const rowsOf = (name: string) =>
      rows(60, index => (index % 2 ? { [name]: 'x' } : { [name]: 'x', __keys__: 1, at: 2, values: 3 }))
    for (const value of [rowsOf('one'), rowsOf('two'), rows(60, () => ({ __keys__: [1], length: 1 }))]) {
      const bytes = encoded(value)
      expect(bytes[0]).not.toBe(table)
      expect(difference(value, decoded(bytes))).toBeUndefined()
    }
    // What comes next is not judged by it.
    expect(encoded(rows(60, index => ({ id: index })))[0]).toBe(table)
    expect(Object.keys(Array.prototype.at)).toEqual([])
  })

  test('may have more kinds of rows than there are short numbers for them', () => {
    const value = rows(20_000, index => ({ [`first ${index % 300}`]: index, second: `${index}` })).sort(
      (one, other) => (Object.keys(one)[0] as string).localeCompare(Object.keys(other)[0] as string),
    )
    const bytes = encoded(value)
    expect(bytes[0]).toBe(table)
    expect(difference(value, decoded(bytes))).toBeUndefined()
  })

  test('of megabytes of text comes back equal', () => {
    const value = rows(5000, index => ({ id: `${index}`, text: 'text ä'.repeat(index % 90), empty: '' }))
    expect(difference(value, decoded(encoded(value)))).toBeUndefined()
  })

  test('is smaller than a tree', () => {
    const value = rows(1000, index => ({ identifier: index, description: `${index}` }))
    const plain = new Packr({ useRecords: false }).pack(value)
    expect(encoded(value).length).toBeLessThan(0.7 * plain.length)
  })

  test('may be encoded while another one is', () => {
    const inner: Uint8Array[] = []
    const value = rows(30, index => ({
      index,
      get text() {
        if (index % 10 === 0) inner.push(encoded(rows(30, other => ({ other, index }))))
        return `${index}`
      },
    }))
    expect(decoded(encoded(value))).toEqual(rows(30, index => ({ index, text: `${index}` })))
    for (const bytes of inner) expect(decoded(bytes)).toHaveLength(30)
  })
})

describe('a forged table', () => {
  const text = (value: string) => new Packr({ useRecords: false }).pack(value)

  /** Rows of one property, of this name, each with the number 7. */
  const named = (property: string, count: number) =>
    Buffer.concat([
      Buffer.of(table, 0xdc, 0, count, 0xd4, 0x72, 0x40, 0x91),
      text(property),
      Buffer.of(7),
      Buffer.from(rows(count - 1, () => [0x40, 7]).flat()),
    ])

  test.each([
    'a',
    'a:r()}),((globalThis.broken=1),({b',
    '"]:(globalThis.broken=1),["',
    '\u2028',
    ['$', '{globalThis.broken=1}'].join(''),
    'constructor',
    '__proto__',
    'toString',
    '__defineGetter__',
  ])('with properties named %s has these, and does nothing else', property => {
    const inherited = Reflect.ownKeys(Object.prototype)
    const value = decoded(named(property, 20)) as Record<string, unknown>[]
    const own = property === '__proto__' ? '__proto_' : property
    expect(value).toHaveLength(20)
    for (const row of value) {
      expect(Object.entries(row)).toEqual([[own, 7]])
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    }
    expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited)
    expect('broken' in globalThis).toBe(false)
  })

  test('gets no names from tables that were read before', () => {
    decoded(named('secret', 20))
    expect(JSON.stringify(decoded(Buffer.of(table, 0x92, 0x40, 7)))).not.toContain('secret')
  })

  test(
    'is an error at worst, and changes nothing that all objects inherit',
    () => {
      const inherited = Reflect.ownKeys(Object.prototype)
      const seeds = [
        encoded(rows(30, index => ({ index, text: `text ${index}`, more: { x: index / 3 } }))),
        encoded(rows(40, index => (index % 2 ? { ä: 'ö' } : { list: ['a', index], none: null }))),
        Uint8Array.from(named('name', 20)),
      ]
      const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
      fc.assert(
        fc.property(
          fc.constantFrom(...seeds),
          fc.array(change, { minLength: 1, maxLength: 8 }),
          (seed, changes) => {
            const bytes = seed.slice()
            for (const [place, byte] of changes) bytes[1 + (place % (bytes.length - 1))] = byte
            try {
              decoded(bytes)
            } catch (error) {
              expect(error).toBeInstanceOf(Error)
            }
          },
        ),
        { numRuns: rounds(10_000, 1_000_000) },
      )
      expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited)
    },
    patience,
  )
})
