import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { vectors, vectorTypes } from '../test/fingerprint.vectors.ts'
import { isCacheError } from './errors.ts'
import { fingerprint, sourceOf } from './fingerprint.ts'
import { className, isPlainObject } from './object-kind.ts'
import { PortableSha256, toHex } from './sha256.ts'
import { formatPath } from './value-path.ts'
import { defineType, ValueTypes } from './value-type.ts'

/** The canonical bytes, recorded in the place of a hash. */
function canonicalBytes(value: unknown): { bytes: string; updates: number[] } {
  const updates: number[] = []
  let bytes = ''
  const sha256 = () => ({
    update(part: Uint8Array) {
      updates.push(part.length)
      if (part.length < 10_000) bytes += toHex(part)
    },
    digest: () => new Uint8Array(),
  })
  fingerprint(value, { types: vectorTypes, sha256 })
  return { bytes, updates }
}

describe('the pinned vectors', () => {
  test.each(vectors)('$name', vector => {
    expect(fingerprint(vector.value, { types: vectorTypes })).toBe(vector.fingerprint)
    if (vector.bytes === undefined) return
    expect(canonicalBytes(vector.value).bytes).toBe(vector.bytes)
    const bytes = Uint8Array.from(vector.bytes.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
    expect(toHex(new PortableSha256().update(bytes).digest())).toBe(vector.fingerprint)
  })

  test('differ where the values do', () => {
    const equal = [
      ['an empty object', 'an object without prototype'],
      ['properties in order', 'properties in another order'],
      ['a Uint8Array', 'a part of a Uint8Array'],
      ['one object in two places', 'two equal objects'],
    ]
    expect(new Set(vectors.map(vector => vector.fingerprint)).size).toBe(vectors.length - equal.length)
    const found = (name: string | undefined) => vectors.find(vector => vector.name === name)?.fingerprint
    for (const [one, other] of equal) expect(found(one)).toBe(found(other))
  })
})

const keyArbitrary = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toJSON', '0', 'a'))
const leaves = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, 0, -0, Number.NaN, '', '1', 1, 1n),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.bigInt(),
  fc.date(),
  fc.uint8Array(),
  fc.float32Array(),
)
const plainData = fc.letrec<{ value: unknown; object: object }>(tie => ({
  value: fc.oneof({ depthSize: 'small' }, leaves, tie('object'), fc.array(tie('value'))),
  object: fc.array(fc.tuple(keyArbitrary, tie('value'))).map(objectOf),
}))

// Not fromEntries: the order of what is drawn has to be the order of the properties.
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const object = {}
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null || !isPlainObject(value)) return value
  return objectOf(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)] as const),
  )
}

describe('what counts', () => {
  test('the order of properties does not, at any depth', () => {
    fc.assert(
      fc.property(plainData.value, value => {
        expect(fingerprint(reversed(value))).toBe(fingerprint(value))
      }),
    )
  })

  test('a copy has the same', () => {
    fc.assert(
      fc.property(plainData.value, value => {
        expect(fingerprint(structuredClone(value))).toBe(fingerprint(value))
      }),
    )
  })

  test('two values have one fingerprint only if they are equal', () => {
    fc.assert(
      fc.property(plainData.value, plainData.value, (one, other) => {
        expect(fingerprint(one) === fingerprint(other)).toBe(isEqual(one, other))
      }),
    )
  })

  test('one edit always does', () => {
    const paths = fc.tuple(plainData.object, fc.array(fc.nat(), { maxLength: 4 }), leaves)
    fc.assert(
      fc.property(paths, ([object, path, leaf]) => {
        const edited = structuredClone(object)
        if (!edit(edited, path, leaf)) return
        expect(fingerprint(edited)).not.toBe(fingerprint(object))
      }),
    )
  })

  test('whether equal parts are one object or two does not', () => {
    fc.assert(
      fc.property(plainData.value, part => {
        expect(fingerprint([part, { part }])).toBe(fingerprint([part, { part: structuredClone(part) }]))
      }),
    )
  })

  test('which bytes an array of more than the buffer holds does', () => {
    const one = new Uint8Array(100_000)
    const other = new Uint8Array(100_000)
    other[99_999] = 1
    expect(fingerprint(one)).not.toBe(fingerprint(other))
  })

  test('a subclass of a typed array counts as the typed array', () => {
    class Pixels extends Uint8Array {}
    expect(fingerprint(new Pixels([1, 2]))).toBe(fingerprint(new Uint8Array([1, 2])))
  })

  test('a property that is not enumerable does not', () => {
    expect(fingerprint(Object.defineProperty({}, 'hidden', { value: 1 }))).toBe(fingerprint({}))
  })
})

function isEqual(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) {
    return Object.is(one, other)
  }
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false
  if (one instanceof Date) return Object.is(one.getTime(), (other as Date).getTime())
  if (ArrayBuffer.isView(one)) return String(bytesOf(one)) === String(bytesOf(other as ArrayBufferView))
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every(key => Object.hasOwn(other, key) && isEqual(property(one, key), property(other, key)))
  )
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function property(object: object, key: string): unknown {
  return (object as Record<string, unknown>)[key]
}

