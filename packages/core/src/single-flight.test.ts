import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Deferred, deferred, settled, until } from '../test/deferred.ts'
import { withoutClaims } from '../test/without-claims.ts'
import { Cache } from './cache.ts'
import type { CacheOptions } from './internals.ts'
import type { Signal } from './platform.ts'
import { appSessionId, overrideAppSessionId } from './session.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { withContext } from './with-context.ts'

const session = appSessionId()

beforeEach(() => overrideAppSessionId('s1'))
afterEach(() => {
  overrideAppSessionId(session)
  vi.useRealTimers()
})

const newCache = (options?: CacheOptions) => new Cache({ ...options, store: new MemoryReferenceStore() })

const unclaimed = (options?: CacheOptions) =>
  new Cache({ ...options, store: withoutClaims(new MemoryReferenceStore()) })

const tiers = [
  { tier: 'the memory tier', key: 'table', newCache },
  { tier: 'the persistent tier', key: './table', newCache },
  { tier: 'the persistent tier, without claims', key: './table', newCache: unclaimed },
]

/** A generator under control: each of its runs is settled by the test. */
function generator(): { generate: (...args: unknown[]) => Promise<unknown>; runs: Deferred<unknown>[] } {
  const runs: Deferred<unknown>[] = []
  const generate = () => {
    const run = deferred<unknown>()
    runs.push(run)
    return run.promise
  }
  return { generate, runs }
}

/** `generator`, which hears of its signal. */
function abortable(): { generate: ReturnType<typeof contextual>; runs: Run[] } {
  const runs: Run[] = []
  return { generate: contextual(runs), runs }
}

type Run = Deferred<unknown> & { readonly signal: Signal }

function contextual(runs: Run[]) {
  return withContext(({ signal }): Promise<unknown> => {
    const run = deferred<unknown>()
    runs.push({ ...run, signal })
    return run.promise
  })
}

/** What a test does with its own hands, as if it were a generator that began at once. */
const begun = (runs: unknown[], count = 1) => until(() => runs.length >= count)

