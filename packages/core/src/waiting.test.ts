import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Deferred, deferred } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { tiers } from '../test/tiers.ts'
import { Cache } from './cache.ts'
import type { Signal } from './platform.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { withContext } from './with-context.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

type Run = Deferred<unknown> & { readonly signal?: Signal }

describe.each(tiers)('in $tier', ({ key, newCache }) => {
  function setUp() {
    const clock = { now: 1e12 }
    const cache = newCache({ clock: () => clock.now })
    const runs: Run[] = []
    const generate = () => {
      const run = deferred<unknown>()
      runs.push(run)
      return run.promise
    }
    const stoppable = withContext(({ signal }) => {
      const run = { ...deferred<unknown>(), signal }
      runs.push(run)
      signal.addEventListener('abort', () => run.reject(signal.reason))
      return run.promise
    })
    return { cache, clock, runs, generate, stoppable, events: recorded(cache) }
  }
  const errorsOf = ({ events }: ReturnType<typeof setUp>) => events.filter(({ type }) => type === 'error')
  const outcomeOf = (call: unknown) =>
    Promise.resolve(call).catch((error: { code?: string }) => error.code ?? error)

  describe('a hard time-out', () => {
    test.each([{ timeout: 100 }, { timeout: '100ms' }, { timeout: { hard: 100 } }] as const)(
      'rejects and aborts: $timeout',
      async ({ timeout }) => {
        const { cache, runs, stoppable } = setUp()
        const outcome = outcomeOf(cache.cache(key, { timeout }, stoppable))
        await pass(99)
        expect(runs[0]?.signal?.aborted).toBe(false)
        await pass(1)
        expect(await outcome).toBe('generation-timeout')
        expect(runs[0]?.signal?.reason).toMatchObject({ code: 'generation-timeout' })
        expect(await cache.has(key)).toBe(false)
      },
    )

    test('counts in time', async () => {
      const { cache, runs, generate } = setUp()
      const outcome = outcomeOf(cache.cache(key, { timeout: 100 }, generate))
      await pass(99)
      runs[0]?.resolve('value')
      expect(await outcome).toBe('value')
    })

    test('concerns one caller: who still waits keeps the generator going', async () => {
      const { cache, runs, stoppable } = setUp()
      const hurried = outcomeOf(cache.cache(key, { timeout: 100 }, stoppable))
      const patient = outcomeOf(cache.cache(key, stoppable))
      await pass(100)
      expect(await hurried).toBe('generation-timeout')
      expect(runs[0]?.signal?.aborted).toBe(false)
      runs[0]?.resolve('value')
      expect(await patient).toBe('value')
      expect(await cache.get(key)).toBe('value')
    })

    test('gives up a generator that does not hear of it: who asks later begins anew', async () => {
      const { cache, runs, generate } = setUp()
      const first = outcomeOf(cache.cache(key, { timeout: 100 }, generate))
      await pass(100)
      expect(await first).toBe('generation-timeout')
      const next = outcomeOf(cache.cache(key, { timeout: 100 }, generate))
      await pass(0)
      expect(runs).toHaveLength(2)
      runs[0]?.resolve('late')
      await pass(0)
      expect(await cache.has(key)).toBe(false)
      runs[1]?.resolve('value')
      expect(await next).toBe('value')
      expect(await cache.get(key)).toBe('value')
    })

    test('is a failure that a stale value stands in for', async () => {
      const setup = setUp()
      const { cache, clock, generate } = setup
      const options = { ttl: 1000, staleIfError: 1000, timeout: 100 }
      await cache.cache(key, options, () => 'old')
      clock.now += 1000
      const outcome = outcomeOf(cache.cache(key, options, generate))
      await pass(100)
      expect(await outcome).toBe('old')
      expect(errorsOf(setup)).toMatchObject([{ error: { code: 'generation-timeout' } }])
    })

    test('holds for what is generated in the background, too', async () => {
      const setup = setUp()
      const { cache, clock, runs, stoppable } = setup
      const options = { ttl: 1000, staleWhileRevalidate: 1000, timeout: 100 }
      await cache.cache(key, options, () => 'old')
      clock.now += 1000
      expect(await cache.cache(key, options, stoppable)).toBe('old')
      await pass(99)
      expect(errorsOf(setup)).toEqual([])
      await pass(1)
      expect(runs[0]?.signal?.aborted).toBe(true)
      expect(errorsOf(setup)).toMatchObject([{ error: { code: 'generation-timeout' } }])
      expect(await cache.cache(key, options, () => 'new')).toBe('old')
      await pass(0)
      expect(await cache.get(key)).toBe('new')
    })
  })

  test.each([
    { begun: 'in the background', first: { staleWhileRevalidate: 1000 } },
    { begun: 'by a call that was served after a soft time-out', first: { timeout: { soft: 50 } } },
  ])('a hard time-out gives up what was begun $begun, for as long as it takes', async ({ first }) => {
    const { cache, clock, runs, stoppable } = setUp()
    const options = { ttl: 1000, staleIfError: 1000 }
    await cache.cache(key, options, () => 'old')
    clock.now += 1000
    const served = outcomeOf(cache.cache(key, { ...options, ...first }, stoppable))
    await pass(50)
    expect(await served).toBe('old')
    const hurried = outcomeOf(cache.cache(key, { refresh: true, timeout: 100 }, stoppable))
    await pass(99)
    expect(runs).toHaveLength(1)
    expect(runs[0]?.signal?.aborted).toBe(false)
    await pass(1)
    expect(await hurried).toBe('generation-timeout')
    expect(runs[0]?.signal?.aborted).toBe(true)
    expect(await cache.cache(key, { refresh: true, timeout: 100 }, () => 'new')).toBe('new')
  })

  test('a hard time-out leaves what others have a longer one for', async () => {
    const { cache, clock, runs, stoppable } = setUp()
    const options = { ttl: 1000, staleWhileRevalidate: 1000, timeout: 200 }
    await cache.cache(key, options, () => 'old')
    clock.now += 1000
    expect(await cache.cache(key, options, stoppable)).toBe('old')
    await pass(50)
    const hurried = outcomeOf(cache.cache(key, { refresh: true, timeout: 100 }, stoppable))
    await pass(100)
    expect(await hurried).toBe('generation-timeout')
    expect(runs[0]?.signal?.aborted).toBe(false)
    runs[0]?.resolve('new')
    await pass(0)
    expect(await cache.get(key)).toBe('new')
  })

  describe('a soft time-out', () => {
    const options = { ttl: 1000, staleIfError: 1000, timeout: { soft: 50, hard: 100 } }
    async function stale() {
      const setup = setUp()
      await setup.cache.cache(key, options, () => 'old')
      setup.clock.now += 1000
      return setup
    }

    test('serves the stale value, and the generator goes on', async () => {
      const { cache, runs, stoppable, events } = await stale()
      const outcome = outcomeOf(cache.cache(key, options, stoppable))
      await pass(49)
      expect(events.at(-1)).toMatchObject({ type: 'miss', reason: 'expired' })
      await pass(1)
      expect(await outcome).toBe('old')
      expect(events.at(-1)).toMatchObject({ type: 'hit', stale: true, standsIn: true })
      runs[0]?.resolve('new')
      await pass(0)
      expect(await cache.get(key)).toBe('new')
    })

    test('is nothing to who is served in time, or by an error', async () => {
      const { cache, runs, generate } = await stale()
      const outcome = outcomeOf(cache.cache(key, options, generate))
      await pass(49)
      runs[0]?.resolve('new')
      expect(await outcome).toBe('new')
    })

    test('waits on where there is nothing to serve', async () => {
      const { cache, runs, generate } = setUp()
      const outcome = outcomeOf(cache.cache(key, options, generate))
      await pass(60)
      runs[0]?.resolve('new')
      expect(await outcome).toBe('new')
    })

    test('does not end the hard one, which is told in an event', async () => {
      const setup = await stale()
      const { cache, runs, stoppable } = setup
      const outcome = outcomeOf(cache.cache(key, options, stoppable))
      await pass(50)
      expect(await outcome).toBe('old')
      await pass(49)
      expect(runs[0]?.signal?.aborted).toBe(false)
      await pass(1)
      expect(runs[0]?.signal?.aborted).toBe(true)
      const message = expect.stringContaining('took longer than 100 ms')
      expect(errorsOf(setup)).toMatchObject([{ error: { code: 'generation-timeout', message } }])
    })

    test('lets a later error be told in an event', async () => {
      const setup = await stale()
      const { cache, runs, generate } = setup
      const outcome = outcomeOf(cache.cache(key, options, generate))
      await pass(50)
      expect(await outcome).toBe('old')
      const error = new Error('down')
      runs[0]?.reject(error)
      await pass(0)
      expect(errorsOf(setup)).toMatchObject([{ error }])
    })

    test('makes the call one that its signal does not reach any more', async () => {
      const { cache, runs, stoppable } = await stale()
      const { signal, abort } = abortable()
      const outcome = outcomeOf(cache.cache(key, { ...options, signal }, stoppable))
      await pass(50)
      expect(await outcome).toBe('old')
      abort()
      expect(runs[0]?.signal?.aborted).toBe(false)
      runs[0]?.resolve('new')
      await pass(0)
      expect(await cache.get(key)).toBe('new')
    })

    test('serves the valid value to who asks for a new one', async () => {
      const { cache, runs, generate } = setUp()
      await cache.set(key, 'valid')
      const outcome = outcomeOf(cache.cache(key, { refresh: true, timeout: { soft: 50 } }, generate))
      await pass(50)
      expect(await outcome).toBe('valid')
      runs[0]?.resolve('new')
      await pass(0)
      expect(await cache.get(key)).toBe('new')
    })

    test('is one for each caller', async () => {
      const { cache, runs, generate } = await stale()
      const hurried = outcomeOf(cache.cache(key, options, generate))
      const patient = outcomeOf(cache.cache(key, { ttl: 1000 }, generate))
      await pass(50)
      expect(await hurried).toBe('old')
      runs[0]?.resolve('new')
      expect(await patient).toBe('new')
    })
  })

  test.each([
    { limit: 'a hard time-out', options: { timeout: 2 ** 31 + 10 }, end: 'generation-timeout' },
    {
      limit: 'a soft time-out',
      options: { staleIfError: 1000, timeout: { soft: 2 ** 31 + 10 } },
      end: 'old',
    },
    { limit: 'maxWait', options: { maxWait: 2 ** 31 + 10 }, end: 'wait-timeout' },
  ])('$limit may be longer than timers count', async ({ options, end }) => {
    const { cache, clock, generate } = setUp()
    await cache.set(key, 'old', { ttl: 1000, staleIfError: 1000 })
    clock.now += 1000
    void cache.cache(key, { ttl: 1000 }, generate)
    const outcome = outcomeOf(cache.cache(key, { ttl: 1000, ...options }, generate))
    const isOver = vi.fn()
    void outcome.then(isOver)
    await pass(2 ** 31 + 9)
    expect(isOver).not.toHaveBeenCalled()
    await pass(1)
    expect(await outcome).toBe(end)
  })

  test('a time-out of the cache is that of calls without one', async () => {
    const cache = newCache({ timeout: 100 })
    const never = () => new Promise(() => {})
    const outcomes = [cache.cache(key, never), cache.cache(`${key}2`, { timeout: 200 }, never)].map(outcomeOf)
    await pass(100)
    expect(await outcomes[0]).toBe('generation-timeout')
    await pass(100)
    expect(await outcomes[1]).toBe('generation-timeout')
  })
})

