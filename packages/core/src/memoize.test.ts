import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { deferred } from '../test/deferred.ts'
import { Cache } from './cache.ts'
import type { Store } from './store.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { withContext } from './with-context.ts'

describe('a memoized function', () => {
  test('runs once for each list of arguments', () => {
    const add = vi.fn((a: number, b: number) => a + b)
    const memoized = new Cache().memoize('add', add)
    expect([memoized(1, 2), memoized(1, 2), memoized(2, 1), memoized(1, 2)]).toEqual([3, 3, 3, 3])
    expect(add.mock.calls).toEqual([
      [1, 2],
      [2, 1],
    ])
  })

  test('answers from the store with a promise', async () => {
    const store = new MemoryReferenceStore()
    const embed = vi.fn((text: string) => text.length)
    const first = new Cache({ store }).memoize('./embed@2', embed)
    expect(first('stag')).toBeInstanceOf(Promise)
    expect(await first('stag')).toBe(4)
    expect(await new Cache({ store }).memoize('./embed@2', embed)('stag')).toBe(4)
    expect(embed).toHaveBeenCalledTimes(1)
    expect(await new Cache({ store }).memoize('./embed@3', embed)('stag')).toBe(4)
    expect(embed).toHaveBeenCalledTimes(2)
  })

  test('that is asynchronous answers with a promise at hits too', async () => {
    const cache = new Cache()
    const memoized = cache.memoize('length', (text: string) => Promise.resolve(text.length))
    expect(await memoized('stag')).toBe(4)
    expect(memoized('stag')).toBeInstanceOf(Promise)
    const another = cache.memoize('length', (text: string) => Promise.resolve(text.length))
    expect(another('stag')).toBeInstanceOf(Promise)
    const declared = new Cache().memoize('length', async (text: string) => text.length)
    await expect(declared.call(undefined, (() => 1) as never)).rejects.toMatchObject({
      code: 'unfingerprintable',
    })
  })

  test.each([
    { what: 'a function', fn: async (text: string) => text.length },
    {
      what: 'a generator that wants a context',
      fn: withContext(async (_context, text: string) => text.length),
    },
    { what: 'what is bound', fn: (async (text: string) => text.length).bind(undefined) },
    { what: 'what stands behind a proxy', fn: new Proxy(async (text: string) => text.length, {}) },
  ])(
    'that is declared asynchronous answers with a promise of what was set before it ran: $what',
    async ({ fn }) => {
      const cache = new Cache()
      const memoized = cache.memoize('length', fn as (text: string) => Promise<number>)
      cache.set(memoized.keyOf('stag'), 7)
      const answer = memoized('stag')
      expect(answer).toBeInstanceOf(Promise)
      expect(await answer).toBe(7)
    },
  )

  test('runs once for callers at the same time, and again after it has failed', async () => {
    const result = deferred<number>()
    const load = vi.fn(() => result.promise)
    const memoized = new Cache().memoize('load', load)
    const answers = [memoized(), memoized()]
    result.reject(new Error('no'))
    await expect(answers[0]).rejects.toThrow('no')
    await expect(answers[1]).rejects.toThrow('no')
    memoized().catch(() => {})
    expect(load).toHaveBeenCalledTimes(2)
  })

  test('waits for others as long as its cache says, or its own options', async () => {
    const result = deferred<number>()
    const load = vi.fn(() => result.promise)
    const cache = new Cache({ maxWait: 10 })
    const [first, patient] = [cache.memoize('load', load), cache.memoize('load', { maxWait: '1d' }, load)]
    const answers = [first(), patient()]
    await expect(first()).rejects.toMatchObject({ code: 'wait-timeout' })
    result.resolve(1)
    expect([await Promise.all(answers), load.mock.calls.length]).toEqual([[1, 1], 1])
  })

  test('takes the options of an entry', () => {
    const cache = new Cache()
    const run = vi.fn((n: number) => n)
    cache.memoize('a', { version: 1 }, run)(1)
    cache.memoize('a', { version: 2 }, run)(1)
    cache.memoize('a@2', { version: 1 }, run)(1)
    expect(run).toHaveBeenCalledTimes(2)
    const config = { depth: 1 }
    const hashed = cache.memoize('b', { hashVal: config }, run)
    hashed(1)
    hashed(1)
    expect(run).toHaveBeenCalledTimes(3)
    config.depth = 2
    hashed(1)
    expect(run).toHaveBeenCalledTimes(4)
  })

  test('runs again when its ttl is over, also for entries of a longer one', () => {
    let now = 0
    const cache = new Cache({ clock: () => now, ttl: '1h' })
    const run = vi.fn((n: number) => n)
    const [long, short] = [cache.memoize('a', run), cache.memoize('a', { ttl: 1000 }, run)]
    long(1)
    now = 999
    expect([short(1), cache.stats().hits]).toEqual([1, 1])
    now = 1000
    expect([long(1), cache.stats().hits]).toEqual([1, 2])
    short(1)
    expect(run).toHaveBeenCalledTimes(2)
    expect(cache.stats().misses).toMatchObject({ absent: 1, expired: 1 })
  })

  test('is renewed ahead where it is told to', async () => {
    let now = 0
    const run = vi.fn((n: number) => {
      // Long enough for the coarsest clock.
      for (const end = performance.now() + 5; performance.now() < end; );
      return n
    })
    // The likeliest moment: any cost is enough.
    const cache = new Cache({ clock: () => now, random: () => 1 - Number.EPSILON })
    const memoized = cache.memoize('a', { ttl: 1000, refreshAhead: 1e9 }, run)
    memoized(1)
    now = 999
    memoized(1)
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(2))
  })

  test('runs each time where it is told to refresh', () => {
    const run = vi.fn((n: number) => n)
    const memoized = new Cache().memoize('a', { refresh: true }, run)
    memoized(1)
    memoized(1)
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('hands its function a context if it is marked', () => {
    const memoized = new Cache().memoize(
      'a',
      withContext(({ key }, n: number) => `${key} ${n}`),
    )
    expect(memoized(1)).toBe('a(1) 1')
  })

  test('counts hits and misses', () => {
    const cache = new Cache()
    const memoized = cache.memoize('a', (n: number) => n)
    memoized(1)
    memoized(1)
    expect(cache.stats()).toMatchObject({ hits: 1, generated: 1, misses: { absent: 1 } })
  })

  test('has a key for each call', () => {
    const cache = new Cache()
    const run = vi.fn((text: string) => text.length)
    const memoized = cache.memoize('a', run)
    expect(cache.has(memoized.keyOf('stag'))).toBe(false)
    memoized('stag')
    expect(cache.get(memoized.keyOf('stag'))).toBe(4)
    cache.set(memoized.keyOf('doe'), 7)
    expect(memoized('doe')).toBe(7)
    expect([memoized.delete('stag'), memoized.delete('stag')]).toEqual([true, false])
    memoized('stag')
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('deletes the entries of all its calls, and no others', () => {
    const cache = new Cache()
    const run = (text: string) => text.length
    const [mem, member] = [cache.memoize('mem@1', run), cache.memoize('member', run)]
    for (const text of ['a', 'b']) mem(text)
    member('a')
    cache.set('mem', 1)
    expect([mem.clear(), mem.clear()]).toEqual([2, 0])
    const keys = [mem.keyOf('a'), mem.keyOf('b'), member.keyOf('a'), 'mem']
    expect(keys.map(key => cache.has(key))).toEqual([false, false, true, true])
  })

  test('deletes those of a store, where that can find them', async () => {
    const store = new MemoryReferenceStore()
    const embed = new Cache({ store }).memoize('embed/text', (text: string) => text.length)
    await embed('stag')
    expect([await embed.clear(), await embed.clear()]).toEqual([1, 0])
    const unable = Object.assign(store, { removePrefix: undefined })
    const another = new Cache({ store: unable as Store }).memoize('./embed', (text: string) => text.length)
    await expect(another.clear()).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('begins anew with a session', () => {
    const cache = new Cache()
    const before = Cache.appSessionId
    const run = vi.fn((n: number) => n)
    const memoized = cache.memoize('a', run)
    memoized(1)
    Cache.overrideAppSessionId('another')
    memoized(1)
    Cache.overrideAppSessionId(before)
    expect(run).toHaveBeenCalledTimes(2)
  })
})

describe('the arguments of a call', () => {
  const nameOf = new Cache().memoize('a', (..._args: unknown[]) => 1).keyOf

  test.each([
    { args: [], name: 'a()' },
    { args: ['x', 1], name: 'a(1"x",1)' },
    { args: [1.5, -0, 0, Number.NaN, 1e21], name: 'a(1.5,-0,0,NaN,1e+21)' },
    { args: [true, null, undefined, 5n], name: 'a(true,null,undefined,5n)' },
  ])('are part of the name $name', ({ args, name }) => {
    expect(nameOf(...args).name).toBe(name)
  })

  test('count by structure where they are objects, and long texts too', () => {
    expect(nameOf({ a: 1, b: 2 }).name).toBe(nameOf({ b: 2, a: 1 }).name)
    expect(nameOf({ a: 1 }).name).not.toBe(nameOf({ a: 2 }).name)
    expect(nameOf(new Uint8Array(9)).name).toMatch(/^a\(#[0-9a-f]{64}\)$/)
    expect(nameOf('x'.repeat(10_000)).name.length).toBe(68)
  })

  test('have their name however many others there were before', () => {
    const names = () => Array.from({ length: 2500 }, (_, index) => nameOf(`text ${index % 1250}`).name)
    expect(new Set(names()).size).toBe(1250)
    expect(names()).toEqual(names())
    expect(nameOf('text 7', undefined).name).toBe('a(6"text 7",undefined)')
  })

  test('that differ never have one name', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 4, unit: fc.constantFrom(...'1",#()|n-\ud800') }),
      fc.constantFrom(0, -0, 1, 11, -1, 1n, 11n, true, false, null, undefined, 'null', 'true', '1', '1"'),
      fc.array(fc.constantFrom(1, '1'), { maxLength: 2 }),
    )
    const parts = fc.array(part, { maxLength: 4 })
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = one.length === other.length && one.every((value, index) => same(value, other[index]))
        expect(nameOf(...one).name === nameOf(...other).name).toBe(isSame)
      }),
      { numRuns: 2000 },
    )
  })

  test('that are excluded are passed on and do not count', () => {
    const run = vi.fn((text: string, log: (text: string) => void) => log(text))
    const memoized = new Cache().memoize(
      'a',
      { exclude: [1] },
      (text: string, log: (text: string) => void) => {
        run(text, log)
        return 1
      },
    )
    const logs = [vi.fn(), vi.fn()] as const
    memoized('x', logs[0])
    memoized('x', logs[1])
    expect(logs[0]).toHaveBeenCalledWith('x')
    expect(logs[1]).not.toHaveBeenCalled()
  })

  test('may be left to their defaults', () => {
    const run = vi.fn((query: string, limit = 10) => `${query}${limit}`)
    const plain = new Cache().memoize('a', run)
    plain('x')
    plain('x', undefined)
    plain('x', 10)
    expect(run).toHaveBeenCalledTimes(3)
    const memoized = new Cache().memoize('a', { defaults: [undefined, 10] }, run)
    expect([memoized('x'), memoized('x', undefined), memoized('x', 10)]).toEqual(['x10', 'x10', 'x10'])
    expect(run).toHaveBeenCalledTimes(4)
    expect(memoized('x', 11)).toBe('x11')
  })

  class User {
    readonly id: number
    constructor(id: number) {
      this.id = id
    }
  }

  test('of a class need a fingerprint, or are refused with their place', () => {
    const run = vi.fn((users: User[]) => users.length)
    const refused = new Cache().memoize('a', run)
    expect(() => refused([new User(1)])).toThrow('arguments[0][0] is an instance of User')
    const fingerprint = (value: unknown) => (value instanceof User ? value.id : undefined)
    const memoized = new Cache().memoize('a', { fingerprint }, run)
    memoized([new User(1)])
    memoized([new User(1)])
    expect(run).toHaveBeenCalledTimes(1)
    memoized([new User(2)])
    expect(run).toHaveBeenCalledTimes(2)
    expect(memoized.keyOf([new User(1)]).name).not.toBe(memoized.keyOf([1 as never]).name)
    expect(() => memoized([(() => 1) as never])).toThrow('arguments[0][0] is a function')
  })
})

