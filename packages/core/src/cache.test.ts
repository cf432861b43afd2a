import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Cache } from './cache.ts'
import { isCacheError } from './errors.ts'
import type { CacheOptions } from './internals.ts'
import type { KeyLike } from './key.ts'
import type { EntryOptions, GenerateOptions } from './request.ts'
import { appSessionId, overrideAppSessionId } from './session.ts'
import { PortableSha256 } from './sha256.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { defineType } from './value-type.ts'

const session = appSessionId()

beforeEach(() => overrideAppSessionId('s1'))
afterEach(() => overrideAppSessionId(session))

function newCache(options: CacheOptions = {}): Cache {
  return new Cache({ store: new MemoryReferenceStore(), ...options })
}

const tiers = [
  { tier: 'memory', key: 'table', name: 'table', otherKey: 'chair', defaultVersion: 0 },
  { tier: 'persistent', key: './table', name: './table', otherKey: './chair', defaultVersion: 1 },
]

interface Case {
  stored: EntryOptions
  asked: EntryOptions
  found: boolean
}

const cases: Case[] = [
  { stored: {}, asked: {}, found: true },
  { stored: { version: 4 }, asked: { version: 4 }, found: true },
  { stored: { version: 4 }, asked: { version: '4' }, found: true },
  { stored: { version: 4 }, asked: { version: 5 }, found: false },
  { stored: { version: 4 }, asked: {}, found: false },
  { stored: {}, asked: { version: 4 }, found: false },
  { stored: { version: undefined } as unknown as EntryOptions, asked: {}, found: true },
  { stored: { version: -2 }, asked: { version: -2 }, found: true },
  { stored: { version: -2 }, asked: { version: 2 }, found: false },
  { stored: { hashVal: { a: 1, b: 2 } }, asked: { hashVal: { b: 2, a: 1 } }, found: true },
  { stored: { hashVal: 1 }, asked: { hashVal: '1' }, found: false },
  { stored: { hashVal: undefined }, asked: {}, found: true },
  { stored: { hashVal: null }, asked: { hashVal: null }, found: true },
  { stored: { hashVal: null }, asked: {}, found: false },
  { stored: {}, asked: { hashVal: null }, found: false },
  { stored: { hashVal: 0 }, asked: {}, found: false },
  { stored: { version: 4, hashVal: 1 }, asked: { version: 4, hashVal: 1 }, found: true },
  { stored: { version: 4, hashVal: 1 }, asked: { version: 5, hashVal: 1 }, found: false },
  { stored: { version: -2, hashVal: 1 }, asked: { version: -2, hashVal: 2 }, found: false },
  { stored: { params: [1] }, asked: {}, found: true },
  { stored: { params: [1] }, asked: { params: [2] }, found: true },
  { stored: { params: [1] }, asked: { params: [2], hashParams: false }, found: true },
  { stored: { params: [1] }, asked: { params: [1], hashParams: true }, found: true },
  { stored: { params: [1] }, asked: { params: [2], hashParams: true }, found: false },
  { stored: { params: { a: 1 } }, asked: { params: { a: 1 }, hashParams: true }, found: true },
  { stored: { params: null }, asked: { params: null, hashParams: true }, found: true },
  { stored: { params: null }, asked: { params: [], hashParams: true }, found: false },
  { stored: {}, asked: { params: [1], hashParams: true }, found: false },
  { stored: { hashParams: true }, asked: { params: [], hashParams: true }, found: true },
  { stored: { params: [1], hashParams: false }, asked: { params: [1], hashParams: true }, found: false },
  { stored: { params: () => 1, hashParams: false }, asked: { params: () => 2 }, found: true },
]