test('every error is told, also where another caller had none of it', async () => {
  const cache = new Cache({ clock: () => 1e12 })
  const events = recorded(cache)
  const options = { refresh: true, ttl: 1000, staleIfError: 0 }
  cache.set('a', 'old')
  const run = deferred<string>()
  const generate = () => run.promise
  const callers = [
    cache.cache('a', { ...options, timeout: 100 }, generate),
    cache.cache('a', options, generate),
  ]
  await pass(100)
  const error = new Error('down')
  run.reject(error)
  expect(await Promise.all(callers)).toEqual(['old', 'old'])
  const errors = events.filter(({ type }) => type === 'error')
  expect(errors).toMatchObject([{ error: { code: 'generation-timeout' } }, { error }])
})

test('a value that comes when its only caller was served already, and is not kept, belongs to nobody', async () => {
  const disposed: unknown[] = []
  const cache = new Cache({ dispose: (value, reason) => disposed.push([value, reason]) })
  cache.set('a', 'old')
  const run = deferred<string>()
  const caller = cache.cache('a', { refresh: true, timeout: { soft: 50 } }, () => run.promise)
  await pass(50)
  expect(await caller).toBe('old')
  cache.delete('a')
  run.resolve('late')
  await pass(0)
  expect(disposed).toEqual([
    ['old', 'delete'],
    ['late', 'discard'],
  ])
})