describe.each(tiers)('in $tier', ({ key, newCache }) => {
  describe('one generation', () => {
    test('serves everyone who asks while it runs', async () => {
      const cache = newCache()
      const { generate, runs } = generator()
      const first = cache.cache(key, generate)
      await begun(runs)
      const others = [cache.cache(key, generate), cache.cache(key, generate)]
      await settled()
      runs[0]?.resolve('value')
      expect(await Promise.all([first, ...others])).toEqual(['value', 'value', 'value'])
      expect(runs).toHaveLength(1)
      expect(await cache.get(key)).toBe('value')
    })

    test('serves callers of the same tick', async () => {
      const cache = newCache()
      const generate = vi.fn(async () => ({}))
      const answers = await Promise.all([1, 2, 3].map(() => cache.cache(key, generate)))
      expect(generate).toHaveBeenCalledTimes(1)
      expect(answers[1]).toBe(answers[0])
      expect(answers[2]).toBe(answers[0])
    })

    test('serves closures of one place in the program', async () => {
      const cache = newCache()
      const run = vi.fn(async () => 'value')
      const call = () => cache.cache(key, () => run())
      expect(await Promise.all([call(), call()])).toEqual(['value', 'value'])
      expect(run).toHaveBeenCalledTimes(1)
    })

    test('serves asynchronous functions of other code, which are not called', async () => {
      const cache = newCache()
      const called = vi.fn()
      const one = cache.cache(key, async () => 'one')
      const other = cache.cache(key, async () => called())
      expect(await Promise.all([one, other])).toEqual(['one', 'one'])
      expect(called).not.toHaveBeenCalled()
    })

    test('serves functions of other code that turn out to be asynchronous; only in memory are they called', async () => {
      const cache = newCache()
      const called = vi.fn(() => Promise.resolve('other'))
      const one = cache.cache(key, () => Promise.resolve('one'))
      const other = cache.cache(key, () => called())
      expect(await Promise.all([one, other])).toEqual(['one', 'one'])
      expect(called).toHaveBeenCalledTimes(key === 'table' ? 1 : 0)
      expect(await cache.get(key)).toBe('one')
    })

    test.each([
      { what: 'another version', one: { version: 1 }, other: { version: 2 } },
      { what: 'another hashVal', one: { hashVal: 1 }, other: { hashVal: 2 } },
      {
        what: 'other hashed params',
        one: { params: 1, hashParams: true },
        other: { params: 2, hashParams: true },
      },
    ])('does not serve callers of $what, and the later one is kept', async ({ one, other }) => {
      const cache = newCache()
      const { generate, runs } = generator()
      const first = cache.cache(key, one, generate)
      await begun(runs)
      const second = cache.cache(key, other, generate)
      await begun(runs, 2)
      runs[1]?.resolve('second')
      expect(await second).toBe('second')
      runs[0]?.resolve('first')
      expect(await first).toBe('first')
      expect(await cache.get(key, other)).toBe('second')
      expect(await cache.get(key, one)).toBeUndefined()
    })

    test('serves callers with other arguments, where these are not hashed', async () => {
      const cache = newCache()
      const generate = vi.fn(async (size: number) => size)
      expect(await Promise.all([cache.cache(key, generate, 1), cache.cache(key, generate, 2)])).toEqual([
        1, 1,
      ])
      expect(generate.mock.calls).toEqual([[1]])
    })

    test('is over when it has settled', async () => {
      const cache = newCache()
      const generate = vi.fn(async () => undefined)
      await cache.cache(key, generate)
      await cache.cache(key, generate)
      expect(generate).toHaveBeenCalledTimes(2)
    })
  })

  describe('an error', () => {
    test('reaches every caller as it is, and is not cached', async () => {
      const cache = newCache()
      const { generate, runs } = generator()
      const first = cache.cache(key, generate)
      await begun(runs)
      const second = cache.cache(key, generate)
      await settled()
      const failure = { reason: 'no network' }
      runs[0]?.reject(failure)
      await expect(first).rejects.toBe(failure)
      await expect(second).rejects.toBe(failure)
      expect(await cache.has(key)).toBe(false)
      expect(await cache.cache(key, () => 'second try')).toBe('second try')
    })

    test.each([
      {
        what: 'thrown',
        generate: () => {
          throw new Error('no')
        },
      },
      { what: 'rejected', generate: () => Promise.reject(new Error('no')) },
    ])('$what leaves the earlier entry', async ({ generate }) => {
      const cache = newCache()
      await cache.set(key, 'earlier', { version: 1 })
      await expect(async () => cache.cache(key, { version: 2 }, generate)).rejects.toThrow('no')
      expect(await cache.get(key, { version: 1 })).toBe('earlier')
    })

    test('leaves nobody behind who has no caller', async () => {
      const cache = newCache()
      const { generate, runs } = generator()
      const controller = new AbortController()
      const caller = cache.cache(key, { signal: controller.signal }, generate)
      await begun(runs)
      controller.abort()
      await expect(caller).rejects.toThrow('abort')
      runs[0]?.reject(new Error('nobody hears this'))
      await settled()
    })
  })

  describe('what changes the entry while its generator runs wins:', () => {
    async function whileGenerating(
      cache: Cache,
      change: () => unknown,
      options = {},
    ): Promise<{ generated: unknown }> {
      const { generate, runs } = generator()
      const caller = cache.cache(key, options, generate)
      await begun(runs)
      await change()
      runs[0]?.resolve('generated')
      return { generated: await caller }
    }

    test('delete', async () => {
      const cache = newCache()
      const { generated } = await whileGenerating(cache, () => cache.delete(key))
      expect(generated).toBe('generated')
      expect(await cache.has(key)).toBe(false)
    })

    test('set', async () => {
      const cache = newCache()
      const { generated } = await whileGenerating(cache, () => cache.set(key, 'set'))
      expect(generated).toBe('generated')
      expect(await cache.get(key)).toBe('set')
    })

    test('set of another version', async () => {
      const cache = newCache()
      await whileGenerating(cache, () => cache.set(key, 'set', { version: 7 }))
      expect(await cache.get(key, { version: 7 })).toBe('set')
      expect(await cache.has(key)).toBe(false)
    })

    test('clear', async () => {
      const cache = newCache()
      const { generated } = await whileGenerating(cache, () => cache.clear())
      expect(generated).toBe('generated')
      expect(await cache.has(key)).toBe(false)
    })

    test('a change of the version', async () => {
      const cache = newCache()
      const { generated } = await whileGenerating(
        cache,
        () => cache.cache(key, { version: 2 }, () => 'second'),
        { version: 1 },
      )
      expect(generated).toBe('generated')
      expect(await cache.get(key, { version: 2 })).toBe('second')
    })

    test('a change of the session', async () => {
      const cache = newCache()
      const version = { version: 0 }
      const { generated } = await whileGenerating(cache, () => overrideAppSessionId('s2'), version)
      expect(generated).toBe('generated')
      expect(await cache.has(key, version)).toBe(false)
      expect(await cache.cache(key, version, () => 'of s2')).toBe('of s2')
    })

    test('a change by the generator itself', async () => {
      const cache = newCache()
      const generated = await cache.cache(key, async () => {
        await cache.set(key, 'set')
        return 'generated'
      })
      expect(generated).toBe('generated')
      expect(await cache.get(key)).toBe('set')
    })

    test('a change of another name does not', async () => {
      const cache = newCache()
      await whileGenerating(cache, async () => {
        await cache.delete(`${key}2`)
        await cache.set(`${key}3`, 1)
      })
      expect(await cache.get(key)).toBe('generated')
    })
  })

  test.each([
    { change: 'delete', by: (cache: Cache) => cache.delete(key) },
    { change: 'clear', by: (cache: Cache) => cache.clear() },
  ])('who asks after a $change gets what is generated after it', async ({ by }) => {
    const cache = newCache()
    const { generate, runs } = generator()
    const before = cache.cache(key, generate)
    await begun(runs)
    await by(cache)
    const after = cache.cache(key, generate)
    await begun(runs, 2)
    runs[1]?.resolve('after')
    expect(await after).toBe('after')
    runs[0]?.resolve('before')
    expect(await before).toBe('before')
    expect(await cache.get(key)).toBe('after')
  })

  describe('giving up', () => {
    test('by the last caller aborts the work', async () => {
      const cache = newCache()
      const { generate, runs } = abortable()
      const [one, other] = [new AbortController(), new AbortController()]
      const first = cache.cache(key, { signal: one.signal }, generate)
      await begun(runs)
      const second = cache.cache(key, { signal: other.signal }, generate)
      await settled()
      one.abort(new Error('one is gone'))
      await expect(first).rejects.toThrow('one is gone')
      expect(runs[0]?.signal.aborted).toBe(false)
      other.abort(new Error('other is gone'))
      await expect(second).rejects.toThrow('other is gone')
      expect(runs[0]?.signal.aborted).toBe(true)
      expect(runs[0]?.signal.reason).toEqual(new Error('other is gone'))
    })

    test('by one leaves the others their result', async () => {
      const cache = newCache()
      const { generate, runs } = abortable()
      const controller = new AbortController()
      const first = cache.cache(key, { signal: controller.signal }, generate)
      await begun(runs)
      const second = cache.cache(key, generate)
      await settled()
      controller.abort()
      await expect(first).rejects.toThrow('abort')
      runs[0]?.resolve('value')
      expect(await second).toBe('value')
      expect(runs[0]?.signal.aborted).toBe(false)
      expect(await cache.get(key)).toBe('value')
    })

    test('what was aborted is not kept, and who asks later begins anew', async () => {
      const cache = newCache()
      const { generate, runs } = abortable()
      const controller = new AbortController()
      const first = cache.cache(key, { signal: controller.signal }, generate)
      await begun(runs)
      controller.abort()
      await expect(first).rejects.toThrow('abort')
      const later = cache.cache(key, generate)
      await begun(runs, 2)
      runs[0]?.resolve('aborted')
      await settled()
      expect(await cache.has(key)).toBe(false)
      runs[1]?.resolve('later')
      expect(await later).toBe('later')
      expect(await cache.get(key)).toBe('later')
    })

    test('does not stop a generator that knows no signal; others may join it', async () => {
      const cache = newCache()
      const { generate, runs } = generator()
      const controller = new AbortController()
      const first = cache.cache(key, { signal: controller.signal }, generate)
      await begun(runs)
      controller.abort()
      await expect(first).rejects.toThrow('abort')
      const later = cache.cache(key, generate)
      await settled()
      runs[0]?.resolve('value')
      expect(await later).toBe('value')
      expect(runs).toHaveLength(1)
    })

    test('is known to a generator that asks for its signal afterwards', async () => {
      const cache = newCache()
      const { generate: wait, runs } = generator()
      let aborted: boolean | undefined
      const generate = withContext(async context => {
        await wait()
        aborted = context.signal.aborted
      })
      const controller = new AbortController()
      const caller = cache.cache(key, { signal: controller.signal }, generate)
      await begun(runs)
      controller.abort()
      await expect(caller).rejects.toThrow('abort')
      runs[0]?.resolve(1)
      await settled()
      expect(aborted).toBe(true)
    })

    test('does not count once somebody else has joined', async () => {
      const cache = newCache()
      const { generate: wait, runs } = generator()
      let aborted: boolean | undefined
      const generate = withContext(async context => {
        await wait()
        aborted = context.signal.aborted
        return 'value'
      })
      const controller = new AbortController()
      const first = cache.cache(key, { signal: controller.signal }, generate)
      await begun(runs)
      controller.abort()
      await expect(first).rejects.toThrow('abort')
      const second = cache.cache(key, generate)
      await settled()
      runs[0]?.resolve(1)
      expect(await second).toBe('value')
      expect(aborted).toBe(false)
    })

    test('before the call begins nothing', async () => {
      const cache = newCache()
      const generate = vi.fn(() => 1)
      const signal = AbortSignal.abort(new Error('too late'))
      await expect(async () => cache.cache(key, { signal }, generate)).rejects.toThrow('too late')
      expect(generate).not.toHaveBeenCalled()
      expect(await cache.cache(key, () => 2)).toBe(2)
    })

    test('during the synchronous part of the generator is heard', async () => {
      const cache = newCache()
      const controller = new AbortController()
      const never = deferred<number>()
      const caller = async () =>
        cache.cache(key, { signal: controller.signal }, () => {
          controller.abort(new Error('from inside'))
          return never.promise
        })
      await expect(caller).rejects.toThrow('from inside')
      never.resolve(1)
    })

    test('leaves no listener on the signal of a caller that was served', async () => {
      const cache = newCache()
      const { signal } = new AbortController()
      const added = vi.spyOn(signal, 'addEventListener')
      const removed = vi.spyOn(signal, 'removeEventListener')
      await cache.cache(key, { signal }, async () => 1)
      await settled()
      expect(added).toHaveBeenCalled()
      expect(removed.mock.calls.map(call => call[1])).toEqual(added.mock.calls.map(call => call[1]))
    })
  })

  describe('maxWait', () => {
    test('ends the wait for a generation that somebody else began', async () => {
      const cache = newCache()
      const { generate, runs } = generator()
      const first = cache.cache(key, generate)
      await begun(runs)
      await expect(async () => cache.cache(key, { maxWait: '10ms' }, generate)).rejects.toMatchObject({
        code: 'wait-timeout',
        message: expect.stringContaining('Waited 10 ms'),
      })
      runs[0]?.resolve('value')
      expect(await first).toBe('value')
      expect(await cache.get(key)).toBe('value')
    })

    test('of the cache is that of all calls without their own', async () => {
      const cache = newCache({ maxWait: 10 })
      const { generate, runs } = generator()
      const first = cache.cache(key, generate)
      await begun(runs)
      const patient = cache.cache(key, { maxWait: Number.POSITIVE_INFINITY }, generate)
      const impatient = [
        async () => cache.cache(key, generate),
        async () => cache.cache(key, { ttl: '1d' }, generate),
        async () => cache.cacheMany([key], async () => [1]),
      ]
      for (const call of impatient) await expect(call).rejects.toMatchObject({ code: 'wait-timeout' })
      runs[0]?.resolve('value')
      expect(await Promise.all([first, patient])).toEqual(['value', 'value'])
    })

    test('of the cache has to be a duration', () => {
      expect(() => newCache({ maxWait: 'soon' as never })).toThrow('maxWait is "soon"')
    })

    test('does not end what the caller itself began', async () => {
      const cache = newCache()
      const { generate, runs } = generator()
      const caller = cache.cache(key, { maxWait: 1 }, generate)
      await begun(runs)
      await new Promise(resolve => setTimeout(resolve, 20))
      runs[0]?.resolve('value')
      expect(await caller).toBe('value')
    })

    test('leaves no timer behind', async () => {
      const cache = newCache()
      const { generate, runs } = generator()
      const first = cache.cache(key, generate)
      await begun(runs)
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const second = cache.cache(key, { maxWait: '1d' }, generate)
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      expect(vi.getTimerCount()).toBe(1)
      runs[0]?.resolve('value')
      await Promise.all([first, second])
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      expect(vi.getTimerCount()).toBe(0)
    })
  })

  describe('a generator', () => {
    test('may use the cache', async () => {
      const cache = newCache()
      const value = await cache.cache(key, async () => {
        const part = await cache.cache(`${key}-part`, async () => 2)
        return (part as number) + (((await cache.get(`${key}-none`)) as number | undefined) ?? 40)
      })
      expect(value).toBe(42)
      expect(await cache.get(`${key}-part`)).toBe(2)
    })

    test('may ask for its own name in another version', async () => {
      const cache = newCache()
      const value = await cache.cache(key, { version: 2 }, async () => {
        const earlier = await cache.cache(key, { version: 1 }, async () => 1)
        return (earlier as number) + 1
      })
      expect(value).toBe(2)
    })
  })
})