describe.each(tiers)('in the $tier tier', ({ key, name, otherKey, defaultVersion }) => {
  test.each(cases)('what was set with $stored is found with $asked: $found', async row => {
    const cache = newCache()
    await cache.set(key, 'value', row.stored)
    expect(await cache.has(key, row.asked)).toBe(row.found)
    expect(await cache.get(key, row.asked)).toBe(row.found ? 'value' : undefined)
    expect(await cache.get(key, { ...row.asked, default: 'default' })).toBe(row.found ? 'value' : 'default')
    if (row.found) expect(await cache.getOrThrow(key, row.asked)).toBe('value')
    else {
      await expect(async () => cache.getOrThrow(key, row.asked)).rejects.toMatchObject({
        code: 'missing-entry',
      })
    }
    const generate = vi.fn(() => 'generated')
    expect(await cache.cache(key, row.asked, generate)).toBe(row.found ? 'value' : 'generated')
    expect(generate).toHaveBeenCalledTimes(row.found ? 0 : 1)
  })

  test('the default version is that of the tier', async () => {
    const cache = newCache()
    await cache.set(key, 'value', { version: defaultVersion })
    expect(await cache.has(key)).toBe(true)
    await cache.set(key, 'value', { version: 1 - defaultVersion })
    expect(await cache.has(key)).toBe(false)
  })

  test('the version of the key wins over the option', async () => {
    const cache = newCache()
    await cache.set(`${key}@4`, 'four', { version: 5 })
    expect(await cache.get(key, { version: 4 })).toBe('four')
    expect(await cache.get(`${key}@4`, { version: 6 })).toBe('four')
    expect(await cache.get(key, { version: 5 })).toBeUndefined()
    expect(await cache.cache(`${key}@4`, { version: 7 }, () => 'new')).toBe('four')
    expect(await cache.get({ name: key, version: 4 }, { version: 5 })).toBe('four')
  })

  test('a hashVal counts beside the version of the key', async () => {
    const cache = newCache()
    await cache.cache(`${key}@4`, { hashVal: 'one' }, () => 1)
    expect(await cache.cache(`${key}@4`, { hashVal: 'one' }, () => 2)).toBe(1)
    expect(await cache.cache(`${key}@4`, { hashVal: 'two' }, () => 3)).toBe(3)
    expect(await cache.get(`${key}@4`)).toBeUndefined()
  })

  test('a generator receives exactly the given arguments, the first time only', async () => {
    const cache = newCache()
    const generate = vi.fn((...args: unknown[]) => args.length)
    expect(await cache.cache(key, generate, 'input.csv', undefined, { depth: 2 })).toBe(3)
    expect(await cache.cache(key, generate, 'other.csv')).toBe(3)
    expect(await cache.cache(otherKey, undefined as unknown as GenerateOptions, generate)).toBe(0)
    expect(generate.mock.calls).toEqual([['input.csv', undefined, { depth: 2 }], []])
  })

  test('arguments do not count unless they are hashed', async () => {
    const cache = newCache()
    const generate = vi.fn((size: number) => size)
    const hashed = { hashParams: true }
    expect(await cache.cache(key, generate, 1)).toBe(1)
    expect(await cache.cache(key, generate, 2)).toBe(1)
    expect(await cache.cache(key, hashed, generate, 3)).toBe(3)
    expect(await cache.cache(key, hashed, generate, 3)).toBe(3)
    expect(await cache.cache(key, hashed, generate, 4)).toBe(4)
    expect(await cache.get(key, { ...hashed, params: [4] })).toBe(4)
    expect(await cache.has(key, { ...hashed, params: [5] })).toBe(false)
    expect(await cache.cache(key, generate, 6)).toBe(4)
    expect(generate).toHaveBeenCalledTimes(3)
  })

  test('params stand in for arguments that have no fingerprint', async () => {
    const cache = newCache()
    const generate = vi.fn((progress: (done: number) => void, size: number) => {
      progress(1)
      return size
    })
    const options = (size: number) => ({ hashParams: true, params: { size } })
    await cache.cache(key, options(1), generate, () => {}, 1)
    await cache.cache(key, options(1), generate, () => {}, 1)
    expect(generate).toHaveBeenCalledTimes(1)
    await cache.cache(key, options(2), generate, () => {}, 2)
    expect(generate).toHaveBeenCalledTimes(2)
    await expect(async () =>
      cache.cache(key, { hashParams: true }, generate, () => {}, 1),
    ).rejects.toMatchObject({ code: 'unfingerprintable', path: 'params[0]' })
  })

  test.each([null, 0, '', false, Number.NaN])('%j is a value', async value => {
    const cache = newCache()
    const generate = vi.fn(() => value)
    expect(await cache.cache(key, generate)).toBe(value)
    expect(await cache.cache(key, generate)).toBe(value)
    expect(generate).toHaveBeenCalledTimes(1)
    expect(await cache.get(key, { default: 'default' })).toBe(value)
    expect(await cache.getOrThrow(key)).toBe(value)
    expect(await cache.has(key)).toBe(true)
    await cache.set(otherKey, value)
    expect(await cache.get(otherKey, { default: 'default' })).toBe(value)
  })

  test('undefined means absent and is never stored', async () => {
    const cache = newCache()
    const generate = vi.fn(() => undefined)
    expect(await cache.cache(key, generate)).toBeUndefined()
    expect(await cache.cache(key, generate)).toBeUndefined()
    expect(generate).toHaveBeenCalledTimes(2)
    expect(await cache.has(key)).toBe(false)
    expect(cache.stats().stored).toBe(0)
    await cache.set(key, 'earlier')
    await expect(async () => cache.set(key, undefined)).rejects.toMatchObject({ code: 'invalid-value' })
    await expect(async () => cache.set(key, undefined)).rejects.toThrow(`undefined under "${name}"`)
    expect(await cache.get(key)).toBe('earlier')
  })

  test('an undefined result leaves an earlier entry of another version', async () => {
    const cache = newCache()
    await cache.set(key, 'earlier', { version: 1 })
    await cache.cache(key, { version: 2 }, () => undefined)
    expect(await cache.get(key, { version: 1 })).toBe('earlier')
  })

  test('one name holds one entry, of the version that was stored last', async () => {
    const cache = newCache()
    await cache.set(`${key}@1`, 'one')
    await cache.set(`${key}@2`, 'two')
    expect(await cache.get(`${key}@1`)).toBeUndefined()
    expect(await cache.get(`${key}@2`)).toBe('two')
  })

  test('delete ignores the version and tells whether something was there', async () => {
    const cache = newCache()
    expect(await cache.delete(key)).toBe(false)
    await cache.set(`${key}@4`, 'value')
    expect(await cache.delete(`${key}@5`)).toBe(true)
    expect(await cache.has(`${key}@4`)).toBe(false)
    expect(await cache.delete(key)).toBe(false)
  })

  test('delete leaves other entries', async () => {
    const cache = newCache()
    await cache.set(key, 1)
    await cache.set(otherKey, 2)
    await cache.delete(key)
    expect(await cache.get(otherKey)).toBe(2)
  })

  test.each([
    { stored: undefined, options: {}, why: 'nothing is stored under this name' },
    { stored: { version: 1 }, options: { version: 2 }, why: 'what is stored has another version' },
    {
      stored: { params: 1 },
      options: { params: 2, hashParams: true },
      why: 'what is stored was made from other params',
    },
  ])('getOrThrow says why: $why', async ({ stored, options, why }) => {
    const cache = newCache()
    if (stored) await cache.set(key, 'value', stored)
    const attempt = async () => cache.getOrThrow(key, options)
    await expect(attempt).rejects.toThrow(`There is no valid entry "${name}": ${why}`)
  })

  test('the version of the cache can be a text', async () => {
    const cache = newCache({ version: '5.0' })
    await cache.set(key, 'value')
    expect(await cache.get(key)).toBe('value')
    expect(cache.version).toBe('5.0')
  })

  test('a new session ends what has version 0, and nothing else', async () => {
    const cache = newCache()
    await cache.set(key, 'session', { version: 0 })
    await cache.set(otherKey, 'lasting', { version: 1 })
    overrideAppSessionId('s2')
    expect(await cache.get(key, { version: 0 })).toBeUndefined()
    expect(await cache.get(otherKey, { version: 1 })).toBe('lasting')
    overrideAppSessionId('s1')
    expect(await cache.get(key, { version: 0 })).toBe('session')
  })

  test('the session is read at every call', async () => {
    const cache = newCache()
    const generate = vi.fn(() => appSessionId())
    expect(await cache.cache(key, { version: 0 }, generate)).toBe('s1')
    overrideAppSessionId('s2')
    expect(await cache.cache(key, { version: 0 }, generate)).toBe('s2')
    expect(await cache.cache(key, { version: 0 }, generate)).toBe('s2')
    expect(generate).toHaveBeenCalledTimes(2)
  })

  test('registered classes count in hashVal and params', async () => {
    class Point {
      readonly x: number
      constructor(x: number) {
        this.x = x
      }
    }
    const types = [
      defineType({ tag: 'point', class: Point, encode: ({ x }) => x, decode: x => new Point(x) }),
    ]
    const cache = newCache({ types })
    await cache.set(key, 'value', { hashVal: new Point(1), params: new Point(2) })
    expect(await cache.has(key, { hashVal: new Point(1), params: new Point(2), hashParams: true })).toBe(true)
    expect(await cache.has(key, { hashVal: new Point(2) })).toBe(false)
    await expect(async () => newCache().has(key, { hashVal: new Point(1) })).rejects.toMatchObject({
      path: 'hashVal',
    })
  })

  test.each([
    { options: { versoin: 4 }, message: 'has no option "versoin". It has: version, hashVal' },
    { options: { default: 1 }, message: 'has no option "default"' },
    { options: { tll: '1d' }, message: 'has no option "tll"' },
    { options: null, message: 'takes its options as an object' },
    { options: 4, message: 'takes its options as an object' },
    { options: { version: '' }, message: 'The option version is ""' },
    { options: { version: Number.NaN }, message: 'The option version is NaN' },
    { options: { version: null }, message: 'The option version is null' },
    { options: { ttl: null }, message: 'The option ttl is "null": it is a value, or left out' },
    { options: { hashParams: null }, message: 'The option hashParams is "null"' },
    {
      options: { hashParams: 'yes' },
      message: 'The option hashParams is "yes": it is a value of type boolean, or left out',
    },
    { options: { hashVal: { on: [() => 1] } }, message: 'hashVal.on[0] is a function' },
    { options: { hashParams: true, params: Symbol('a') }, message: 'params is a symbol' },
  ])('impossible options are refused by every verb: $message', async ({ options, message }) => {
    const cache = newCache()
    const wrong = options as unknown as EntryOptions
    const attempts = [
      async () => cache.getOrThrow(key, wrong),
      async () => cache.has(key, wrong),
      async () => cache.set(key, 'value', wrong),
      async () => cache.cache(key, wrong, () => 'value'),
    ]
    if (!message.includes('"default"')) attempts.push(async () => cache.get(key, wrong))
    for (const attempt of attempts) {
      await expect(attempt).rejects.toThrow(message)
      await expect(attempt).rejects.toSatisfy(isCacheError)
    }
    expect(await cache.has(key)).toBe(false)
  })

  test('maxWait has to be a duration, also where nobody waits', async () => {
    const cache = newCache()
    await cache.set(key, 1)
    const wrong = { maxWait: 'soon' } as unknown as GenerateOptions
    await expect(async () => cache.cache(key, wrong, () => 1)).rejects.toThrow('maxWait is "soon"')
  })

  test('a call without a generator is refused', async () => {
    const cache = newCache()
    const call = cache.cache.bind(cache) as unknown as (...args: unknown[]) => unknown
    await expect(async () => call(key)).rejects.toThrow('cache() got no function')
    await expect(async () => call(key, {})).rejects.toThrow('cache() got no function')
    await expect(async () => call(key, {}, 'x')).rejects.toThrow('cache() got no function')
    await expect(async () => call(key, 'x', () => 1)).rejects.toThrow(
      'cache() takes its options as an object, not "x"',
    )
  })

  test('options survive libraries that extend the prototype of all objects', async () => {
    const prototype = Object.prototype as { extension?: number }
    prototype.extension = 1
    try {
      const cache = newCache()
      await cache.set(key, 'value', { version: 4 })
      expect(await cache.get(key, { version: 4 })).toBe('value')
    } finally {
      delete prototype.extension
    }
  })

  test('names that objects inherit are names like any other', async () => {
    const cache = newCache()
    const prefix = key.startsWith('./') ? './' : ''
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(await cache.has(prefix + name)).toBe(false)
      await cache.set(prefix + name, name)
      expect(await cache.get(prefix + name)).toBe(name)
    }
    expect(Object.prototype.toString.call({})).toBe('[object Object]')
  })
})

