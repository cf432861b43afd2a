import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { deferred, settled } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { platform } from './platform.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'

let now = 0

beforeEach(() => {
  vi.spyOn(platform.performance, 'now').mockImplementation(() => now)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A generator that takes a time. */
const taking = (milliseconds: number) => () => {
  now += milliseconds
  return 'value'
}

describe.each([
  { tier: 'memory', key: 'table', name: 'table' },
  { tier: 'persistent', key: './table', name: './table' },
] as const)('in the $tier tier', ({ tier, key, name }) => {
  const stamp = '1.4'
  const keyed = `${key}@4`
  function observed() {
    const cache = new Cache({ store: new MemoryReferenceStore() })
    return { cache, events: recorded(cache) }
  }

  test('a generation is a miss, a duration and a store; the next call a hit', async () => {
    const { cache, events } = observed()
    await cache.cache(keyed, taking(50))
    expect(events).toEqual([
      { type: 'miss', name, tier, stamp, reason: 'absent' },
      { type: 'generate', name, tier, stamp, duration: 50 },
      { type: 'store', name, tier, stamp },
    ])
    await cache.cache(keyed, taking(1))
    await cache.get(keyed)
    await cache.getOrThrow(keyed)
    expect(events.slice(3)).toEqual(Array(3).fill({ type: 'hit', name, tier, stamp }))
  })

  test('a miss tells its reason, in cache() and get() alike', async () => {
    const { cache, events } = observed()
    const hashed = { params: 1, hashParams: true }
    await cache.get(keyed)
    await cache.set(key, 'value', { version: 3 })
    await cache.get(keyed)
    await cache.set(keyed, 'value', { params: 2 })
    await cache.get(keyed, hashed)
    await cache.cache(keyed, hashed, () => 'value')
    await cache.cache(`${key}@5`, () => 'value')
    const misses = events.filter(({ type }) => type === 'miss')
    expect(misses.map(({ reason }) => reason)).toEqual(['absent', 'stamp', 'params', 'params', 'stamp'])
    expect(cache.stats().misses).toEqual({ absent: 1, stamp: 2, params: 2, expired: 0, refresh: 0 })
  })

  test('has tells nobody and counts nothing', async () => {
    const { cache, events } = observed()
    const before = cache.stats()
    await cache.has(key)
    expect(events).toEqual([])
    expect(cache.stats()).toEqual(before)
  })

  test('set stores, delete tells whether there was one, clear names its tier', async () => {
    const { cache, events } = observed()
    await cache.set(keyed, 1)
    await cache.delete(keyed)
    await cache.delete(keyed)
    await cache.clear()
    expect(events).toEqual([
      { type: 'store', name, tier, stamp },
      { type: 'delete', name, tier, existed: true },
      { type: 'delete', name, tier, existed: false },
      { type: 'clear', tier: 'memory' },
      { type: 'clear', tier: 'persistent' },
    ])
  })

  test('the time saved is what hits did not have to spend', async () => {
    const { cache } = observed()
    await cache.cache(keyed, taking(50))
    await cache.cache(keyed, taking(50))
    await cache.get(keyed)
    await cache.set(`${key}2`, 'set')
    await cache.get(`${key}2`)
    expect(cache.stats()).toEqual({
      hits: 3,
      stale: 0,
      misses: { absent: 1, stamp: 0, params: 0, expired: 0, refresh: 0 },
      joined: 0,
      generated: 1,
      failed: 0,
      stored: 2,
      evicted: 0,
      timeSpent: 50,
      timeSaved: 100,
    })
  })

  test('who joins is counted as such, and is neither hit nor miss', async () => {
    const { cache, events } = observed()
    const run = deferred<string>()
    const generate = () => run.promise
    const callers = [cache.cache(key, generate), cache.cache(key, generate), cache.cache(key, generate)]
    await settled()
    run.resolve('value')
    await Promise.all(callers)
    expect(cache.stats()).toMatchObject({
      hits: 0,
      misses: { absent: 1 },
      joined: 2,
      generated: 1,
      stored: 1,
    })
    expect(events.map(({ type }) => type)).toEqual(['miss', 'generate', 'store'])
  })

  test.each([
    { how: 'throws', fail: () => asThrown() },
    { how: 'rejects', fail: async () => asThrown() },
  ])('a generator that $how is a miss, and a generation with its error', async ({ fail }) => {
    const { cache, events } = observed()
    await expect(async () => cache.cache(key, fail)).rejects.toThrow('no')
    expect(events.map(({ type }) => type)).toEqual(['miss', 'generate'])
    expect(events[1]).toMatchObject({ name, tier, duration: 50, error: { message: 'no' } })
    expect(cache.stats()).toMatchObject({ generated: 0, failed: 1, stored: 0, timeSpent: 0 })
  })

  function asThrown(): never {
    now += 50
    throw new Error('no')
  }

  test('what is generated but not kept is no store', async () => {
    const { cache, events } = observed()
    await cache.cache(key, () => undefined)
    expect(events.map(({ type }) => type)).toEqual(['miss', 'generate'])
  })

  test('a listener that throws does not break the call', async () => {
    const { cache } = observed()
    const uncaught: (() => void)[] = []
    vi.spyOn(platform, 'queueMicrotask').mockImplementation(task => uncaught.push(task))
    for (const type of ['hit', 'miss', 'generate', 'store', 'delete'] as const) {
      cache.events.on(type, () => {
        throw new Error(type)
      })
    }
    expect(await cache.cache(key, () => 1)).toBe(1)
    expect(await cache.get(key)).toBe(1)
    expect(await cache.delete(key)).toBe(true)
    expect(uncaught).toHaveLength(5)
  })

  test('what happens often is no event where nobody listens', async () => {
    const cache = new Cache({ store: new MemoryReferenceStore(), maxEntries: 1 })
    const emit = vi.spyOn(cache.events, 'emit')
    const use = async () => {
      await cache.set(key, 'value')
      await cache.get(key)
      await cache.cache(key, taking(50))
      await cache.get(keyed)
      await cache.set(`${key}2`, 'value')
    }
    await use()
    expect(emit).not.toHaveBeenCalled()
    const heard = recorded(cache)
    await use()
    expect(emit).toHaveBeenCalledTimes(heard.length)
    expect(cache.stats()).toMatchObject({ hits: 4, stored: 4, misses: { stamp: 2 } })
  })

  test('a listener may use the cache', async () => {
    const { cache } = observed()
    cache.events.on('store', ({ name: stored }) => {
      if (stored === name) void cache.set('log', stored)
    })
    await cache.set(key, 1)
    expect(cache.get('log')).toBe(name)
  })
})

test('stats are a picture of the moment', () => {
  const cache = new Cache()
  const before = cache.stats()
  cache.get('a')
  expect(before.misses.absent).toBe(0)
  expect(cache.stats().misses.absent).toBe(1)
})
