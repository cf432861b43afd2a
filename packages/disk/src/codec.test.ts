import { defineType, UnserializableValueError, ValueTypes } from '@stagcache/core'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { difference } from '../test/difference.ts'
import { arbitraryGraph } from '../test/graphs.ts'
import { needsPooledBuffers } from '../test/needs.ts'
import { decode, encode } from './codec.ts'
import { stretchOf } from './stretch.ts'

const noTypes = new ValueTypes()

function roundTrip<T>(value: T, types: ValueTypes = noTypes): T {
  return decoded(encoded(value, types), types) as T
}

function encoded(value: unknown, types: ValueTypes = noTypes): Uint8Array {
  return encode(value, types, './test').kept().bytes as Uint8Array
}

// As read from a blob: at the beginning of a buffer of its own.
function decoded(bytes: Uint8Array, types: ValueTypes = noTypes): unknown {
  return decode(stretchOf(Buffer.from(new Uint8Array(bytes).buffer)), types)
}

function expectSame(value: unknown, types?: ValueTypes): void {
  expect(difference(value, roundTrip(value, types))).toBeUndefined()
}

function refusal(value: unknown, types: ValueTypes = noTypes): UnserializableValueError {
  try {
    encoded(value, types)
  } catch (error) {
    if (error instanceof UnserializableValueError) return error
    throw error
  }
  throw new Error('It was not refused.')
}

const viewClasses = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  ...('Float16Array' in globalThis ? [globalThis.Float16Array as unknown as Float32ArrayConstructor] : []),
] as (new (
  buffer: ArrayBuffer,
  offset?: number,
  length?: number,
) => ArrayBufferView & { length: number })[]

/** A buffer of bytes that are all different from their neighbours. */
function buffer(length: number): ArrayBuffer {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff).buffer
}