describe('the version of the cache', () => {
  const store = () => new MemoryReferenceStore()

  test('ends all entries but those with a negative version', async () => {
    const shared = store()
    const before = new Cache({ version: 1, store: shared })
    await before.set('./a', 'a')
    await before.set('./b', 'b', { version: 0 })
    await before.set('./c', 'c', { version: -1 })
    const after = new Cache({ version: 2, store: shared })
    expect([await after.has('./a'), await after.has('./b', { version: 0 })]).toEqual([false, false])
    expect(await after.get('./c', { version: -1 })).toBe('c')
    expect(await before.get('./a')).toBe('a')
  })

  test('is 1 by default', async () => {
    const shared = store()
    await new Cache({ store: shared }).set('./a', 'a')
    expect(new Cache().version).toBe(1)
    expect(await new Cache({ version: 1, store: shared }).get('./a')).toBe('a')
  })

  test.each(['', Number.NaN, null, {}])('cannot be %j', version => {
    expect(() => new Cache({ version: version as string })).toThrow("The cache's version is ")
  })
})

describe('keys', () => {
  test('a/b and ./a/b are one name', async () => {
    const cache = newCache()
    await cache.set('a/b', 'value')
    expect(await cache.get('./a/b')).toBe('value')
    expect(await cache.delete('./a/b')).toBe(true)
  })

  test('memory and persistent keys live in one cache beside each other', async () => {
    const cache = newCache()
    cache.set('table', 'memory')
    await cache.set('./table', 'persistent')
    expect(cache.get('table')).toBe('memory')
    expect(await cache.get('./table')).toBe('persistent')
    expect(cache.delete('table')).toBe(true)
    expect(await cache.has('./table')).toBe(true)
  })

  test('a tier of its own overrules the name', async () => {
    const cache = newCache()
    cache.set({ name: './table', tier: 'memory' }, 'memory')
    await cache.set({ name: 'table', tier: 'persistent' }, 'persistent')
    expect(cache.get({ name: './table', tier: 'memory' })).toBe('memory')
    expect(await cache.get('./table')).toBe('persistent')
    expect(cache.get('table')).toBeUndefined()
  })

  test('a name that no text key can write', async () => {
    const cache = newCache()
    const url = { name: 'https://me@localhost/?q=@', version: 3 }
    await cache.set(url, 'page')
    expect(await cache.get(url)).toBe('page')
    expect(await cache.get({ ...url, version: 4 })).toBeUndefined()
  })
})

