import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidKeyError, isCacheError, quote } from './errors.ts'
import { answersWithPromise, type KeyLike, memoryKey, persistentKey, toAddress } from './key.ts'

const memory = { tier: 'memory', version: undefined }
const persistent = { tier: 'persistent', version: undefined }

test.each([
  { key: 'table', address: { ...memory, name: 'table' } },
  { key: 'table@4', address: { ...memory, name: 'table', version: '4' } },
  { key: 'table@0', address: { ...memory, name: 'table', version: '0' } },
  { key: 'table@-2', address: { ...memory, name: 'table', version: '-2' } },
  { key: 'table@1.2 beta', address: { ...memory, name: 'table', version: '1.2 beta' } },
  { key: 't', address: { ...memory, name: 't' } },
  { key: '_table', address: { ...memory, name: '_table' } },
  { key: 'Ähre', address: { ...memory, name: 'Ähre' } },
  { key: '表', address: { ...memory, name: '表' } },
  { key: '𐐷', address: { ...memory, name: '𐐷' } },
  { key: 'a b.c:d#e\n', address: { ...memory, name: 'a b.c:d#e\n' } },
  { key: '__proto__', address: { ...memory, name: '__proto__' } },
  { key: './table', address: { ...persistent, name: './table' } },
  { key: './table@4', address: { ...persistent, name: './table', version: '4' } },
  { key: './table@0', address: { ...persistent, name: './table', version: '0' } },
  { key: 'a/b', address: { ...persistent, name: './a/b' } },
  { key: './a/b', address: { ...persistent, name: './a/b' } },
  { key: 'a/', address: { ...persistent, name: './a/' } },
  { key: './4', address: { ...persistent, name: './4' } },
  { key: './../x', address: { ...persistent, name: './../x' } },
  { key: { name: 'table' }, address: { ...memory, name: 'table' } },
  { key: { name: 'table', version: 4 }, address: { ...memory, name: 'table', version: '4' } },
  { key: { name: 'a/b' }, address: { ...persistent, name: './a/b' } },
  { key: { name: 'table', tier: 'persistent' }, address: { ...persistent, name: './table' } },
  { key: { name: './table', tier: 'persistent' }, address: { ...persistent, name: './table' } },
  { key: { name: './table', tier: 'memory' }, address: { ...memory, name: './table' } },
  { key: { name: '@scope/pkg' }, address: { ...persistent, name: './@scope/pkg' } },
  {
    key: { name: 'http://me@host/?a@b', version: '2/3@4' },
    address: { ...persistent, name: './http://me@host/?a@b', version: '2/3@4' },
  },
  { key: { name: '4', version: undefined }, address: { ...memory, name: '4' } },
  { key: { name: ' ' }, address: { ...memory, name: ' ' } },
  { key: memoryKey('table@4'), address: { ...memory, name: 'table', version: '4' } },
  { key: memoryKey('a/b'), address: { ...memory, name: 'a/b' } },
  { key: persistentKey('table@4'), address: { ...persistent, name: './table', version: '4' } },
  { key: persistentKey('./a/b'), address: { ...persistent, name: './a/b' } },
] as { key: KeyLike; address: object }[])('$key is taken apart', ({ key, address }) => {
  expect(toAddress(key)).toEqual(address)
  expect(toAddress(key)).toEqual(address)
})

test.each([
  { key: '', rule: 'its name is empty' },
  { key: '@4', rule: 'its name is empty' },
  { key: './', rule: 'its name is empty' },
  { key: './@4', rule: 'its name is empty' },
  { key: 'a@1@2', rule: 'it has more than one "@"' },
  { key: '@a@', rule: 'it has more than one "@"' },
  { key: 'table@', rule: 'its version is empty' },
  { key: './table@', rule: 'its version is empty' },
  { key: 'table@4/5', rule: 'its version has a "/"' },
  { key: '4table', rule: 'does not begin with a letter, "_" or "./"' },
  { key: '/table', rule: 'does not begin with a letter, "_" or "./"' },
  { key: '../table', rule: 'does not begin with a letter, "_" or "./"' },
  { key: '.table', rule: 'does not begin with a letter, "_" or "./"' },
  { key: '-table', rule: 'does not begin with a letter, "_" or "./"' },
  { key: ' table', rule: 'does not begin with a letter, "_" or "./"' },
  { key: '\uD801table', rule: 'does not begin with a letter, "_" or "./"' },
])('$key is refused: $rule', ({ key, rule }) => {
  expect(() => toAddress(key)).toThrow(InvalidKeyError)
  expect(() => toAddress(key)).toThrow(`${quote(key)} is not a valid key: `)
  expect(() => toAddress(key)).toThrow(rule)
})