describe('what has no fingerprint in a call is told with what memoize() can do about it', () => {
  class Repo {
    readonly db = () => 1
    readonly find
    constructor(cache: Cache) {
      this.find = cache.memoize('find@1', (id: number) => this.db() + id)
    }
  }
  const cache = new Cache()
  const find = cache.memoize('./find', (...parts: unknown[]) => parts.length)

  test('as the object that an arrow function in a field belongs to', () => {
    const repo = new Repo(cache)
    expect(() => repo.find(1)).toThrow(
      '"find": this is an instance of Repo, which has no fingerprint. Give memoize() fingerprint: v => v instanceof Repo ? v.id : undefined if it counts, hashThis: false if it does not.',
    )
  })

  test.each([
    {
      what: 'an instance of Repo',
      argument: new Repo(cache),
      instead:
        'Give memoize() fingerprint: v => v instanceof Repo ? v.id : undefined if it counts, exclude: [1] if it does not.',
    },
    {
      what: 'a function',
      argument: () => 1,
      instead: 'Give memoize() a fingerprint if it counts, exclude: [1] if it does not.',
    },
    {
      what: 'an instance of an unnamed class',
      argument: new (class {})(),
      instead: 'Give memoize() a fingerprint if it counts, exclude: [1] if it does not.',
    },
  ])('as an argument: $what', async ({ what, argument, instead }) => {
    await expect(find(1, [argument])).rejects.toThrow(
      `"./find": arguments[1][0] is ${what}, which has no fingerprint. ${instead}`,
    )
  })
})