const verbs: { verb: string; call: (cache: Cache, key: KeyLike) => unknown }[] = [
  { verb: 'get', call: (cache, key) => cache.get(key) },
  { verb: 'getOrThrow', call: (cache, key) => cache.getOrThrow(key) },
  { verb: 'has', call: (cache, key) => cache.has(key) },
  { verb: 'set', call: (cache, key) => cache.set(key, 1) },
  { verb: 'delete', call: (cache, key) => cache.delete(key) },
  { verb: 'cache', call: (cache, key) => cache.cache(key, () => 1) },
  { verb: 'cache with an async generator', call: (cache, key) => cache.cache(key, async () => 1) },
]

describe.each(verbs)('$verb', ({ call }) => {
  test.each(['', '4', 'a@', 'a@1@2'])('throws for the memory key %j', key => {
    expect(() => call(newCache(), key)).toThrow(expect.objectContaining({ code: 'invalid-key' }))
  })

  test.each(['/', './', '../a', 'a@4/5', { name: 'a/b', version: '' }])(
    'rejects for the persistent key %j',
    async key => {
      const answer = call(newCache(), key)
      expect(answer).toBeInstanceOf(Promise)
      await expect(answer).rejects.toSatisfy(isCacheError)
    },
  )

  test.each([undefined, null, 4, {}])('throws for %j', key => {
    expect(() => call(newCache(), key as unknown as KeyLike)).toThrow(
      expect.objectContaining({ code: 'invalid-key' }),
    )
  })

  test('without a store refuses a persistent key and names the package to add', async () => {
    const answer = call(new Cache(), './table')
    expect(answer).toBeInstanceOf(Promise)
    await expect(answer).rejects.toMatchObject({
      code: 'no-store',
      message: expect.stringContaining('"@stagcache/disk"'),
    })
    await expect(call(new Cache(), { name: 'table', tier: 'persistent' })).rejects.toMatchObject({
      code: 'no-store',
    })
  })

  test('without a store serves a memory key', () => {
    const cache = new Cache()
    cache.set('table', 1)
    expect(() => call(cache, 'table')).not.toThrow()
  })
})