/** Two caches on what one store keeps, in which an entry is stale for calls with these options. */
async function twoCachesOfStaleEntry() {
  let now = 1e12
  const store = new MemoryReferenceStore()
  const clock = () => now
  const cache = new Cache({ store, clock })
  const other = new Cache({ store: new MemoryReferenceStore(store), clock })
  const options = { ttl: 1000, staleWhileRevalidate: 1000 }
  await cache.set('./a', 'old', options)
  now += 1000
  return { cache, other, options }
}

test('what was to be renewed and has gone is generated for nobody who has given up', async () => {
  const { cache, other, options } = await twoCachesOfStaleEntry()
  const run = deferred<string>()
  const theirs = other.cache('./a', { refresh: true }, () => run.promise)
  await pass(0)
  const background = vi.fn(() => 'background')
  expect(await cache.cache('./a', options, background)).toBe('old')
  const { signal, abort } = abortable()
  const joined = cache.cache('./a', { refresh: true, signal }, background).catch(error => error.name)
  await pass(0)
  abort()
  expect(await joined).toBe('AbortError')
  await other.delete('./a')
  run.resolve('theirs')
  await theirs
  await pass(0)
  expect(background).not.toHaveBeenCalled()
  expect(await cache.has('./a')).toBe(false)
})

test('who joins a background generation that is given up there gets a value, also where its entry has gone', async () => {
  const { cache, other, options } = await twoCachesOfStaleEntry()
  const theirs = other.cache('./a', { refresh: true }, () => new Promise(() => {}))
  await pass(0)
  expect(await cache.cache('./a', { ...options, timeout: 100 }, () => 'background')).toBe('old')
  const joined = cache.cache('./a', { refresh: true }, () => 'joined')
  await pass(100)
  await other.delete('./a')
  expect(await joined).toBe('background')
  void theirs
})

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