describe('a cycle of synchronous generators is found', () => {
  test('where one asks for itself', () => {
    const cache = newCache()
    const generate = (): unknown => cache.cache('a', generate)
    expect(() => cache.cache('a', generate)).toThrow(
      expect.objectContaining({
        code: 'generation-cycle',
        message: expect.stringContaining('"a" waits for its own result ("a" -> "a")'),
      }),
    )
  })

  test('where one asks for itself with another function', () => {
    const cache = newCache()
    const attempt = () => cache.cache('a', () => cache.cache('a', () => 1))
    expect(attempt).toThrow(expect.objectContaining({ code: 'generation-cycle' }))
  })

  test('through other entries and other caches', () => {
    const [one, other] = [newCache(), newCache()]
    const generate = (): unknown => one.cache('b', () => other.cache('c', () => one.cache('a', generate)))
    expect(() => one.cache('a', generate)).toThrow(expect.objectContaining({ code: 'generation-cycle' }))
    expect(one.cache('a', () => 1)).toBe(1)
    expect(one.cache('b', () => 2)).toBe(2)
  })

  test('in the synchronous part of an asynchronous one', async () => {
    const cache = newCache()
    const generate = async (): Promise<unknown> => cache.cache('a', generate)
    await expect(cache.cache('a', generate)).rejects.toMatchObject({ code: 'generation-cycle' })
  })

  test('and an equal name in another cache is none', () => {
    const [one, other] = [newCache(), newCache()]
    expect(one.cache('a', () => other.cache('a', () => 1))).toBe(1)
  })
})

test('without a context, mutual waiting ends by maxWait', async () => {
  const cache = newCache()
  const options = { maxWait: 20 }
  const a = async (): Promise<unknown> => {
    await settled()
    return cache.cache('./b', options, b)
  }
  const b = async (): Promise<unknown> => {
    await settled()
    return cache.cache('./a', options, a)
  }
  await expect(cache.cache('./a', a)).rejects.toMatchObject({ code: 'wait-timeout' })
})