test.each([
  { giver: 'options', optionsOf: (runtime: object) => runtime },
  {
    giver: 'store',
    optionsOf: (runtime: object) => ({ store: Object.assign(new MemoryReferenceStore(), { runtime }) }),
  },
])('a SHA-256 that comes with the $giver makes all fingerprints', ({ optionsOf }) => {
  const sha256 = vi.fn(() => new PortableSha256())
  const cache = new Cache(optionsOf({ sha256 }))
  cache.set('a', 1, { hashVal: 1 })
  expect(sha256).toHaveBeenCalledTimes(1)
  cache.get('a', { params: 1, hashParams: true })
  expect(sha256).toHaveBeenCalledTimes(2)
  cache.memoize('b', (_: object) => 1)({})
  expect(sha256).toHaveBeenCalledTimes(3)
})

describe('synchronous and not', () => {
  test('memory answers with values, a store with promises', async () => {
    const cache = newCache()
    const memory = [
      cache.cache('a', () => 1),
      cache.get('a'),
      cache.getOrThrow('a'),
      cache.has('a'),
      cache.set('a', 2),
      cache.delete('a'),
    ]
    expect(memory).toEqual([1, 1, 1, true, undefined, true])
    const persistent = [
      cache.cache('./a', () => 1),
      cache.get('./a'),
      cache.getOrThrow('./a').catch(() => {}),
      cache.has('./a'),
      cache.set('./a', 2),
      cache.delete('./a'),
    ]
    for (const answer of persistent) expect(answer).toBeInstanceOf(Promise)
    await Promise.all(persistent)
  })

  test('errors of persistent calls reject, those of memory calls throw', async () => {
    const cache = newCache()
    expect(() => cache.getOrThrow('a')).toThrow('no valid entry')
    expect(() => cache.cache('a', () => JSON.parse('{'))).toThrow(SyntaxError)
    expect(() => cache.cache('a', { version: '' }, async () => 1)).toThrow('The option version')
    await expect(cache.getOrThrow('./a')).rejects.toThrow('no valid entry')
    await expect(cache.cache('./a', () => JSON.parse('{'))).rejects.toThrow(SyntaxError)
    await expect(cache.cache('./a', { version: '' }, () => 1)).rejects.toThrow('The option version')
  })
})