/** Puts `leaf` at a place in `object`; answers whether that changed anything. */
function edit(object: object, [step = 0, ...rest]: number[], leaf: unknown): boolean {
  const keys = Object.keys(object)
  const key = keys[step % keys.length]
  if (key === undefined || ArrayBuffer.isView(object)) return false
  const part = property(object, key)
  if (rest.length > 0 && typeof part === 'object' && part !== null) return edit(part, rest, leaf)
  if (isEqual(part, leaf)) return false
  Object.defineProperty(object, key, { value: leaf, enumerable: true })
  return true
}

describe('cycles', () => {
  test('terminate, whatever they go through', () => {
    const map = new Map<unknown, unknown>()
    map.set(map, new Set([map]))
    expect(fingerprint(map)).toMatch(/^[0-9a-f]{64}$/)
  })

  test('of different lengths differ', () => {
    const one: { next?: object } = {}
    one.next = one
    const two: { next?: object } = { next: {} }
    ;(two.next as { next?: object }).next = two
    expect(fingerprint(one)).not.toBe(fingerprint(two))
  })

  test('that lead to different places differ', () => {
    const toTop: Record<string, unknown> = { a: { b: {} } }
    ;(toTop['a'] as { b: Record<string, unknown> }).b['c'] = toTop
    const toMiddle: Record<string, unknown> = { a: { b: {} } }
    ;(toMiddle['a'] as { b: Record<string, unknown> }).b['c'] = toMiddle['a']
    expect(fingerprint(toTop)).not.toBe(fingerprint(toMiddle))
  })
})

class Secret {
  readonly value = 1
}

class Rows extends Array<number> {
  readonly title = 'rows'
}

const refusals: { what: string; value: unknown; path: string; named: string }[] = [
  { what: 'a function', value: () => 1, path: 'hashVal', named: 'a function' },
  { what: 'a symbol', value: Symbol('a'), path: 'hashVal', named: 'a symbol' },
  {
    what: 'a function inside',
    value: { options: { onDone() {} } },
    path: 'hashVal.options.onDone',
    named: 'a function',
  },
  {
    what: 'a symbol in an array',
    value: { list: [1, [Symbol.iterator]] },
    path: 'hashVal.list[1][0]',
    named: 'a symbol',
  },
  {
    what: 'a promise',
    value: { 'a b': Promise.resolve() },
    path: 'hashVal["a b"]',
    named: 'an instance of Promise',
  },
  {
    what: 'a weak map',
    value: [new WeakMap()],
    path: 'hashVal[0]',
    named: 'an instance of WeakMap',
  },
  { what: 'a weak set', value: new WeakSet(), path: 'hashVal', named: 'an instance of WeakSet' },
  {
    what: 'a weak reference',
    value: new WeakRef({}),
    path: 'hashVal',
    named: 'an instance of WeakRef',
  },
  {
    what: 'an instance in a map',
    value: new Map([['a', new Secret()]]),
    path: 'hashVal["value 0"]',
    named: 'an instance of Secret',
  },
  {
    what: 'an instance as a key of a map',
    value: new Map([[new Secret(), 1]]),
    path: 'hashVal["key 0"]',
    named: 'an instance of Secret',
  },
  {
    what: 'an instance in a set',
    value: new Set([1, new Secret()]),
    path: 'hashVal[1]',
    named: 'an instance of Secret',
  },
  { what: 'an error', value: new Error('no'), path: 'hashVal', named: 'an instance of Error' },
  { what: 'a boxed number', value: Object(1), path: 'hashVal', named: 'an instance of Number' },
  { what: 'a subclass of Array', value: new Rows(), path: 'hashVal', named: 'an instance of Rows' },
  {
    what: 'a subclass of Map',
    value: new (class Index extends Map {})(),
    path: 'hashVal',
    named: 'an instance of Index',
  },
  {
    what: 'an object that inherits from another',
    value: Object.create({ a: 1 }),
    path: 'hashVal',
    named: 'an instance of Object',
  },
  {
    what: 'what only looks like a date',
    value: Object.create(Date.prototype),
    path: 'hashVal',
    named: 'an instance of Date',
  },
  {
    what: 'a symbol as a property name',
    value: { a: { [Symbol('b')]: 1 } },
    path: 'hashVal.a',
    named: 'a symbol as a property name',
  },
]

