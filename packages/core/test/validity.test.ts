import { describe, expect, test, vi } from 'vitest'
import { Cache, type CacheOptions, type SetOptions, withContext } from '../src/index.ts'
import { MemoryReferenceStore } from '../src/testing/memory-reference-store.ts'
import { deferred, settled, until } from './deferred.ts'
import { recorded } from './recorded.ts'
import { tiers } from './tiers.ts'

const second = 1000

describe.each(tiers)('in $tier', ({ key, newCache }) => {
  /** A cache whose clock is set by hand, and generators of the numbers 1, 2, 3. */
  function setUp(options: CacheOptions = {}) {
    const clock = { now: 1e12 }
    const cache = newCache({ clock: () => clock.now, ...options })
    const generate = vi.fn(() => generate.mock.calls.length)
    return { cache, clock, generate, events: recorded(cache) }
  }
  type Setup = ReturnType<typeof setUp>

  const missesOf = ({ events }: Setup) =>
    events.filter(({ type }) => type === 'miss').map(({ reason }) => reason)

  describe('ttl', () => {
    test('of the call that stores counts for everybody', async () => {
      const { cache, clock, generate } = setUp()
      await cache.cache(key, { ttl: '1s' }, generate)
      clock.now += second - 1
      expect(await cache.cache(key, generate)).toBe(1)
      expect(await cache.get(key)).toBe(1)
      clock.now++
      expect(await cache.has(key)).toBe(false)
      expect(await cache.get(key)).toBeUndefined()
      await expect(async () => cache.getOrThrow(key)).rejects.toThrow('has expired')
      expect(await cache.cache(key, generate)).toBe(2)
    })

    test('of the call that asks counts for it', async () => {
      const { cache, clock, generate } = setUp()
      await cache.cache(key, generate)
      clock.now += second
      expect(await cache.has(key, { ttl: second })).toBe(false)
      expect(await cache.get(key, { ttl: second })).toBeUndefined()
      expect(await cache.get(key, { ttl: second + 1 })).toBe(1)
      expect(await cache.get(key)).toBe(1)
      expect(await cache.cache(key, { ttl: second }, generate)).toBe(2)
    })

    test('of the cache counts where a call has none', async () => {
      const { cache, clock, generate } = setUp({ ttl: '1s' })
      await cache.set(key, 0)
      await cache.set(`${key}2`, 0, { ttl: '2s' })
      await cache.set(`${key}3`, 0, { ttl: Number.POSITIVE_INFINITY })
      clock.now += second
      expect(await cache.cache(key, generate)).toBe(1)
      expect(await cache.get(`${key}2`)).toBeUndefined()
      expect(await cache.get(`${key}2`, { ttl: '1h' })).toBe(0)
      clock.now += second
      expect(await cache.get(`${key}2`, { ttl: '1h' })).toBeUndefined()
      clock.now += 1e15
      expect(await cache.get(`${key}3`)).toBeUndefined()
      expect(await cache.get(`${key}3`, { ttl: Number.POSITIVE_INFINITY })).toBe(0)
    })

    test('is a reason for a miss, and explained', async () => {
      const setup = setUp()
      const { cache, clock, generate } = setup
      await cache.cache(key, { ttl: '1s' }, generate)
      expect(await cache.explain(key)).toMatchObject({
        outcome: 'hit',
        stale: false,
        staleAt: clock.now + second,
      })
      clock.now += 2 * second
      expect(await cache.explain(key)).toMatchObject({
        outcome: 'miss',
        reason: 'expired',
        expiresAt: clock.now - second,
        message: expect.stringContaining('stored 2s ago, but it has expired'),
      })
      await cache.cache(key, generate)
      expect(missesOf(setup)).toEqual(['absent', 'expired'])
      expect(cache.stats().misses).toMatchObject({ absent: 1, expired: 1 })
    })

    test('that is over while the entry is still of use is explained so', async () => {
      const { cache, clock, generate } = setUp()
      const options = { ttl: '300ms', staleIfError: '1h' } as const
      await cache.cache(key, options, generate)
      clock.now += 3 * second
      const said = async (options?: SetOptions) => (await cache.explain(key, options)).message
      expect(await said(options)).toMatch(
        /would be a miss: stored 3s ago, but it is older than the ttl of 300ms; it stands in for an error for another 59m\.$/,
      )
      expect(await said({ ttl: '2s' })).toMatch(/, but it is older than the ttl of 2s\.$/)
      clock.now += 3600 * second
      expect(await said(options)).toMatch(/stored 1h ago, but it has expired\.$/)
    })

    test('does not serve for ever what a clock has stored that was set back', async () => {
      const { cache, clock, generate } = setUp()
      await cache.cache(key, { ttl: '10s' }, generate)
      clock.now -= 9 * second
      expect(await cache.get(key)).toBe(1)
      clock.now -= 3600 * second
      expect(await cache.has(key)).toBe(false)
      expect((await cache.explain(key)).message).toContain('stored 1h ahead of the clock')
      expect(await cache.cache(key, { ttl: '10s' }, generate)).toBe(2)
      clock.now += 10 * second
      expect(await cache.cache(key, { ttl: '10s' }, generate)).toBe(3)
    })
  })

  describe('staleWhileRevalidate', () => {
    const options = { ttl: second, staleWhileRevalidate: second }

    test('serves a stale value at once, and generates one new one in the background', async () => {
      const setup = setUp()
      const { cache, clock, events } = setup
      await cache.cache(key, options, () => 'old')
      clock.now += second
      const run = deferred<string>()
      const generate = vi.fn(() => run.promise)
      const answers = [1, 2, 3].map(() => cache.cache(key, options, generate))
      expect(await Promise.all(answers)).toEqual(['old', 'old', 'old'])
      await until(() => generate.mock.calls.length > 0)
      expect(await cache.cache(key, options, generate)).toBe('old')
      run.resolve('new')
      await until(() => events.filter(({ type }) => type === 'store').length === 2)
      expect(await cache.cache(key, options, generate)).toBe('new')
      expect(generate).toHaveBeenCalledTimes(1)
      expect(missesOf(setup)).toEqual(['absent'])
      const hits = events.filter(({ type }) => type === 'hit').map(({ stale }) => stale)
      expect(hits).toEqual([true, true, true, true, undefined])
      expect(cache.stats()).toMatchObject({ hits: 5, stale: 4, generated: 2, joined: 0 })
    })

    test('generates in the background with a synchronous generator, too', async () => {
      const { cache, clock, generate } = setUp()
      await cache.cache(key, options, generate)
      clock.now += second
      const answer = cache.cache(key, options, generate)
      expect(generate).toHaveBeenCalledTimes(1)
      expect(await answer).toBe(1)
      await settled()
      expect(generate).toHaveBeenCalledTimes(2)
      expect(await cache.get(key)).toBe(2)
    })

    test('ends', async () => {
      const { cache, clock, generate } = setUp()
      await cache.cache(key, options, generate)
      clock.now += 2 * second
      expect(await cache.cache(key, options, generate)).toBe(2)
    })

    test('is for who can generate only', async () => {
      const { cache, clock, generate } = setUp()
      await cache.set(key, 0, options)
      clock.now += second
      expect(await cache.get(key, { ttl: second })).toBeUndefined()
      expect(await cache.has(key, { ttl: second })).toBe(false)
      expect(await cache.explain(key, options)).toMatchObject({ outcome: 'hit', stale: true })
      expect((await cache.explain(key, options)).message).toContain('generated anew in the background')
      expect(generate).not.toHaveBeenCalled()
    })

    test.each([{ how: 'throws' }, { how: 'rejects' }])(
      'tells of a background generator that $how in an event, and nobody else',
      async ({ how }) => {
        const { cache, clock, events } = setUp()
        await cache.cache(key, options, () => 'old')
        clock.now += second
        const error = new Error('down')
        const fail = () => {
          if (how === 'throws') throw error
          return Promise.reject(error)
        }
        expect(await cache.cache(key, options, fail)).toBe('old')
        await settled()
        expect(events.filter(({ type }) => type === 'error')).toEqual([
          { type: 'error', error, name: expect.stringContaining('table') },
        ])
        expect(await cache.cache(key, options, () => 'new')).toBe('old')
        await settled()
        expect(await cache.get(key)).toBe('new')
      },
    )

    test('loses against what changes the entry meanwhile', async () => {
      const { cache, clock } = setUp()
      await cache.cache(key, options, () => 'old')
      clock.now += second
      const run = deferred<string>()
      const generate = vi.fn(() => run.promise)
      expect(await cache.cache(key, options, generate)).toBe('old')
      await until(() => generate.mock.calls.length > 0)
      await cache.set(key, 'set')
      run.resolve('late')
      await settled()
      expect(await cache.get(key)).toBe('set')
    })

    test('does not bring back what is deleted before it begins', async () => {
      const { cache, clock, generate } = setUp()
      await cache.cache(key, options, generate)
      clock.now += second
      const answer = cache.cache(key, options, generate)
      const deletion = cache.delete(key)
      expect(await answer).toBeOneOf([1, 2])
      await deletion
      await settled()
      expect(await cache.has(key)).toBe(false)
    })

    test('does not take the place of another version that is being generated', async () => {
      const { cache, clock, generate } = setUp()
      await cache.cache(key, { ...options, version: 1 }, generate)
      clock.now += second
      const run = deferred<string>()
      const next = vi.fn(() => run.promise)
      const other = cache.cache(key, { version: 2 }, next)
      await until(() => next.mock.calls.length > 0)
      expect(await cache.cache(key, { ...options, version: 1 }, generate)).toBe(1)
      await settled()
      run.resolve('next')
      expect(await other).toBe('next')
      expect(await cache.get(key, { version: 2 })).toBe('next')
      expect(generate).toHaveBeenCalledTimes(1)
    })
  })

  describe('staleIfError', () => {
    const options = { ttl: second, staleIfError: second }
    const error = new Error('down')

    test.each([
      {
        how: 'throws',
        fail: () => {
          throw error
        },
      },
      { how: 'rejects', fail: () => Promise.reject(error) },
    ])('hands out the stale value when the generator $how, with an event', async ({ fail }) => {
      const setup = setUp()
      const { cache, clock, events } = setup
      await cache.cache(key, options, () => 'old')
      clock.now += second
      expect(await cache.cache(key, options, fail)).toBe('old')
      expect(events.filter(({ type }) => type === 'error')).toMatchObject([{ error }])
      expect(events.at(-1)).toMatchObject({ type: 'hit', stale: true })
      expect(missesOf(setup)).toEqual(['absent', 'expired'])
      expect(cache.stats()).toMatchObject({ hits: 0, stale: 1 })
      expect(await cache.cache(key, options, () => 'new')).toBe('new')
      clock.now += 2 * second
      await expect(async () => cache.cache(key, options, fail)).rejects.toBe(error)
    })

    test('is for who asks for it, of all who wait', async () => {
      const { cache, clock, events } = setUp()
      await cache.cache(key, options, () => 'old')
      clock.now += second
      const run = deferred<string>()
      const generate = () => run.promise
      const callers = [options, options, { ttl: second }].map(async own => cache.cache(key, own, generate))
      await settled()
      run.reject(error)
      expect(await Promise.allSettled(callers)).toEqual([
        { status: 'fulfilled', value: 'old' },
        { status: 'fulfilled', value: 'old' },
        { status: 'rejected', reason: error },
      ])
      expect(events.filter(({ type }) => type === 'error')).toHaveLength(1)
    })

    test('hands out nothing that was deleted meanwhile, and what was set', async () => {
      const { cache, clock } = setUp()
      for (const change of [async () => cache.delete(key), async () => cache.set(key, 'set')]) {
        await cache.cache(key, options, () => 'old')
        clock.now += second
        const run = deferred<string>()
        const caller = cache.cache(key, options, () => run.promise) as Promise<string>
        await settled()
        await change()
        run.reject(error)
        await expect(caller.catch(caught => caught)).resolves.toBe((await cache.has(key)) ? 'set' : error)
      }
    })

    test('hands out nothing of another version', async () => {
      const { cache, clock } = setUp()
      await cache.cache(key, { ...options, version: 1 }, () => 'old')
      clock.now += second
      const fail = () => Promise.reject(error)
      await expect(cache.cache(key, { ...options, version: 2 }, fail)).rejects.toBe(error)
    })

    test('does not answer who has given up', async () => {
      const { cache, clock } = setUp()
      await cache.cache(key, options, () => 'old')
      clock.now += second
      const controller = new AbortController()
      const caller = cache.cache(key, { ...options, signal: controller.signal }, () => new Promise(() => {}))
      await settled()
      controller.abort(error)
      await expect(caller).rejects.toBe(error)
    })
  })

  describe('refreshAhead', () => {
    const options = { ttl: 10 * second, refreshAhead: true } as const
    // A timer of 0 may end after microseconds, and what took so little is not generated ahead.
    const slow = async () => {
      await new Promise(resolve => setTimeout(resolve, 5))
      return 'value'
    }

    test('generates in the background when chance wants it, and serves the valid value', async () => {
      let chance = 0
      const { cache, clock, generate } = setUp({ random: () => chance })
      await cache.cache(key, options, slow)
      clock.now += 10 * second - 1
      expect(await cache.cache(key, options, generate)).toBe('value')
      await settled()
      expect(generate).not.toHaveBeenCalled()
      chance = 1 - Number.EPSILON
      expect(await cache.cache(key, options, generate)).toBe('value')
      await settled()
      expect(generate).toHaveBeenCalledTimes(1)
      expect(await cache.get(key)).toBe(1)
      expect(cache.stats()).toMatchObject({ hits: 3, stale: 0 })
    })

    test('is an option of the cache as well', async () => {
      const { cache, clock, generate } = setUp({ ...options, random: () => 1 - Number.EPSILON })
      await cache.cache(key, slow)
      clock.now += 10 * second - 1
      expect(await cache.cache(key, generate)).toBe('value')
      await settled()
      expect(generate).toHaveBeenCalledTimes(1)
    })
  })

  describe('refresh', () => {
    test('generates although there is a valid entry, which stays until then', async () => {
      const setup = setUp()
      const { cache, generate } = setup
      await cache.cache(key, generate)
      const run = deferred<string>()
      const caller = cache.cache(key, { refresh: true }, () => run.promise)
      await settled()
      expect(await cache.get(key)).toBe(1)
      run.resolve('new')
      expect(await caller).toBe('new')
      expect(await cache.get(key)).toBe('new')
      expect(missesOf(setup)).toEqual(['absent', 'refresh'])
      expect(await cache.cache(key, { refresh: false }, generate)).toBe('new')
    })

    test('leaves the entry where the generator fails, and hands it out only if that is allowed', async () => {
      const { cache } = setUp()
      const fail = () => Promise.reject(new Error('down'))
      await cache.set(key, 'old')
      await expect(cache.cache(key, { refresh: true }, fail)).rejects.toThrow('down')
      expect(await cache.cache(key, { refresh: true, ttl: second, staleIfError: 0 }, fail)).toBe('old')
      expect(await cache.get(key)).toBe('old')
    })

    test('is one generation for all who ask for it meanwhile', async () => {
      const { cache } = setUp()
      await cache.set(key, 'old')
      const run = deferred<string>()
      const generate = vi.fn(() => run.promise)
      const callers = [1, 2, 3].map(() => cache.cache(key, { refresh: true }, generate))
      await settled()
      run.resolve('new')
      expect(await Promise.all(callers)).toEqual(['new', 'new', 'new'])
      expect(generate).toHaveBeenCalledTimes(1)
    })
  })

  describe('migrate', () => {
    const older = { version: 1 }
    const newer = { version: 2 }

    test('turns an entry of another stamp into one of the present, as old as it was', async () => {
      const { cache, clock, generate, events } = setUp()
      await cache.set(key, { rows: 1 }, older)
      const { storedAt } = (await cache.explain(key, older)) as { storedAt?: number }
      clock.now += second
      const migrate = vi.fn((value: unknown, stamp: string) => ({ ...(value as object), from: stamp }))
      const migrated = { rows: 1, from: '1.1' }
      expect(await cache.cache(key, { ...newer, migrate }, generate)).toEqual(migrated)
      expect(await cache.cache(key, { ...newer, migrate }, generate)).toEqual(migrated)
      expect(migrate).toHaveBeenCalledTimes(1)
      expect(generate).not.toHaveBeenCalled()
      expect(await cache.get(key, newer)).toEqual(migrated)
      expect(await cache.explain(key, newer)).toMatchObject({ storedAt })
      expect(events.map(({ type }) => type).slice(0, 3)).toEqual(['store', 'miss', 'store'])
      expect(await cache.get(key, { ...newer, ttl: second })).toBeUndefined()
    })

    test('may answer with a promise', async () => {
      const { cache, generate } = setUp()
      await cache.set(key, 1, older)
      expect(await cache.cache(key, { ...newer, migrate: async () => 'migrated' }, generate)).toBe('migrated')
      expect(await cache.get(key, newer)).toBe('migrated')
    })

    test('keeps what the entry has once cost', async () => {
      const { cache } = setUp()
      await cache.cache(key, older, async () => {
        await settled()
        return 1
      })
      const { cost } = (await cache.explain(key, older)) as { cost?: number }
      await cache.cache(key, { ...newer, migrate: () => 2 }, () => 3)
      expect(cost).toBeGreaterThan(0)
      expect(await cache.explain(key, newer)).toMatchObject({ cost })
      expect(cache.stats().generated).toBe(1)
    })

    test.each([
      { how: 'answers undefined', migrate: () => undefined, errors: 0 },
      { how: 'answers undefined later', migrate: async () => undefined, errors: 0 },
      {
        how: 'throws',
        migrate: () => {
          throw new Error('unknown')
        },
        errors: 1,
      },
      { how: 'rejects', migrate: () => Promise.reject(new Error('unknown')), errors: 1 },
    ])('generates where it $how', async ({ migrate, errors }) => {
      const { cache, generate, events } = setUp()
      await cache.set(key, 1, older)
      expect(await cache.cache(key, { ...newer, migrate }, generate)).toBe(1)
      expect(generate).toHaveBeenCalledTimes(1)
      expect(await cache.get(key, newer)).toBe(1)
      expect(events.filter(({ type }) => type === 'error')).toHaveLength(errors)
    })

    test('does not swallow the error of the generator that runs then', async () => {
      const { cache } = setUp()
      await cache.set(key, 1, older)
      const fail = async () => {
        throw new Error('down')
      }
      for (const migrate of [() => undefined, async () => undefined]) {
        await expect(cache.cache(key, { ...newer, migrate }, fail)).rejects.toThrow('down')
      }
    })

    test('is not asked about what has expired, was made from other params, or is to be refreshed', async () => {
      const { cache, clock, generate } = setUp()
      const migrate = vi.fn(() => 'migrated')
      await cache.set(key, 1, { ...older, params: 1 })
      const other = { ...newer, params: 2, hashParams: true, migrate }
      expect(await cache.cache(key, other, generate)).toBe(1)
      await cache.set(key, 1, older)
      expect(await cache.cache(key, { ...newer, refresh: true, migrate }, generate)).toBe(2)
      await cache.set(key, 1, older)
      clock.now += second
      expect(await cache.cache(key, { ...newer, ttl: second, migrate }, generate)).toBe(3)
      expect(migrate).not.toHaveBeenCalled()
    })

    test('is not asked about an entry that is generated ahead', async () => {
      const { cache, clock, generate } = setUp({ random: () => 1 - Number.EPSILON })
      const migrate = vi.fn(() => 'migrated')
      const options = { ttl: 10 * second, refreshAhead: true, migrate }
      await cache.cache(key, options, async () => {
        await settled()
        return 'slow'
      })
      clock.now += 10 * second - 1
      expect(await cache.cache(key, options, generate)).toBe('slow')
      await settled()
      expect(await cache.get(key)).toBe(1)
      expect(migrate).not.toHaveBeenCalled()
    })

    test('loses against what changes the entry meanwhile', async () => {
      const { cache, generate } = setUp()
      await cache.set(key, 1, older)
      const run = deferred<string>()
      const caller = cache.cache(key, { ...newer, migrate: () => run.promise }, generate)
      await settled()
      await cache.delete(key)
      run.resolve('late')
      expect(await caller).toBe('late')
      expect(await cache.has(key, newer)).toBe(false)
    })
  })

  test.each([
    { options: { staleWhileRevalidate: '1s' }, message: 'staleWhileRevalidate needs a ttl' },
    { options: { ttl: '1y' }, message: 'ttl is "1y": it is milliseconds' },
    { options: { timeout: { soft: 10 } }, message: 'timeout.soft needs staleIfError' },
    { options: { timeout: -1 }, message: 'timeout is "-1"' },
    { options: { timeout: { hard: 'x' } }, message: 'timeout.hard is "x"' },
    { options: { timeout: { Hard: 5 } }, message: 'timeout has no option "Hard". It has: soft, hard' },
    { options: { timeout: { hard: null } }, message: 'timeout.hard is "null"' },
    { options: { refresh: 1 }, message: 'refresh is "1": it is a value of type boolean' },
    { options: { migrate: 1 }, message: 'migrate is "1": it is a value of type function' },
  ])('$message, and is refused', async ({ options, message }) => {
    const { cache, generate } = setUp()
    await expect(async () => cache.cache(key, options as never, generate)).rejects.toThrow(message)
    if (message.includes('refresh') || message.includes('migrate')) return
    expect(() => setUp(options as never)).toThrow(message)
  })

  test('a verb refuses what it cannot keep', async () => {
    const { cache } = setUp()
    const stale = { ttl: 1, staleWhileRevalidate: 1 } as object
    const looks = [
      async () => cache.get(key, stale),
      async () => cache.getOrThrow(key, stale),
      async () => cache.has(key, stale),
    ]
    for (const look of looks) await expect(look).rejects.toThrow('has no option "staleWhileRevalidate"')
    const late = { timeout: 1 } as object
    await expect(async () => cache.set(key, 1, late)).rejects.toThrow('has no option "timeout"')
  })

  test('with every option that reads the clock or chance off, neither is read on a hit', async () => {
    const clock = vi.fn(() => 0)
    const random = vi.fn(() => 0)
    const { cache, generate } = setUp({ clock, random })
    await cache.cache(key, generate)
    clock.mockClear()
    await cache.cache(key, generate)
    await cache.cache(key, { version: key === 'table' ? 0 : 1 }, generate)
    await cache.get(key)
    expect(clock).not.toHaveBeenCalled()
    expect(random).not.toHaveBeenCalled()
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('a context is given to a generator in the background, too', async () => {
    const { cache, clock } = setUp()
    const options = { ttl: second, staleWhileRevalidate: second }
    const generate = withContext(({ key: name, signal }) => `${name} ${signal.aborted}`)
    await cache.cache(key, options, () => 'old')
    clock.now += second
    expect(await cache.cache(key, options, generate)).toBe('old')
    await settled()
    expect(await cache.get(key)).toBe(`${key} false`)
  })
})

describe('between processes', () => {
  const options = { ttl: second, staleWhileRevalidate: second }
  function setUp() {
    const clock = { now: 1e12 }
    const store = new MemoryReferenceStore()
    const stores = [store, new MemoryReferenceStore(store)]
    const caches = stores.map(store => new Cache({ store, clock: () => clock.now })) as [Cache, Cache]
    return { caches, clock }
  }

  test('a stale entry is renewed by one of them', async () => {
    const {
      caches: [one, other],
      clock,
    } = setUp()
    await one.cache('./a', options, () => 'old')
    clock.now += second
    const run = deferred<string>()
    const generate = vi.fn(() => run.promise)
    const answers = [one, other].map(cache => cache.cache('./a', options, generate))
    expect(await Promise.all(answers)).toEqual(['old', 'old'])
    await settled()
    run.resolve('new')
    await settled()
    expect(await other.get('./a')).toBe('new')
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('so is a valid one, where both ask for a new one', async () => {
    const {
      caches: [one, other],
    } = setUp()
    await one.set('./a', 'old')
    const run = deferred<string>()
    const generate = vi.fn(() => run.promise)
    const answers = [one, other].map(cache => cache.cache('./a', { refresh: true }, generate))
    await settled()
    run.resolve('new')
    expect(await Promise.all(answers)).toEqual(['new', 'new'])
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('who hands out a stale value looks whether it is still there', async () => {
    const {
      caches: [one, other],
      clock,
    } = setUp()
    const resilient = { ttl: second, staleIfError: second }
    await one.cache('./a', resilient, () => 'old')
    clock.now += second
    const run = deferred<string>()
    const caller = one.cache('./a', resilient, () => run.promise)
    await settled()
    await other.delete('./a')
    run.reject(new Error('down'))
    await expect(caller).rejects.toThrow('down')
  })

  test('what another one has deleted is not renewed', async () => {
    const {
      caches: [one, other],
      clock,
    } = setUp()
    await one.cache('./a', options, () => 'old')
    clock.now += second
    const run = deferred<string>()
    expect(await one.cache('./a', options, () => run.promise)).toBe('old')
    await settled()
    await other.delete('./a')
    run.resolve('late')
    await settled()
    expect(await one.has('./a')).toBe(false)
  })
})

test.each(['r', './r'] as const)(
  '%s: what is migrated is handed out no longer than its writer allowed',
  async key => {
    let now = 0
    const cache = new Cache({ store: new MemoryReferenceStore(), clock: () => now })
    await cache.set(key, 'old', { version: 1, ttl: 1000 })
    now = 500
    const migrate = (value: unknown) => `${value}!`
    const migrated = { version: 2, migrate }
    expect(await cache.cache(key, migrated, () => 'new')).toBe('old!')
    now = 999
    expect(await cache.get(key, { version: 2 })).toBe('old!')
    now = 1000
    expect(await cache.get(key, { version: 2 })).toBeUndefined()
  },
)