describe('clear', () => {
  test('empties memory before it returns and both tiers when it resolves', async () => {
    const cache = newCache()
    cache.set('a', 1)
    await cache.set('./a', 1)
    const cleared = cache.clear()
    expect(cache.has('a')).toBe(false)
    cache.set('b', 2)
    await cleared
    expect(await cache.has('./a')).toBe(false)
    expect(cache.get('b')).toBe(2)
  })

  test('works without a store', async () => {
    const cache = new Cache()
    cache.set('a', 1)
    await cache.clear()
    expect(cache.has('a')).toBe(false)
  })
})

describe('close', () => {
  test('leaves memory, and closes the store', async () => {
    const cache = newCache()
    cache.set('a', 1)
    await cache.close()
    expect(cache.get('a')).toBe(1)
    await expect(cache.get('./a')).rejects.toMatchObject({ code: 'closed' })
    await expect(cache.set('./a', 1)).rejects.toMatchObject({ code: 'closed' })
    await cache.close()
  })

  test('works without a store', async () => {
    await expect(new Cache().close()).resolves.toBeUndefined()
  })
})

describe('the names of the seed', () => {
  test('the session id is read and overridden on the class', () => {
    expect(Cache.appSessionId).toBe('s1')
    Cache.overrideAppSessionId(7)
    expect(Cache.appSessionId).toBe('7')
    expect(appSessionId()).toBe('7')
  })

  test.each([
    { key: 'table', minor: undefined, result: ['table', '5.s1'] },
    { key: 'table@4', minor: undefined, result: ['table', '5.4'] },
    { key: 'table@4', minor: 6, result: ['table', '5.4'] },
    { key: 'table', minor: 6, result: ['table', '5.6'] },
    { key: 'table', minor: '-6', result: ['table', '-6'] },
    { key: 'table', minor: 0, result: ['table', '5.s1'] },
    { key: 'table@0', minor: 6, result: ['table', '5.s1'] },
    { key: 'data/x', minor: undefined, result: ['./data/x', '5.1'] },
    { key: './x@-3', minor: undefined, result: ['./x', '-3'] },
    { key: './x', minor: 0, result: ['./x', '5.s1'] },
  ])('$key with minor $minor resolves to $result', ({ key, minor, result }) => {
    expect(Cache.keyAndVersion(key, 5, minor)).toEqual(result)
  })

  test.each([
    { attempt: () => Cache.keyAndVersion('', 5), code: 'invalid-key' },
    { attempt: () => Cache.keyAndVersion('a@1@2', 5), code: 'invalid-key' },
    { attempt: () => Cache.keyAndVersion('a', ''), code: 'invalid-version' },
    { attempt: () => Cache.keyAndVersion('a', 5, Number.NaN), code: 'invalid-version' },
  ])('impossible ones are refused: $code', ({ attempt, code }) => {
    expect(attempt).toThrow(expect.objectContaining({ code }))
  })
})