describe('what has no fingerprint is refused with its path', () => {
  test.each(refusals)('$what', ({ value, path, named }) => {
    const attempt = () => fingerprint(value, { root: 'hashVal' })
    expect(attempt).toThrow(expect.objectContaining({ code: 'unfingerprintable', path }))
    expect(attempt).toThrow(named)
  })

  test('the path is that of the value without a root', () => {
    expect(() => fingerprint([() => 1])).toThrow('value[0] is a function')
  })

  test.each([
    { levels: 1000, refused: false },
    { levels: 1001, refused: true },
  ])('$levels levels: $refused', ({ levels, refused }) => {
    let value: unknown = 1
    for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { next: value }
    const attempt = () => fingerprint(value)
    if (refused) expect(attempt).toThrow('nested more than 1000 levels deep')
    else expect(attempt).not.toThrow()
  })

  test('a structure that would take forever', () => {
    let value: unknown = { end: true }
    for (let level = 0; level < 60; level++) value = [value, value]
    expect(() => fingerprint(value)).toThrow('used in too many places')
  }, 30_000)
})

test('sharing in a large array is no reason to refuse', () => {
  const kind = { kind: 'shared' }
  expect(fingerprint(Array.from({ length: 100_000 }, () => kind))).toMatch(/^[0-9a-f]{64}$/)
})

test('a sparse array takes as long as it has elements', () => {
  const array: unknown[] = []
  array[4_000_000_000] = 'far'
  expect(canonicalBytes(array).bytes.length).toBeLessThan(100)
})

test('many bytes reach the hash in pieces', () => {
  const { updates } = canonicalBytes(new Uint8Array(2 ** 24 + 5))
  expect(updates.slice(-2)).toEqual([2 ** 24, 5])
})

describe('registered classes', () => {
  const secretType = defineType({
    tag: 'secret',
    class: Secret,
    encode: ({ value }) => value,
    decode: () => new Secret(),
  })
  const types = new ValueTypes([secretType])

  test('count by tag and encoded form', () => {
    expect(fingerprint(new Secret(), { types })).toBe(fingerprint(new Secret(), { types }))
    const renamed = new ValueTypes([{ ...secretType, tag: 'other' }])
    expect(fingerprint(new Secret(), { types: renamed })).not.toBe(fingerprint(new Secret(), { types }))
    const otherwise = new ValueTypes([{ ...secretType, encode: () => 2 }])
    expect(fingerprint(new Secret(), { types: otherwise })).not.toBe(fingerprint(new Secret(), { types }))
  })

  test('are recognised by their exact class', () => {
    class Deeper extends Secret {}
    expect(() => fingerprint(new Deeper(), { types })).toThrow('an instance of Deeper')
  })

  test('may replace what is built in', () => {
    const dates = new ValueTypes([
      defineType({ tag: 'day', class: Date, encode: date => date.getUTCDay(), decode: () => new Date() }),
    ])
    expect(fingerprint(new Date(0), { types: dates })).toBe(fingerprint(new Date(1), { types: dates }))
  })
})

test('what is replaced by itself is refused: all of its kind would have one fingerprint', () => {
  const types = new ValueTypes([
    defineType({ tag: 'self', class: Secret, encode: secret => secret, decode: secret => secret }),
  ])
  expect(() => fingerprint([new Secret()], { types })).toThrow(
    'value[0] is an instance of Secret that is to be',
  )
  const standIn = (value: unknown) => value
  expect(() => fingerprint({ a: new Error('no') }, { standIn })).toThrow(
    'value.a is an instance of Error that',
  )
  expect(() => fingerprint(() => 1, { standIn })).toThrow('value is a function that')
})

describe('sourceOf', () => {
  test('is the text of a function, so that a changed function has another fingerprint', () => {
    const text = sourceOf((a: number) => a + 1)
    expect(text).toContain('a + 1')
    expect(text).not.toBe(sourceOf((a: number) => a + 2))
  })

  test('refuses what is no function', () => {
    expect(() => sourceOf('a' as never)).toThrow('sourceOf() got no function')
  })

  test.each([
    { what: 'native', fn: Math.max, name: 'max' },
    { what: 'bound', fn: (() => 1).bind(null), name: 'bound ' },
  ])('refuses a $what function', ({ fn, name }) => {
    let error: unknown
    try {
      sourceOf(fn)
    } catch (thrown) {
      error = thrown
    }
    expect(isCacheError(error, 'invalid-option')).toBe(true)
    expect(String(error)).toContain(`sourceOf(${name}`)
  })
})

test.each([
  { path: [], text: 'value' },
  { path: ['a', 0, 'b c', 'ü', '$'], text: 'value.a[0]["b c"].ü.$' },
  { path: ['0', ''], text: 'value["0"][""]' },
  { path: Array(41).fill(1), text: `value${'[1]'.repeat(40)}…` },
])('the path $path is written $text', ({ path, text }) => {
  expect(formatPath('value', path)).toBe(text)
})

test.each([
  { value: new Secret(), name: 'Secret' },
  { value: Object.create(null), name: 'an unnamed class' },
  { value: new (class {})(), name: 'an unnamed class' },
  { value: { constructor: 'text' }, name: 'an unnamed class' },
])('the class of $value is called $name', ({ value, name }) => {
  expect(className(value)).toBe(name)
})