describe('this', () => {
  function times(this: { factor: number }, n: number): number {
    return this.factor * n
  }

  test('is passed on, and counts where the function uses it', () => {
    const memoized = new Cache().memoize('times', times)
    const two = { factor: 2, times: memoized }
    expect(() => two.times(4)).toThrow('this.times is a function')
    expect(memoized.call({ factor: 2 }, 4)).toBe(8)
    expect(memoized.call({ factor: 3 }, 4)).toBe(12)
    expect(memoized.keyOf.call({ factor: 3 }, 4).name).not.toBe(memoized.keyOf.call({ factor: 2 }, 4).name)
    const named = new Cache().memoize(
      'times',
      { fingerprint: value => typeof value === 'function' && 1 },
      times,
    )
    const objects = [3, 2].map(factor => ({ factor, times: named }))
    expect(objects.map(object => object.times(4))).toEqual([12, 8])
  })

  test('does not count where the function does not use it, or as the options say', () => {
    const half = new Cache().memoize('half', (n: number) => n / 2)
    expect({ half, other: () => 1 }.half(4)).toBe(2)
    const ignoring = new Cache().memoize('times', { hashThis: false }, times)
    expect([ignoring.call({ factor: 2 }, 4), ignoring.call({ factor: 3 }, 4)]).toEqual([8, 8])
    const counting = new Cache().memoize('half', { hashThis: true }, (n: number) => n / 2)
    expect(counting.keyOf.call({ a: 1 }, 4).name).not.toBe(counting.keyOf.call({ a: 2 }, 4).name)
  })
})

