import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { deferred, settled } from '../test/deferred.ts'
import { LeastRecentlyUsed } from '../test/least-recently-used.ts'
import { recorded } from '../test/recorded.ts'
import { Bounds } from './bounds.ts'
import { Cache } from './cache.ts'
import type { DisposeReason } from './disposal.ts'
import type { CacheOptions } from './internals.ts'
import { Resident } from './memory-entry.ts'
import type { Stamp } from './stamp.ts'

const sizeOf = (value: unknown) => value as number

function namesOf(cache: Cache, names = 'abcdefgh'): string {
  return [...names].filter(name => cache.has(name)).join('')
}

test('without bounds, everything is kept', () => {
  const cache = new Cache()
  const names = Array.from({ length: 50_000 }, (_, index) => `n${index}`)
  for (const name of names) cache.set(name, name)
  expect(names.every(name => cache.get(name) === name)).toBe(true)
  expect(cache.stats().evicted).toBe(0)
})

describe('maxEntries', () => {
  test('is not exceeded, and who was used longest ago goes first', () => {
    const cache = new Cache({ maxEntries: 3 })
    for (const name of 'abc') cache.set(name, name)
    cache.get('a')
    cache.set('d', 1)
    expect(namesOf(cache)).toBe('acd')
    cache.cache('c', () => 1)
    cache.set('e', 1)
    cache.set('f', 1)
    expect(namesOf(cache)).toBe('cef')
  })

  test('counts each name once', () => {
    const cache = new Cache({ maxEntries: 2 })
    for (const name of 'aabb') cache.set(name, 1)
    cache.delete('a')
    cache.set('c', 1)
    expect(namesOf(cache)).toBe('bc')
    void cache.clear()
    for (const name of 'de') cache.set(name, 1)
    expect(namesOf(cache)).toBe('de')
  })

  test('counts a hit of a memoized function as a use', () => {
    const cache = new Cache({ maxEntries: 2 })
    const memoized = cache.memoize('m', (n: number) => n)
    for (const n of [1, 2, 1, 3]) memoized(n)
    expect([1, 2, 3].map(n => cache.has(memoized.keyOf(n)))).toEqual([true, false, true])
  })
})

describe('maxBytes', () => {
  test('is not exceeded by what sizeOf says', () => {
    const cache = new Cache({ maxBytes: 10, sizeOf })
    for (const [name, bytes] of Object.entries({ a: 4, b: 4, c: 2 })) cache.set(name, bytes)
    expect([namesOf(cache), cache.stats().bytes]).toEqual(['abc', 10])
    cache.set('b', 5)
    expect([namesOf(cache), cache.stats().bytes]).toEqual(['bc', 7])
    cache.set('d', 9)
    expect([namesOf(cache), cache.stats()]).toMatchObject(['d', { bytes: 9, evicted: 3 }])
    cache.delete('d')
    expect(cache.stats().bytes).toBe(0)
  })

  test('is not exceeded by estimates', () => {
    const cache = new Cache({ maxBytes: 1_000_000 })
    for (let index = 0; index < 100; index++) cache.set(`n${index}`, new Uint8Array(100_000))
    expect(cache.stats().bytes).toBeGreaterThan(800_000)
    expect(cache.stats().bytes).toBeLessThanOrEqual(1_000_000)
    expect(cache.get('n99')).toHaveLength(100_000)
  })

  test('hands out a value that is larger than all of it, without keeping it or evicting for it', () => {
    const cache = new Cache({ maxBytes: 10, sizeOf })
    const events = recorded(cache)
    cache.set('a', 5)
    expect(cache.cache('b', () => 11)).toBe(11)
    expect(cache.cache('b', () => 12)).toBe(12)
    cache.set('a', 13)
    expect(namesOf(cache)).toBe('')
    expect(events.filter(event => event.type === 'evict')).toMatchObject([
      { name: 'b', bytes: 11, wasHeld: false, tier: 'memory' },
      { name: 'b', bytes: 12, wasHeld: false },
      { name: 'a', bytes: 13, wasHeld: false },
    ])
  })

  test('is not made room for what would not fit beside what is pinned', () => {
    const cache = new Cache({ maxBytes: 10, sizeOf })
    cache.set('a', 1)
    const unpin = [cache.pin('a')]
    cache.set('a', 4)
    unpin.push(cache.pin('a'), cache.pin('a'))
    cache.set('b', 3)
    cache.set('c', 3)
    expect(cache.cache('d', () => 7)).toBe(7)
    expect(namesOf(cache)).toBe('abc')
    unpin[0]?.()
    unpin[1]?.()
    cache.set('d', 7)
    expect(namesOf(cache)).toBe('abc')
    cache.set('d', 6)
    expect(namesOf(cache)).toBe('ad')
    unpin[2]?.()
    cache.set('e', 10)
    expect(namesOf(cache)).toBe('e')
  })

  test('is not there: nothing is measured', () => {
    const measure = vi.fn(() => 1)
    const cache = new Cache({ maxEntries: 2, sizeOf: measure })
    cache.set('a', 1)
    expect(measure).not.toHaveBeenCalled()
    expect(cache.stats().bytes).toBeUndefined()
    expect(new Cache().stats().bytes).toBeUndefined()
  })

  test('says so when sizeOf answers nonsense, and leaves what is there', () => {
    const cache = new Cache({ maxBytes: 10, sizeOf: value => (value === 1 ? 1 : Number.NaN) })
    cache.set('a', 1)
    expect(() => cache.set('a', 2)).toThrow('sizeOf() said "NaN" of the value of "a"')
    expect(cache.get('a')).toBe(1)
  })
})