test('refuses options that it does not know', () => {
  expect(() => new Cache({ versoin: 5 } as object)).toThrow(
    'A cache has no option "versoin". It has: version, store',
  )
  expect(() => new Cache({ version: undefined, store: undefined })).not.toThrow()
})

test('refuses to store a promise, in either tier', async () => {
  const cache = new Cache({ store: new MemoryReferenceStore() })
  const message = 'Cannot store a promise under "a"'
  expect(() => cache.set('a', Promise.resolve(1))).toThrow(message)
  await expect(cache.set('./a', Promise.resolve(1))).rejects.toMatchObject({ code: 'invalid-value' })
})

test('refuses options of the wrong kind before anything has begun', () => {
  const cache = new Cache()
  const generate = vi.fn(() => 1)
  const signal = new AbortController() as never
  expect(() => cache.cache('a', { signal }, generate)).toThrow('controller.signal')
  expect(() => cache.cache('a', { signal: false as never }, generate)).toThrow('controller.signal')
  expect(generate).not.toHaveBeenCalled()
  expect(() => new Cache('x' as never)).toThrow('A cache takes its options as an object, not "x"')
  expect(() => cache.get('a', 0 as never)).toThrow('an object, such as { default: 0 }, not "0"')
  expect(() => cache.cacheMany([], { tll: 1 } as never, () => [])).toThrow('cacheMany() has no option "tll"')
  expect(() => new Cache({ types: {} as never })).toThrow(
    'The option types is "[object Object]": it is an array of what defineType() made',
  )
  expect(() => new Cache({ types: [Date as never] })).toThrow('it is made by defineType() of')
})