test('this counts for what does not show its code', () => {
  const cache = new Cache()
  const upper = cache.memoize('upper', String.prototype.toUpperCase as (this: unknown) => string)
  expect([upper.call('a'), upper.call('b')]).toEqual(['A', 'B'])
  const proxied = new Proxy(function (this: { n: number }) {
    return this.n
  }, {})
  const n = cache.memoize('n', proxied as (this: unknown) => number)
  expect([n.call({ n: 1 }), n.call({ n: 2 })]).toEqual([1, 2])
  // What is bound has its own already.
  const bound = cache.memoize('bound', proxied.bind({ n: 3 }) as (this: unknown) => number)
  expect([bound.call(new WeakMap()), bound()]).toEqual([3, 3])
})

describe('memoize()', () => {
  test.each([
    { what: 'no function', call: (cache: Cache) => cache.memoize('a', 1 as never), code: 'invalid-option' },
    { what: 'no key', call: (cache: Cache) => cache.memoize('1', () => 1), code: 'invalid-key' },
    {
      what: "an option that is one call's only",
      call: (cache: Cache) => cache.memoize('a', { signal: undefined } as object, () => 1),
      code: 'invalid-option',
    },
    {
      what: 'an impossible version',
      call: (cache: Cache) => cache.memoize('a', { version: Number.NaN }, () => 1),
      code: 'invalid-version',
    },
    {
      what: 'defaults by number',
      call: (cache: Cache) => cache.memoize('a', { defaults: { 1: 10 } as never }, () => 1),
      code: 'invalid-option',
    },
    {
      what: 'a position that is none',
      call: (cache: Cache) => cache.memoize('a', { exclude: ['1'] as never }, () => 1),
      code: 'invalid-option',
    },
    {
      what: 'what is no function',
      call: (cache: Cache) => cache.memoize('a', 1 as never),
      code: 'invalid-option',
    },
    {
      what: 'a time that is none, before anything is called',
      call: (cache: Cache) => cache.memoize('a', { timeout: 'soon' as never }, () => 1),
      code: 'invalid-option',
    },
    {
      what: 'a fingerprint that is no function',
      call: (cache: Cache) => cache.memoize('a', { fingerprint: 'id' as never }, () => 1),
      code: 'invalid-option',
    },
    {
      what: 'null for none',
      call: (cache: Cache) => cache.memoize('a', { hashThis: null as never }, () => 1),
      code: 'invalid-option',
    },
    {
      what: 'an option without the one that it needs',
      call: (cache: Cache) => cache.memoize('a', { staleIfError: 1 }, () => 1),
      code: 'invalid-option',
    },
  ])('refuses $what', ({ call, code }) => {
    expect(() => call(new Cache())).toThrow(expect.objectContaining({ code }))
  })
})

function same(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other)
  return one.length === other.length && one.every((value, index) => Object.is(value, other[index]))
}