test.each([
  { options: { maxEntries: 0 } },
  { options: { maxBytes: -1 } },
  { options: { maxBytes: Number.NaN } },
  { options: { maxBytes: '1' as never } },
  { options: { sizeOf: 1 as never } },
  { options: { dispose: 1 as never } },
] satisfies { options: CacheOptions }[])('$options is refused', ({ options }) => {
  expect(() => new Cache(options)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
})

describe('an eviction', () => {
  test('is told when it has happened, so that a listener may use the cache', () => {
    const cache = new Cache({ maxEntries: 2 })
    const seen: string[] = []
    cache.events.on('evict', ({ name }) => {
      seen.push(`${name}: ${namesOf(cache)}`)
      if (name === 'a') cache.set('a', 1)
    })
    for (const name of 'abc') cache.set(name, 1)
    expect(seen).toEqual(['a: bc', 'b: ac'])
    expect(namesOf(cache)).toBe('ac')
  })

  test('does not concern who arrives when nobody else may go', () => {
    const cache = new Cache({ maxEntries: 1 })
    cache.set('a', 1)
    const unpin = cache.pin('a')
    expect(cache.cache('b', () => 2)).toBe(2)
    expect(namesOf(cache)).toBe('a')
    unpin()
    cache.set('b', 2)
    expect(namesOf(cache)).toBe('b')
  })
})

describe('a pinned entry', () => {
  test('stays, and goes once all pins are gone', () => {
    const cache = new Cache({ maxEntries: 2 })
    cache.set('a', 1)
    const unpin = [cache.pin('a'), cache.pin('a')]
    for (const name of 'bcd') cache.set(name, 1)
    expect(namesOf(cache)).toBe('ad')
    unpin[0]?.()
    unpin[0]?.()
    cache.set('e', 1)
    expect(namesOf(cache)).toBe('ae')
    unpin[1]?.()
    cache.set('f', 1)
    cache.set('g', 1)
    expect(namesOf(cache)).toBe('fg')
  })

  test('may be deleted and replaced; what replaces it is not pinned', () => {
    const cache = new Cache({ maxEntries: 1 })
    cache.set('a', 1)
    const unpin = cache.pin('a')
    cache.set('a', 2)
    cache.set('b', 1)
    expect(namesOf(cache)).toBe('b')
    unpin()
    cache.pin('b')
    cache.delete('b')
    cache.set('c', 1)
    cache.set('d', 1)
    expect(namesOf(cache)).toBe('d')
  })

  test('is in memory', () => {
    expect(() => new Cache().pin('./a')).toThrow('only memory entries can be pinned')
    new Cache().pin('a')()
  })
})

describe('dispose', () => {
  function disposing(options: CacheOptions = {}) {
    const disposed: [unknown, DisposeReason][] = []
    const cache = new Cache({ ...options, dispose: (value, reason) => disposed.push([value, reason]) })
    return { cache, disposed }
  }

  test.each([
    { reason: 'replace', act: (cache: Cache) => cache.set('a', 'new') },
    { reason: 'delete', act: (cache: Cache) => cache.delete('a') },
    { reason: 'clear', act: (cache: Cache) => cache.clear() },
    { reason: 'evict', act: (cache: Cache) => cache.set('b', 'new') },
  ])('is called at $reason', ({ reason, act }) => {
    const { cache, disposed } = disposing({ maxEntries: 1 })
    cache.set('a', 'old')
    expect(disposed).toEqual([])
    void act(cache)
    expect(disposed).toEqual([['old', reason]])
  })

  test('waits until no entry holds the value', () => {
    const { cache, disposed } = disposing()
    const value = {}
    cache.set('a', value)
    cache.set('a', value)
    cache.set('b', value)
    cache.set('a', 1)
    expect(disposed).toEqual([])
    cache.delete('b')
    expect(disposed).toEqual([[value, 'delete']])
    void cache.clear()
    expect(disposed).toEqual([
      [value, 'delete'],
      [1, 'clear'],
    ])
  })

  test('is called once at clear for a value of several names', () => {
    const { cache, disposed } = disposing()
    const value = {}
    for (const name of 'abc') cache.set(name, value)
    void cache.clear()
    expect(disposed).toEqual([[value, 'clear']])
  })

  test('waits for pins', () => {
    const { cache, disposed } = disposing()
    cache.set('a', 1)
    const unpin = cache.pin('a')
    cache.set('a', 2)
    expect(disposed).toEqual([])
    unpin()
    unpin()
    expect(disposed).toEqual([[1, 'replace']])
  })

  test('is not called for what somebody was only handed', async () => {
    const { cache, disposed } = disposing({ maxBytes: 10, sizeOf: () => 11 })
    cache.cache('large', () => 1)
    const result = deferred<number>()
    const answer = cache.cache('a', () => result.promise)
    cache.delete('a')
    result.resolve(2)
    expect(await answer).toBe(2)
    await settled()
    expect(disposed).toEqual([])
  })

  test('is called for what nobody was handed', async () => {
    const { cache, disposed } = disposing()
    const results = [deferred<number>(), deferred<number>()]
    const first = cache.cache('a', () => results[0]?.promise)
    const second = cache.cache('a', { version: 0 }, (_: number) => results[1]?.promise, 1)
    results[0]?.resolve(1)
    results[1]?.resolve(2)
    expect([await first, await second]).toEqual([1, 1])
    await settled()
    expect(disposed).toEqual([[2, 'discard']])

    const controller = new AbortController()
    const late = deferred<number>()
    const given = cache.cache('b', { signal: controller.signal }, () => late.promise)
    cache.delete('b')
    controller.abort(new Error('given up'))
    await expect(given).rejects.toThrow('given up')
    late.resolve(3)
    await settled()
    expect(disposed.slice(1)).toEqual([[3, 'discard']])
  })

  test('is called for what came too late for who is served already', async () => {
    const { cache, disposed } = disposing({ maxBytes: 10, sizeOf, clock: () => now })
    let now = 0
    const options = { ttl: 1, staleWhileRevalidate: 10 }
    cache.set('a', 1, options)
    now = 2
    expect(cache.cache('a', options, () => 11)).toBe(1)
    await settled()
    expect(disposed).toEqual([
      [1, 'replace'],
      [11, 'discard'],
    ])
    cache.set('b', 2, options)
    now = 4
    expect(
      cache.cache('b', options, () => {
        cache.set('b', 3)
        return 4
      }),
    ).toBe(2)
    await settled()
    expect(disposed.slice(2)).toEqual([
      [2, 'replace'],
      [4, 'discard'],
    ])
  })

  test('is called for what could not be measured, where nobody was handed it', async () => {
    const { cache, disposed } = disposing({ maxBytes: 10, sizeOf })
    cache.events.on('error', () => {})
    expect(cache.cache('a', () => Number.NaN)).toBe(Number.NaN)
    const late = deferred<number>()
    const controller = new AbortController()
    const given = cache.cache('b', { signal: controller.signal }, () => late.promise)
    controller.abort(new Error('given up'))
    await expect(given).rejects.toThrow('given up')
    late.resolve(-1)
    await settled()
    expect(disposed).toEqual([[-1, 'discard']])
  })

  test.each([
    { what: 'kept', act: () => {}, after: [[5, 'delete']] },
    { what: 'not kept', act: (cache: Cache) => cache.delete('a'), after: [] },
  ])('is not called for one value of two generators, which was $what', async ({ act, after }) => {
    const { cache, disposed } = disposing()
    const result = deferred<number>()
    const first = cache.cache('a', () => result.promise.then().then())
    const second = cache.cache('a', (_: number) => result.promise, 1)
    act(cache)
    result.resolve(5)
    expect(await Promise.all([first, second])).toEqual([5, 5])
    await settled()
    expect(disposed).toEqual([])
    cache.delete('a')
    expect(disposed).toEqual(after)
  })

  test('is not called for a value that was held, has grown too large and is handed out', () => {
    const { cache, disposed } = disposing({ maxBytes: 10, sizeOf: value => (value as number[]).length })
    const value = [1]
    cache.set('a', value)
    value.length = 11
    expect(cache.cache('a', { refresh: true }, () => value)).toBe(value)
    expect([cache.has('a'), disposed]).toEqual([false, []])
  })

  test('is not called for what an earlier call has put back', () => {
    const disposed: unknown[] = []
    const cache: Cache = new Cache({
      dispose: value => {
        disposed.push(value)
        if (value === 1) cache.set('b', 2)
      },
    })
    cache.set('a', 1)
    cache.set('b', 2)
    void cache.clear()
    expect([disposed, cache.get('b')]).toEqual([[1], 2])
    cache.delete('b')
    expect(disposed).toEqual([1, 2])
  })

  test('that throws does so in the program, not in the call', () => {
    const queued: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => queued.push(task))
    const dispose = () => {
      throw new Error('no')
    }
    const cache = new Cache({ dispose })
    cache.set('a', 1)
    expect(cache.delete('a')).toBe(true)
    vi.unstubAllGlobals()
    expect(queued[0]).toThrow('no')
  })

  test('may use the cache', () => {
    const disposed: unknown[] = []
    const cache: Cache = new Cache({
      dispose: value => {
        disposed.push(value)
        if (value === 1) cache.set('a', 1)
      },
    })
    cache.set('a', 1)
    cache.set('a', 2)
    expect(cache.get('a')).toBe(1)
    expect(disposed).toEqual([1, 2])
  })
})