test.each([
  { key: undefined, message: '"undefined" is not a valid key: a key is a text or an object with a name' },
  { key: null, message: '"null" is not a valid key' },
  { key: 4, message: '"4" is not a valid key' },
  { key: Symbol('a'), message: '"Symbol(a)" is not a valid key' },
  { key: ['a'], message: '"a list" is not a valid key' },
  { key: {}, message: '"an object without a name" is not a valid key' },
  { key: { name: 4 }, message: '"an object without a name" is not a valid key' },
  { key: { name: '' }, message: '"" is not a valid key: its name is empty' },
  { key: { name: 'a', tier: 'disk' }, message: 'its tier is "disk", not "memory" or "persistent"' },
  { key: { name: 'a', verison: 3 }, message: '"a" is not a valid key: it has the unknown part "verison"' },
  { key: { name: 'a', tier: null }, message: 'its tier is "null"' },
])('$key is no key', ({ key, message }) => {
  expect(() => toAddress(key as unknown as KeyLike)).toThrow(InvalidKeyError)
  expect(() => toAddress(key as unknown as KeyLike)).toThrow(message)
})

test.each([
  { version: '', message: 'The version of "a" is ""' },
  { version: Number.NaN, message: 'The version of "a" is NaN' },
  { version: null, message: 'The version of "a" is null' },
])('the version $version of an object key is refused', ({ version, message }) => {
  expect(() => toAddress({ name: 'a', version } as unknown as KeyLike)).toThrow(
    expect.objectContaining({ code: 'invalid-version' }),
  )
  expect(() => toAddress({ name: 'a', version } as unknown as KeyLike)).toThrow(message)
})

test('a long key is quoted in part', () => {
  expect(() => toAddress(`${'x'.repeat(1000)}@1@2`)).toThrow(`"${'x'.repeat(119)}…" is not a valid key`)
})

const texts = fc.oneof(
  fc.string({ maxLength: 8, unit: fc.constantFrom('a', '.', '/', '@', '4', '_', '-', 'ß') }),
  fc.string({ unit: 'binary' }),
)

test('any text is a key that stays itself, or is refused and quoted', () => {
  fc.assert(
    fc.property(texts, text => {
      try {
        const address = toAddress(text)
        const again = toAddress(address.version ? `${address.name}@${address.version}` : address.name)
        expect(again).toEqual(address)
        expect(address.tier).toBe(address.name.startsWith('./') ? 'persistent' : 'memory')
      } catch (error) {
        if (!isCacheError(error)) throw error
        expect(error).toBeInstanceOf(InvalidKeyError)
        expect(error.message).toContain(quote(text))
      }
    }),
    { numRuns: 3000 },
  )
})

test('any name is the name of an object key, and names differ where they did', () => {
  const name = fc.oneof(texts, fc.constantFrom('a/b', './a/b', '././a/b'))
  fc.assert(
    fc.property(name, name, (one, other) => {
      fc.pre(one !== '' && other !== '')
      const names = [one, other].map(text => toAddress({ name: text, tier: 'persistent' }).name)
      const canonical = [one, other].map(text => (text.startsWith('./') ? text : `./${text}`))
      expect(names).toEqual(canonical)
      expect(toAddress({ name: one, tier: 'memory' }).name).toBe(one)
    }),
  )
})

test('more different keys than are remembered are still taken apart', () => {
  for (let round = 0; round < 10_000; round++) expect(toAddress(`key${round}`).name).toBe(`key${round}`)
  expect(toAddress('key0')).toEqual({ ...memory, name: 'key0' })
})

describe('a typed key', () => {
  test('checks its text when it is made', () => {
    expect(() => memoryKey('4')).toThrow(InvalidKeyError)
    expect(() => memoryKey(7 as never)).toThrow('a memoryKey is made of a text')
    expect(() => persistentKey(undefined as never)).toThrow('a persistentKey is made of a text')
    expect(() => persistentKey('a@')).toThrow(InvalidKeyError)
  })

  test('cannot be changed', () => {
    expect(Object.isFrozen(memoryKey('a'))).toBe(true)
  })
})

test.each([
  { key: 'table', promise: false },
  { key: './table', promise: true },
  { key: '/', promise: true },
  { key: '4', promise: false },
  { key: { name: 'a/b' }, promise: true },
  { key: { name: 'a/b', tier: 'memory' }, promise: false },
  { key: { name: 'a', tier: 'persistent' }, promise: true },
  { key: { name: 4 }, promise: false },
  { key: null, promise: false },
  { key: undefined, promise: false },
])('calls with $key answer with a promise: $promise', ({ key, promise }) => {
  expect(answersWithPromise(key)).toBe(promise)
})