test.each([
  { ttl: null },
  { refreshAhead: null },
  { timeout: null },
  { staleIfError: null },
  { maxEntries: null },
  { sharing: null },
  { types: null },
  { store: null },
  { store: '.stagcache' },
  { asyncContext: class {} },
  { sha256: 'sha256' },
  { clock: 0 },
  { random: null },
  { sizeOf: 1 },
  { dispose: 'all' },
])('a cache cannot have the options %j', options => {
  expect(() => new Cache(options as never)).toThrow(`The option ${Object.keys(options)[0]} is `)
})

// Of what a message cannot be made, such as of what a module exports.
const textless = Object.create(null)

test.each<{ what: string; code?: string; call: (cache: Cache) => unknown }>([
  { what: 'types', call: () => new Cache({ types: textless }) },
  { what: 'one of the types', call: () => new Cache({ types: [textless] }) },
  { what: 'ttl', call: () => new Cache({ ttl: textless }) },
  { what: 'refreshAhead', call: () => new Cache({ ttl: 1, refreshAhead: textless }) },
  { what: 'sharing', call: () => new Cache({ sharing: textless }) },
  { what: 'maxBytes', call: () => new Cache({ maxBytes: textless }) },
  { what: 'version', call: () => new Cache({ version: textless }), code: 'invalid-version' },
  { what: 'signal', call: cache => cache.cache('a', { signal: textless }, () => 1) },
  { what: 'refresh', call: cache => cache.cache('a', { refresh: textless }, () => 1) },
  { what: 'exclude', call: cache => cache.memoize('a', { exclude: [Symbol('0')] as never }, () => 1) },
  { what: 'tier', call: cache => cache.get({ name: 'a', tier: textless }), code: 'invalid-key' },
  { what: 'prefix', call: cache => cache.delete({ prefix: textless }), code: 'invalid-key' },
  { what: 'event', call: cache => cache.events.on(textless, () => {}) },
])('$what is refused also where what it is given as has no text', ({ call, code = 'invalid-option' }) => {
  expect(() => call(new Cache())).toThrow(expect.objectContaining({ code }))
})

test('what is undefined is left out, and null a value where anything is one', () => {
  const none = Object.fromEntries(['ttl', 'store', 'clock', 'types', 'sizeOf'].map(name => [name, undefined]))
  const cache = new Cache(none)
  cache.set('a', 1, { ttl: undefined, hashVal: null, params: null })
  expect(cache.get('a', { hashVal: null, params: null, hashParams: true, default: null })).toBe(1)
  expect(cache.get('b', { default: null })).toBe(null)
  expect(cache.cache('a', { signal: undefined, hashVal: null }, () => 2)).toBe(1)
})

test('warns once where nobody listens to errors', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const store = new MemoryReferenceStore()
  store.write = () => Promise.reject(new Error('the disk is full'))
  const cache = new Cache({ store })
  await cache.cache('./a', () => 1)
  await cache.cache('./a', () => 1)
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^StagCache has not kept a value: Error: the disk is full/)],
  ])
  cache.events.on('error', () => {})
  await new Cache({ store: new MemoryReferenceStore() }).cache('./a', () => 1)
  expect(warn).toHaveBeenCalledOnce()
  warn.mockRestore()
})