test('any sequence keeps within the bounds, and disposes of each value once and of none that is held', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.oneof(
    fc.tuple(fc.constant('set'), name, fc.integer({ min: 1, max: 8 })),
    fc.tuple(fc.constant('get'), name, fc.constant(0)),
    fc.tuple(fc.constant('delete'), name, fc.constant(0)),
    fc.tuple(fc.constant('pin'), name, fc.constant(0)),
    fc.tuple(fc.constant('unpin'), name, fc.nat(5)),
    fc.tuple(fc.constant('clear'), name, fc.constant(0)),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const made: { bytes: number }[] = []
      const disposed: unknown[] = []
      const pins: [unknown, () => void][] = []
      const cache = new Cache({
        maxEntries: 3,
        maxBytes: 10,
        sizeOf: value => (value as { bytes: number }).bytes,
        dispose: value => disposed.push(value),
      })
      const held = () => [...'abcd'].map(name => cache.get(name)).filter(value => value !== undefined)
      const refused = new Set<unknown>()
      for (const [verb, key, number] of steps) {
        const present = cache.get(key)
        if (verb === 'set') {
          const value = { bytes: number }
          made.push(value)
          cache.set(key, value)
          if (cache.get(key) !== value) refused.add(value)
        } else if (verb === 'delete') cache.delete(key)
        else if (verb === 'pin' && present) pins.push([present, cache.pin(key)])
        else if (verb === 'unpin') pins.splice(number, 1)[0]?.[1]()
        else if (verb === 'clear') void cache.clear()
        const pinned = pins.map(([value]) => value)
        const gone = made.filter(value => !held().includes(value) && !pinned.includes(value))
        expect(new Set(disposed)).toEqual(new Set(gone.filter(value => !refused.has(value))))
        expect(disposed.length).toBe(new Set(disposed).size)
        const entries = held() as { bytes: number }[]
        const bytes = entries.reduce((sum, value) => sum + value.bytes, 0)
        expect(cache.stats().bytes).toBe(bytes)
        if (pins.length === 0) expect(entries.length <= 3 && bytes <= 10).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('who has just come is there, unless nobody else may go', () => {
  const entry = {
    value: 1,
    stamp: '1.0' as Stamp,
    params: undefined,
    storedAt: 0,
    cost: 0,
    validAsKey: undefined,
  }
  const [one, other] = [new Resident('a', entry, 1), new Resident('b', entry, 1)]
  const limits = { maxEntries: 1, maxBytes: 10 }
  const evicted: Resident[] = []
  const evict = (victim: Resident) => evicted.push(victim)
  const bounds = new Bounds(limits, new LeastRecentlyUsed())
  expect(bounds.admit(one, undefined, evict)).toBe(true)
  expect(evicted).toEqual([])
  expect(bounds.admit(other, undefined, evict)).toBe(true)
  expect(evicted).toEqual([one])
  const full = new Bounds(limits, new LeastRecentlyUsed())
  expect(full.admit(one, undefined, evict)).toBe(true)
  full.pin(one)
  expect(full.admit(other, undefined, evict)).toBe(false)
  expect([full.bytes, evicted]).toEqual([1, [one]])
})

test('fractions of sizes leave nothing behind', () => {
  const cache = new Cache({ maxBytes: 0.3, sizeOf })
  for (const [name, size] of [
    ['a', 0.1],
    ['b', 0.2],
  ] as const)
    cache.set(name, size)
  cache.delete('a')
  cache.delete('b')
  expect(cache.stats().bytes).toBe(0)
  cache.set('c', 0.3)
  expect(cache.has('c')).toBe(true)
})

test('a value that was put back and taken again while others are disposed of is so once', () => {
  const [one, other] = [{}, {}]
  const disposed: unknown[] = []
  const cache = new Cache({
    dispose: value => {
      disposed.push(value)
      if (value !== one) return
      cache.set('x', other)
      cache.delete('x')
    },
  })
  cache.set('a', one)
  cache.set('b', other)
  void cache.clear()
  expect(disposed.map(value => value === one)).toEqual([true, false])
})