describe('what comes back equal in value and type', () => {
  test.each([
    ['null', null],
    ['booleans', [true, false]],
    [
      'integers',
      [
        0,
        1,
        -1,
        127,
        128,
        255,
        256,
        65535,
        65536,
        2 ** 31,
        2 ** 32,
        -(2 ** 31),
        2 ** 53,
        -(2 ** 53),
        2 ** 63,
        2 ** 64,
      ],
    ],
    ['fractions', [0.1, -1.5, Math.PI, Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON, Math.fround(0.1)]],
    ['-0', -0],
    ['-0 inside', [0, -0, { zero: -0 }, [-0]]],
    ['NaN and infinities', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['undefined properties and elements', { a: undefined, b: [undefined, null, undefined] }],
    ['an empty text', ''],
    [
      'texts of every script',
      ['a', 'ä', '漢字', '😀', '\u0000', '\ufeff', '\ufeffabc'.repeat(30), '\u2028\ud7ff\ue000\uffff'],
    ],
    ['a text of 1 MB', 'ä😀x'.repeat(1 << 18)],
    ['lone surrogates', ['\ud800', 'a\udfffb', '\udc00\ud800', { '\ud800': '\udbff' }]],
    ['nested arrays and objects', [[], {}, [[]], [{}], { a: {}, b: [], c: { d: [1, { e: 2 }] } }]],
    ['the order of properties', { b: 1, a: 2, 10: 3, 9: 4, '-1': 5, '01': 6, '': 7 }],
    [
      'names that objects inherit',
      { constructor: 1, toJSON: () => 1, hasOwnProperty: 2, toString: 3, valueOf: null }.constructor,
    ],
    ['dates', [new Date(0), new Date(1e12 + 0.5), new Date(-8.64e15), new Date(8.64e15)]],
    ['an invalid date', new Date(Number.NaN)],
    ['regular expressions', [/a/, /\/[/]\n/dgimsuy, /(?<year>\d+)/v, /(?:)/, /\ud800/]],
    ['bigints', [0n, 1n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 64n), 10n ** 1000n, -(10n ** 1000n)]],
    [
      'boxed primitives',
      [
        Object(1),
        Object(-0),
        Object('text'),
        Object(''),
        Object('\ud800'),
        Object(true),
        Object(false),
        Object(5n),
      ],
    ],
    ['an empty Map and Set', [new Map(), new Set()]],
    ['Maps in Maps', new Map<unknown, unknown>([[new Map([[1, 2]]), new Map([['a', new Map()]])]])],
    [
      'Maps with keys of every type',
      new Map<unknown, unknown>([
        [1, 'n'],
        ['1', 's'],
        [null, 'null'],
        [undefined, 'u'],
        [Number.NaN, 'NaN'],
        [{}, 'o'],
        [[1], 'a'],
        [new Date(1), 'd'],
        [1n, 'b'],
        [new Set([1]), 's'],
      ]),
    ],
    ['Sets in Sets, in order', new Set<unknown>([3, '3', new Set([new Set([2, 1])]), undefined, null, 1])],
    [
      'objects without a prototype',
      [Object.create(null), Object.assign(Object.create(null), { a: Object.create(null), b: 1 })],
    ],
    ['an array with holes', [, 1, , [, ,], 2]],
    ['an array that ends in holes', Object.assign(new Array(5), { 1: 'one' })],
    ['a huge sparse array', Object.assign([], { 4294967294: 'last', 5: 'five' })],
    ['a huge empty array', new Array(4294967295)],
    [
      'an array with properties',
      Object.assign([1, 2], { name: 'x', '-1': 0, 4294967295: 'no index', '01': 1 }),
    ],
    ['an array whose properties are as many as its holes', Object.assign([, 1], { name: 'x' })],
    ['the match of a regular expression', /(?<letter>b)(c)?/d.exec('abz')],
  ])('%s', (_, value) => {
    expectSame(value)
  })

  test('a property named __proto__ is one like any other', () => {
    const value = JSON.parse('{ "a": 1, "__proto__": { "polluted": true }, "b": { "__proto__": 1 } }')
    const back = roundTrip(value)
    expect(difference(value, back)).toBeUndefined()
    expect(Object.keys(back)).toEqual(['a', '__proto__', 'b'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expectSame(Object.assign(Object.create(null), { ['__proto__']: 1 }))
  })

  test.each(['constructor', 'toJSON', 'hasOwnProperty', 'toString', '__defineGetter__', 'then'])(
    'a property named %s is one like any other',
    name => {
      expectSame({ [name]: 1 })
      expectSame({ before: 1, [name]: { [name]: [name] }, after: 2 })
    },
  )

  test.each([31, 32, 63, 64, 255, 256, 65_535, 65_536, 200_000])('texts of %i letters', length => {
    for (const letter of ['a', 'ä', '漢', '😀']) {
      const text = letter.repeat(length)
      expectSame(text)
      expectSame({ [text]: [`b${text}`], [`${text}c`]: text })
    }
  })

  test('properties that are not enumerable, and what a getter is, are not part of a value', () => {
    const value = Object.defineProperty(
      {
        get a() {
          return 1
        },
      },
      'hidden',
      { value: 2 },
    )
    expect(difference({ a: 1 }, roundTrip(value))).toBeUndefined()
  })
})

describe.each([3, 63, 64, 65, 5000])('an array of %i elements', length => {
  const array = () => Array.from({ length }, (_, index): unknown => index)

  test.each<[string, (array: unknown[]) => unknown]>([
    ['that are numbers', array => array],
    ['that are objects', array => array.map(index => ({ index }))],
    ['one of which is undefined', array => array.with(1, undefined)],
    ['one of which is -0', array => array.with(1, -0)],
    ['one of which is an array that occurs twice', array => [array, ...array, array]],
    ['with a hole', array => withoutElement(array, 1)],
    ['that ends in a hole', array => withoutElement(array, length - 1)],
    ['with a property', array => Object.assign(array, { name: 'x' })],
    ['with a hole and a property', array => Object.assign(withoutElement(array, 1), { name: 'x' })],
    [
      'with a hole and an undefined property',
      array => Object.assign(withoutElement(array, 0), { x: undefined }),
    ],
    [
      'with a property that looks like an index',
      array => Object.assign(array, { '-1': 1, '01': 2, 4294967295: 3 }),
    ],
    ['that is frozen', array => Object.freeze(array)],
  ])('%s', (_, make) => {
    expectSame(make(array()))
    expectSame({ inside: [make(array())] })
  })

  test('one of which a getter answers', () => {
    const value = Object.defineProperty(array(), 1, { get: () => 'got', enumerable: true })
    expect(difference(array().with(1, 'got'), roundTrip(value))).toBeUndefined()
  })

  test('one of which is not enumerable, comes back with it', () => {
    const hidden = Object.defineProperty(array(), 1, { value: 'hidden', enumerable: false })
    expect(difference(array().with(1, 'hidden'), roundTrip(hidden))).toBeUndefined()
    const named = Object.assign(array().with(1, 'hidden'), { name: 'x' })
    expect(difference(named, roundTrip(Object.assign(hidden, { name: 'x' })))).toBeUndefined()
  })

  test('with a property that is not enumerable, comes back without it', () => {
    const value = Object.defineProperty(array(), 'hidden', { value: 1, enumerable: false })
    expect(difference(array(), roundTrip(value))).toBeUndefined()
  })

  test('with a symbol as a property name is refused, unless it is not enumerable', () => {
    const value = Object.assign(array(), { [Symbol('x')]: 1 })
    expect(refusal({ value }).path).toBe('value.value')
    const hidden = Object.defineProperty(array(), Symbol('x'), { value: 1, enumerable: false })
    expect(difference(array(), roundTrip(hidden))).toBeUndefined()
  })

  test('of a class of its own is refused', () => {
    class Stack extends Array {}
    expect(refusal([Stack.from(array())]).path).toBe('value[0]')
  })

  test('behind a proxy is what the proxy shows', () => {
    expect(difference(array(), roundTrip(new Proxy(array(), {})))).toBeUndefined()
    const showing = new Proxy(array(), {
      ownKeys: target => [...Reflect.ownKeys(target), 'shown'],
      getOwnPropertyDescriptor: (target, name) =>
        name === 'shown'
          ? { value: 1, enumerable: true, configurable: true }
          : Reflect.getOwnPropertyDescriptor(target, name),
      get: (target, name) => (name === 'shown' ? 1 : Reflect.get(target, name)),
    })
    expect(difference(Object.assign(array(), { shown: 1 }), roundTrip(showing))).toBeUndefined()
  })

  test.each([
    ['', (array: unknown[]) => array],
    [', and as many further properties', (array: unknown[]) => Object.assign(array, { name: 'x' })],
  ])('has its holes where Array.prototype has elements%s', (_, make) => {
    const value = make(withoutElement(array(), 1))
    Array.prototype[1] = 'inherited'
    let bytes: Uint8Array
    try {
      bytes = encoded([value])
    } finally {
      delete Array.prototype[1]
    }
    expect(difference([value], decoded(bytes))).toBeUndefined()
  })

  function withoutElement(array: unknown[], index: number): unknown[] {
    delete array[index]
    return array
  }
})

test('the indices of a long array are not listed, which would take longer than to store it', () => {
  const keys = vi.spyOn(Object, 'keys')
  const array = Array.from({ length: 100_000 }, (_, index) => index / 2)
  const bytes = encoded(array)
  expect(keys).not.toHaveBeenCalled()
  keys.mockRestore()
  expect(decoded(bytes)).toEqual(array)
})

test('what every object inherits is no part of any', () => {
  const value = { own: { deep: [1] } }
  const prototype = Object.prototype as Record<string, unknown>
  prototype['inherited'] = 1
  try {
    expect(Object.keys(roundTrip(value))).toEqual(['own'])
    expect(Object.keys(roundTrip({ inherited: 2 }))).toEqual(['inherited'])
    expect(roundTrip({ inherited: 2 })).toEqual({ inherited: 2 })
  } finally {
    delete prototype['inherited']
  }
})

describe('an encoding', () => {
  test('stays as it is while others are made', () => {
    const values = Array.from({ length: 3000 }, (_, index) => ({ index, text: 'x'.repeat(index % 700) }))
    const payloads = values.map(value => encoded(value))
    expect(payloads.map(bytes => decoded(bytes))).toEqual(values)
  })

  test('may be made while another one is: a getter stores something', () => {
    const inner: Uint8Array[] = []
    const value = {
      before: 'b',
      get inside() {
        inner.push(encoded({ inner: inner.length }))
        return 'i'
      },
      after: 'a',
    }
    expect(roundTrip<object>(value)).toEqual({
      before: 'b',
      inside: 'i',
      after: 'a',
    })
    expect(inner.map(bytes => decoded(bytes))).toEqual(inner.map((_, index) => ({ inner: index })))
  })

  test('that a getter puts an end to leaves nothing in the next one', () => {
    const shared = { a: 1 }
    const value = {
      shared,
      get failing() {
        throw new Error('mine')
      },
    }
    expect(() => encoded(value)).toThrow('mine')
    expectSame({ shared })
    expectSame({ shared, again: shared })
  })
})

describe('bytes', () => {
  describe.each(viewClasses.map(Class => ({ name: Class.name, Class })))('a $name', ({ Class }) => {
    const size = (Class as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT

    test.each([0, 1, 3, 127, 1023, 1024, 1025, 100_000])('of %i elements', length => {
      const view = new Class(buffer(length * size))
      expectSame(view)
      expectSame({ a: [view, { b: 'text' }], c: new Map([['view', view]]) })
    })

    test('at an odd place of a larger buffer', () => {
      expectSame(new Class(buffer(5000 * size), 3 * size, 7))
      expectSame([new Class(buffer(5000 * size), 7 * size, 4001)])
    })

    test('is aligned, and keeps nothing of the buffer that it was a part of', () => {
      const back = roundTrip({ text: 'x', view: new Class(buffer(9000 * size), size, 2) }).view
      expect(back.byteOffset % size).toBe(0)
      expect(back.buffer.byteLength).toBe(2 * size)
    })
  })

  test.each([0, 1, 1023, 1024, 100_001])('an ArrayBuffer and a DataView of %i bytes', length => {
    expectSame(buffer(length))
    expectSame(new DataView(buffer(length)))
    expectSame([buffer(length), { view: new DataView(buffer(length + 3), 3) }, new Set([buffer(length)])])
  })

  test('segments begin at multiples of 64 in the payload', () => {
    const arrays = Array.from({ length: 9 }, (_, index) => new Float64Array(buffer(8 * (200 + index))))
    const back = roundTrip({ name: 'x'.repeat(13), arrays })
    expect(difference(arrays, back.arrays)).toBeUndefined()
    for (const array of back.arrays) expect(array.byteOffset % 64).toBe(0)
  })

  describe('above the limit for copies', () => {
    const views = [new Uint8Array(buffer(1025)), new Float64Array(buffer(4096)), new DataView(buffer(1500))]

    test('are parts of what is kept as they are, and the payload is the same', () => {
      const payload = encode(views, noTypes, './test').kept(5000)
      expect(payload.isBorrowed).toBe(true)
      expect(payload.bytes).toBeUndefined()
      expect(payload.memory.filter(part => views.some(view => view.buffer === part.buffer))).toHaveLength(3)
      expect(Buffer.concat(payload.memory)).toEqual(encoded(views))
      expect(payload.size).toBe(encoded(views).length)
    })

    test('but not below, where they are copied at once', () => {
      const [small] = views as [Uint8Array]
      const payload = encode([small], noTypes, './test').kept(5000)
      const before = [...small]
      small.fill(0)
      expect(payload.isBorrowed).toBe(false)
      expect(decoded(payload.bytes as Uint8Array)).toEqual([Uint8Array.from(before)])
    })

    test('and what no buffer of this runtime could hold is refused', () => {
      const large = [new Uint8Array(15_000), new Uint8Array(5000)]
      expect(() => encode(large, noTypes, './test', 20_000)).toThrow(/Cannot store \d+ bytes in one value/)
    })
  })

  test('resizable buffers stay resizable, and so do those under a view', () => {
    const resizable = (length: number, maxByteLength: number) => {
      const Resizable = ArrayBuffer as new (length: number, options: object) => ArrayBuffer
      const result = new Resizable(length, { maxByteLength })
      new Uint8Array(result).set(new Uint8Array(buffer(length)))
      return result
    }
    expectSame(resizable(10, 100))
    expectSame([resizable(0, 0), resizable(5000, 6000)])
    const view = new Uint8Array(resizable(10, 100), 2, 4)
    const back = roundTrip(view)
    expectSame([view, view.buffer])
    expect(difference(view.buffer, back.buffer)).toBeUndefined()
  })

  test('several views on one buffer go on sharing it', () => {
    const shared = buffer(4096)
    const value = {
      bytes: new Uint8Array(shared, 1, 9),
      floats: new Float32Array(shared, 8, 100),
      view: new DataView(shared, 5, 2000),
      buffer: shared,
    }
    const back = roundTrip(value)
    expect(difference(value, back)).toBeUndefined()
    back.bytes[7] = 0xab
    expect(new Uint8Array(back.buffer)[8]).toBe(0xab)
    expect(new Uint8Array(back.floats.buffer)[8]).toBe(0xab)
    expectSame([new Uint8Array(shared, 1, 9), new Uint8Array(shared, 1, 9)])
    expectSame([new Uint8Array(shared), shared])
  })

  test('one view that occurs twice comes back as one', () => {
    const view = new Uint16Array([1, 2, 3])
    const [first, second] = roundTrip([view, view]) as [Uint16Array, Uint16Array]
    expect(first).toBe(second)
    expect(first).toEqual(view)
  })

  test('what was decoded from bytes of the log does not change when they are used again', () => {
    const value = {
      small: new Uint8Array([1, 2, 3]),
      buffer: Buffer.from('abc'),
      text: 'text',
      plain: buffer(5),
    }
    const bytes = encoded(value)
    const back = decode(stretchOf(bytes as Buffer), noTypes)
    bytes.fill(0)
    expect(difference(value, back)).toBeUndefined()
  })

  describe('a Buffer', () => {
    test.each([0, 1, 100, 1023, 1024, 5000, 100_000])('of %i bytes', length => {
      expectSame(Buffer.from(buffer(length)))
      expectSame([Buffer.from(buffer(length + 1), 1), new Map([[Buffer.from('key'), 1]])])
    })

    test('is stored without the pool that it lies in', context => {
      needsPooledBuffers(context)
      Buffer.from('a secret of another part of the program')
      const [one, other] = [Buffer.from('one'), Buffer.from('other')]
      expect(one.buffer).toBe(other.buffer)
      for (const value of [[one], [one, other], [one, new Uint8Array([1])], { one, other, again: one }]) {
        const bytes = Buffer.from(encoded(value))
        expect(bytes.length).toBeLessThan(150)
        expect(bytes.includes('secret')).toBe(false)
        expectSame(value)
      }
    })

    test('does not drag its pool in with a view on the same bytes', context => {
      needsPooledBuffers(context)
      const secret = Buffer.from('a secret of another part of the program')
      const pooled = Buffer.from('pooled')
      expect(pooled.buffer).toBe(secret.buffer)
      const view = new Uint8Array(pooled.buffer, pooled.byteOffset, pooled.length)
      const bytes = Buffer.from(encoded([pooled, view]))
      expect(bytes.includes('secret')).toBe(false)
      expectSame([pooled, view])
    })
  })
})

describe('Blobs', () => {
  const blob = new Blob(['some ', 'text'], { type: 'text/plain' })
  const file = new File(['bytes of a file'], 'näme.bin', { type: 'a/b', lastModified: 1e12 + 0.5 })

  /** The memory of the payload as it is read, and the Blobs as they are in a file. */
  function lazily<T>(value: T): T {
    const { memory, blobs } = encode(value, noTypes, './test')
    return decode(stretchOf(Buffer.concat(memory)), noTypes, new Blob([...blobs])) as T
  }

  test('come back with their type and bytes', async () => {
    const back = lazily({ blob, deep: [new Map([['key', blob.slice(1, 3, 'x/y')]])] })
    expect(Object.getPrototypeOf(back.blob)).toBe(Object.getPrototypeOf(blob.slice()))
    expect([back.blob.type, back.blob.size, await back.blob.text()]).toEqual([blob.type, 9, 'some text'])
    const inside = back.deep[0]?.get('key') as Blob
    expect([inside.type, await inside.text()]).toEqual(['x/y', 'om'])
  })

  test('that are files come back with their name and time', async () => {
    const [back] = lazily([file])
    expect(Object.getPrototypeOf(back)).toBe(File.prototype)
    expect([back?.name, back?.type, back?.lastModified]).toEqual([file.name, 'a/b', file.lastModified])
    expect(await back?.text()).toBe('bytes of a file')
  })

  test('that are empty come back', () => {
    const back = lazily([new Blob([]), new Blob([], { type: 'a/b' }), new File([], '')] as const)
    expect(back.map(({ size, type }) => [size, type])).toEqual([
      [0, ''],
      [0, 'a/b'],
      [0, ''],
    ])
    expect(back[2].name).toBe('')
    expect(encoded(new Blob([]))).toBeDefined()
  })

  test('that occur twice come back as one, and equal ones as several', () => {
    const [one, again, other] = lazily([blob, blob, blob.slice()])
    expect(one).toBe(again)
    expect(other).not.toBe(one)
  })

  test('beside bytes of any size', async () => {
    const back = lazily([blob, new Float64Array(buffer(80_000)), file, new Uint8Array(3)] as const)
    expect(difference(new Float64Array(buffer(80_000)), back[1])).toBeUndefined()
    expect(await Promise.all([back[0].text(), back[2].text()])).toEqual(['some text', 'bytes of a file'])
  })

  test('are not read while they are encoded', () => {
    const payload = encode([blob, file], noTypes, './test')
    expect(payload.blobs).toEqual([blob, file])
    expect(Buffer.concat(payload.memory).includes('some text')).toBe(false)
    expect(payload.size).toBe(payload.memorySize + blob.size + file.size)
    expect(payload.bytes).toBeUndefined()
  })

  test('are an error where their bytes are not', () => {
    const memory = Buffer.concat(encode(blob, noTypes, './test').memory)
    expect(() => decode(stretchOf(memory), noTypes)).toThrow('a Blob that is not there')
    expect(() => decode(stretchOf(memory), noTypes, blob.slice(1))).toThrow('a Blob that is not there')
  })
})

describe('errors', () => {
  const classes = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]

  test.each(classes.map(Class => ({ name: Class.name, Class })))(
    'a $name keeps its message and its stack',
    ({ Class }) => {
      const error = new Class('what went wrong')
      expectSame(error)
      const back = roundTrip({ error }).error
      expect(back).toBeInstanceOf(Class)
      expect(back.stack).toBe(error.stack)
    },
  )

  test('an error without a message, and one without a stack', () => {
    expectSame(new Error())
    const error = new Error('x')
    delete error.stack
    expectSame(error)
  })

  test('properties such as code, and a name of its own', () => {
    expectSame(
      Object.assign(new Error('no entry'), {
        code: 'ENOENT',
        errno: -2,
        path: '/a',
        details: { deep: [new Date(1)] },
      }),
    )
    expectSame(Object.assign(new TypeError('x'), { name: 'SpecialError' }))
  })

  test('the cause, also one of undefined or in a circle', () => {
    expectSame(new Error('outer', { cause: new RangeError('inner', { cause: 5 }) }))
    expectSame(new Error('outer', { cause: undefined }))
    const error = new Error('circle')
    error.cause = { error }
    const value = new Error('outer', { cause: error })
    expectSame(value)
  })

  test('an AggregateError with its errors', () => {
    expectSame(new AggregateError([new Error('a'), new TypeError('b'), 'c'], 'both'))
    expectSame(new AggregateError([]))
    const inner = new Error('shared')
    expectSame(new AggregateError([inner, inner], 'twice', { cause: inner }))
  })
})

describe('identity', () => {
  test('an object that occurs twice comes back as one', () => {
    const shared = { a: 1 }
    const list = [1]
    expectSame({ first: shared, second: shared, list: [list, list, [list]] })
    const date = new Date(1)
    expectSame([date, date, new Map([[date, date]])])
    expectSame([{ a: 1 }, { a: 1 }])
  })

  test('objects without anything in them are not one because they are equal', () => {
    const back = roundTrip([{}, {}, [], []])
    expect(new Set(back).size).toBe(4)
  })

  test.each<[string, () => unknown]>([
    ['an object', () => circle({}, (value, self) => Object.assign(value, { self }))],
    ['an array', () => circle([] as unknown[], (value, self) => value.push(self, self))],
    ['a Map, as a value', () => circle(new Map(), (value, self) => value.set('self', self))],
    ['a Map, as a key', () => circle(new Map(), (value, self) => value.set(self, 'self'))],
    ['a Map, in an object as a key', () => circle(new Map(), (value, self) => value.set({ self }, self))],
    ['a Set', () => circle(new Set(), (value, self) => value.add(self).add([self]))],
    ['an error', () => circle(new Error('x'), (value, self) => Object.assign(value, { cause: self }))],
    [
      'a sparse array',
      () => circle(new Array(5) as unknown[], (value, self) => Object.assign(value, { 3: self, name: self })),
    ],
    [
      'an object without a prototype',
      () => circle(Object.create(null), (value, self) => Object.assign(value, { self })),
    ],
    [
      'an object with a property __proto__',
      () =>
        circle({}, (value, self) =>
          Object.defineProperty(value, '__proto__', {
            value: self,
            enumerable: true,
            configurable: true,
            writable: true,
          }),
        ),
    ],
    [
      'two objects',
      () => {
        const one = { other: {} as object }
        one.other = { one, both: [one, one.other] }
        return one
      },
    ],
    [
      'a long chain',
      () => {
        const first: Record<string, unknown> = {}
        let last = first
        for (let i = 0; i < 100; i++) {
          last['next'] = { i }
          last = last['next'] as typeof first
        }
        last['next'] = first
        return first
      },
    ],
  ])('a cycle through %s', (_, make) => {
    expectSame(make())
    expectSame({ inside: [make(), make()] })
  })

  function circle<T extends object>(value: T, close: (value: T, self: T) => unknown): T {
    close(value, value)
    return value
  }
})

describe('registered classes', () => {
  class Point {
    readonly x: number
    readonly y: unknown

    constructor(x: number, y: unknown) {
      this.x = x
      this.y = y
    }
  }
  class Tagged extends Point {}
  const point = defineType({
    tag: 'point',
    class: Point,
    encode: ({ x, y }) => [x, y] as const,
    decode: ([x, y]) => new Point(x, y),
  })
  const types = new ValueTypes([
    point,
    defineType({ tag: 'url', class: URL, encode: url => url.href, decode: href => new URL(href) }),
  ])

  test('come back as instances', () => {
    expectSame(new Point(-0, undefined), types)
    expect(roundTrip(new URL('http://127.0.0.1/a?b#c'), types).href).toBe('http://127.0.0.1/a?b#c')
  })

  test('nested, shared, and as keys', () => {
    const shared = new Point(1, new Date(1))
    expectSame([shared, shared, new Point(2, new Point(3, [shared]))], types)
    expectSame(
      new Map<unknown, unknown>([
        [shared, shared],
        [new Set([new Point(1, 2)]), new Error('x', { cause: shared })],
      ]),
      types,
    )
  })

  test('with bytes of any size', () => {
    expectSame(
      { a: new Point(1, new Float32Array(buffer(40_000))), b: new Point(1, new Float32Array(buffer(40))) },
      types,
    )
  })

  test('that contain themselves are refused, since they cannot be made before their contents', () => {
    const list: unknown[] = []
    list.push(new Point(1, list))
    const error = refusal(new Point(1, list), types)
    expect(error.message).toContain('an instance of Point that contains itself')
  })

  test('that hold a circle of their own are no trouble', () => {
    const list: unknown[] = [new Point(0, 0)]
    list.push(list)
    expectSame([list, new Point(1, list), new Point(2, [list])], types)
  })

  test('in a circle through an object around them are refused', () => {
    const outer: Record<string, unknown> = {}
    outer['point'] = new Point(1, outer)
    expect(refusal(outer, types).message).toContain('contains itself')
  })

  test('do not stand for their subclasses', () => {
    expect(refusal({ a: new Tagged(1, 2) }, types)).toMatchObject({ path: 'value.a' })
  })

  test('are unknown to a store without them, which is an error for the store to report', () => {
    const bytes = encoded(new Point(1, 2), types)
    expect(() => decoded(bytes)).toThrow('no type is registered for the tag "point"')
  })

  test('an error of their own encoder is passed on as it is', () => {
    const failing = new ValueTypes([
      defineType({
        tag: 'p',
        class: Point,
        encode: () => {
          throw new RangeError('mine')
        },
        decode: () => new Point(0, 0),
      }),
    ])
    expect(() => encoded([new Point(1, 2)], failing)).toThrow(new RangeError('mine'))
  })
})

describe('what is refused', () => {
  class Model {
    name = 'm'
  }
  class Registry extends Map {}
  class Stack extends Array {}
  class Failure extends Error {}
  class Bytes extends Uint8Array {}
  const detached = () => {
    const gone = buffer(8)
    structuredClone(gone, { transfer: [gone] })
    return gone
  }

  test.each<[string, unknown, string, string]>([
    ['a function', { model: { predict: () => 1 } }, 'value.model.predict', 'a function'],
    ['a class', [Model], 'value[0]', 'a function'],
    ['a symbol', [1, [Symbol('x')]], 'value[1][0]', 'a symbol'],
    ['a symbol as a property name', { a: { [Symbol('x')]: 1 } }, 'value.a', 'a symbol as a property name'],
    [
      'a symbol as a property name of an array',
      { a: Object.assign([1], { [Symbol('x')]: 1 }) },
      'value.a',
      'a symbol as a property name',
    ],
    ['a promise', { 'not awaited': Promise.resolve(1) }, 'value["not awaited"]', 'an instance of Promise'],
    ['a WeakMap', new Map([['cache', new WeakMap()]]), 'value.cache', 'an instance of WeakMap'],
    ['a WeakSet', [new WeakSet()], 'value[0]', 'an instance of WeakSet'],
    ['a WeakRef', { ref: new WeakRef({}) }, 'value.ref', 'an instance of WeakRef'],
    ['an instance of a class', { model: new Model() }, 'value.model', 'an instance of Model'],
    [
      'an instance with an inherited plain object',
      { a: Object.create({ b: 1 }) },
      'value.a',
      'an instance of',
    ],
    ['a subclass of Map', [new Registry()], 'value[0]', 'an instance of Registry'],
    ['a subclass of Array', [Stack.from([1])], 'value[0]', 'an instance of Stack'],
    ['a subclass of Error', { e: new Failure('x') }, 'value.e', 'an instance of Failure'],
    ['a subclass of a typed array', { e: new Bytes(3) }, 'value.e', 'an instance of Bytes'],
    [
      'a SharedArrayBuffer',
      { shared: new SharedArrayBuffer(8) },
      'value.shared',
      'an instance of SharedArrayBuffer',
    ],
    [
      'a view on shared memory',
      [new Uint8Array(new SharedArrayBuffer(8))],
      'value[0]',
      'a Uint8Array on shared memory',
    ],
    ['a boxed symbol', [Object(Symbol('x'))], 'value[0]', 'an instance of Symbol'],
    ['a detached buffer', { bytes: detached() }, 'value.bytes', 'a detached ArrayBuffer'],
    [
      'a view on a detached buffer',
      {
        bytes: (() => {
          const view = new Uint8Array(8)
          structuredClone(view.buffer, { transfer: [view.buffer] })
          return view
        })(),
      },
      'value.bytes',
      'a detached ArrayBuffer',
    ],
    ['a generator', [(function* () {})()], 'value[0]', 'an instance of'],
    ['a URL', { url: new URL('http://127.0.0.1') }, 'value.url', 'an instance of URL'],
    ['a function as a key of a Map', new Map([[() => 1, 1]]), 'value["key 0"]', 'a function'],
    ['a function in a Set', { set: new Set([1, () => 1]) }, 'value.set[1]', 'a function'],
    [
      'a function in the cause of an error',
      new Error('x', { cause: { retry() {} } }),
      'value.cause.retry',
      'a function',
    ],
    ['a function in a sparse array', Object.assign([, 1], { extra: () => 1 }), 'value.extra', 'a function'],
    ['a Map with properties', [Object.assign(new Map(), { extra: 1 })], 'value[0]', 'a Map with properties'],
    [
      'a Date with properties',
      [Object.assign(new Date(), { extra: 1 })],
      'value[0]',
      'a Date with properties',
    ],
    [
      'a subclass of Blob',
      { b: new (class Picture extends Blob {})([]) },
      'value.b',
      'an instance of Picture',
    ],
    [
      'a Blob with properties',
      [Object.assign(new Blob([]), { extra: 1 })],
      'value[0]',
      'a Blob with properties',
    ],
    [
      'a File with properties',
      [Object.assign(new File([], 'n'), { extra: 1 })],
      'value[0]',
      // In Bun a File is called a Blob.
      `a ${File.prototype.constructor.name} with properties`,
    ],
    [
      'a Number with properties',
      [Object.assign(Object(5), { unit: 'm' })],
      'value[0]',
      'a Number with properties',
    ],
    [
      'a String with properties',
      [Object.assign(Object('ab'), { unit: 'm' })],
      'value[0]',
      'a String with properties',
    ],
    [
      'a Map with a symbol as a property name',
      [Object.assign(new Map(), { [Symbol('s')]: 1 })],
      'value[0]',
      'a Map with properties',
    ],
    [
      'an error with a symbol as a property name',
      [Object.assign(new Error('no'), { [Symbol('s')]: 1 })],
      'value[0]',
      'an error with a symbol',
    ],
    ['a function by itself', () => 1, 'value', 'a function'],
  ])('%s', (_, value, path, what) => {
    const error = refusal(value)
    expect(error.path).toBe(path)
    expect(error.message).toContain(what)
    expect(error.message).toContain('./test')
    expect(error.code).toBe('unserializable')
  })

  test('a value nested too deeply to be stored is refused, not a crash', () => {
    const nested = (depth: number, wrap: (inner: unknown) => unknown) => {
      let value: unknown = 1
      for (let level = 0; level < depth; level++) value = wrap(value)
      return value
    }
    for (const wrap of [
      (inner: unknown) => [inner],
      (inner: unknown) => ({ inner }),
      (inner: unknown) => new Map([[[inner], inner]]),
      (inner: unknown) => new Set([inner]),
      (inner: unknown) => new Error('x', { cause: inner }),
      (inner: unknown) => [, inner],
    ]) {
      expect(refusal(nested(100_000, wrap)).message).toContain('nested more than 1000 levels deep')
      expectSame(nested(200, wrap))
    }
  }, 60_000)

  test('what is accepted, however deep, can be read from wherever it is stored', () => {
    for (const depth of [990, 998, 999, 1000, 1001, 2000]) {
      for (const leaf of [1, new Date(1)]) {
        let value: unknown = leaf
        for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { value }
        let bytes: Uint8Array
        try {
          bytes = encoded(value)
        } catch {
          continue
        }
        expect(() => decoded(bytes)).not.toThrow()
      }
    }
  })
})

describe('any value', () => {
  test('comes back equal in every respect', () => {
    fc.assert(
      fc.property(arbitraryGraph, value => {
        expect(difference(value, roundTrip(value))).toBeUndefined()
      }),
      { numRuns: 1500 },
    )
  })

  test('is stored as the same bytes each time', () => {
    fc.assert(
      fc.property(arbitraryGraph, value => {
        const [one, other] = [1, 2].map(() => Buffer.from(encoded(value)))
        expect(one?.equals(other as Buffer)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

describe('damaged and forged payloads', () => {
  const seeds = fc.sample(arbitraryGraph, { numRuns: 60, seed: 4 }).map(value => encoded(value))

  test('are an error at worst, and change nothing that all objects inherit', () => {
    const inherited = Reflect.ownKeys(Object.prototype)
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        (seed, changes, cut) => {
          const bytes = new Uint8Array(
            seed.subarray(0, cut % 3 === 0 ? cut % (seed.length + 1) : seed.length),
          )
          for (const [place, byte] of changes) if (bytes.length > 0) bytes[place % bytes.length] = byte
          try {
            decoded(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(Error)
          }
        },
      ),
      { numRuns: 20_000 },
    )
    expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited)
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  }, 60_000)

  test('segments of another length than is there are an error', () => {
    const bytes = encoded(new Uint8Array(2000))
    expect(() => decoded(bytes.subarray(0, -1))).toThrow('of another length')
    expect(() => decoded(Buffer.concat([bytes, Buffer.of(0)]))).toThrow('of another length')
  })

  test.each([
    ['nothing', []],
    ['an unknown encoding', [9, 1]],
    ['a message that ends early', [0, 0x92, 1]],
    ['something behind the message', [0, 1, 1]],
    ['a graph that is none', [1, 1]],
    ['a node that is not there', [1, 0x92, 0xd3, 0, 0, 0, 0, 0, 0, 0, 5, 0x90]],
    ['a negative node', [1, 0x92, 0xd3, 255, 255, 255, 255, 255, 255, 255, 255, 0x90]],
    ['a node of an unknown kind', [1, 0x92, 0xd3, 0, 0, 0, 0, 0, 0, 0, 0, 0x91, 0x91, 0x63]],
    ['a head that is cut off', [2, 0, 0, 0, 1]],
    ['a number of segments beyond everything', [2, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 1]],
  ])('%s is an error', (_, bytes) => {
    expect(() => decoded(Uint8Array.from(bytes))).toThrow(Error)
  })
})
