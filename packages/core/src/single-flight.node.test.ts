import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { deferred, settled } from '../test/deferred.ts'
import { Cache } from './cache.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'

const asyncContext = new AsyncLocalStorage<unknown>()
const newCache = () => new Cache({ store: new MemoryReferenceStore(), asyncContext })

describe.each([
  { tier: 'memory', prefix: '' },
  { tier: 'persistent', prefix: './' },
])(
  'with an AsyncLocalStorage, in the $tier tier, a cycle of asynchronous generators is found',
  ({ prefix }) => {
    const [a, b, c] = [`${prefix}a`, `${prefix}b`, `${prefix}c`]

    test('where one waits for itself', async () => {
      const cache = newCache()
      const generate = async (): Promise<unknown> => {
        await settled()
        return cache.cache(a, generate)
      }
      await expect(cache.cache(a, generate)).rejects.toMatchObject({
        code: 'generation-cycle',
        message: expect.stringContaining(`("${a}" -> "${a}")`),
      })
      expect(await cache.cache(a, async () => 'later')).toBe('later')
    })

    test('through other entries and another cache', async () => {
      const [one, other] = [newCache(), newCache()]
      const first = async (): Promise<unknown> => {
        await settled()
        return other.cache(b, second)
      }
      const second = async (): Promise<unknown> => {
        await settled()
        return one.cache(c, third)
      }
      const third = async (): Promise<unknown> => {
        await settled()
        return one.cache(a, first)
      }
      await expect(one.cache(a, first)).rejects.toMatchObject({
        code: 'generation-cycle',
        message: expect.stringContaining(`("${a}" -> "${b}" -> "${c}" -> "${a}")`),
      })
    })

    test('where two begin at once and wait for each other', async () => {
      const cache = newCache()
      const first = async (): Promise<unknown> => {
        await settled()
        return cache.cache(b, second)
      }
      const second = async (): Promise<unknown> => {
        await settled()
        return cache.cache(a, first)
      }
      const outcomes = await Promise.allSettled([cache.cache(a, first), cache.cache(b, second)])
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'generation-cycle' } })
      }
    })

    test('in what the synchronous part of a generator begins', async () => {
      const cache = newCache()
      const first = async (): Promise<unknown> => {
        await settled()
        return cache.cache(b, async () => cache.cache(a, first))
      }
      await expect(cache.cache(a, first)).rejects.toMatchObject({ code: 'generation-cycle' })
    })

    test('and waiting without a cycle is not refused', async () => {
      const cache = newCache()
      const part = async () => {
        await settled()
        return 1
      }
      const whole = async () => {
        await settled()
        const parts = await Promise.all([cache.cache(c, part), cache.cache(c, part)])
        return parts.length
      }
      expect(await Promise.all([cache.cache(a, whole), cache.cache(b, whole), cache.cache(c, part)])).toEqual(
        [2, 2, 1],
      )
    })

    test('and who has given up waiting waits no more', async () => {
      const cache = newCache()
      const slow = deferred<void>()
      const controller = new AbortController()
      const second = async () => {
        await slow.promise
        return cache.cache(a, first)
      }
      const first = async (): Promise<unknown> => {
        const waiting = Promise.resolve(cache.cache(b, { signal: controller.signal }, second))
        await waiting.catch(() => {})
        await settled()
        return 'without b'
      }
      const answer = cache.cache(a, first)
      await settled()
      const patient = cache.cache(b, second)
      await settled()
      controller.abort()
      slow.resolve()
      expect(await answer).toBe('without b')
      expect(await patient).toBe('without b')
    })
  },
)

test('a cycle through both tiers is found', async () => {
  const cache = newCache()
  const outer = async (): Promise<unknown> => {
    await settled()
    return cache.cache('b', inner)
  }
  const inner = async (): Promise<unknown> => cache.cache('./a', outer)
  await expect(cache.cache('./a', outer)).rejects.toMatchObject({ code: 'generation-cycle' })
})

// With time to spare for a busy machine.
describe('the search for cycles', { timeout: 20_000 }, () => {
  const newCache = () => new Cache({ asyncContext })
  const length = 20_000
  const width = 10_000

  /** Generators that each wait for the next one, and the last one for what it is told. */
  function chain(cache: Cache, last: () => Promise<unknown>, place = 0): Promise<unknown> | unknown {
    return cache.cache(`link${place}`, async () => {
      await undefined
      return place === length ? last() : chain(cache, last, place + 1)
    })
  }

  test('goes along a chain of any length', async () => {
    const cache = newCache()
    const [isLong, end] = [deferred<void>(), deferred<string>()]
    const first = chain(cache, () => {
      isLong.resolve()
      return end.promise
    })
    await isLong.promise
    const other = cache.cache('other', async () => cache.cache('link0', async () => 'unused'))
    end.resolve('value')
    expect(await Promise.all([first, other])).toEqual(['value', 'value'])
  })

  test('finds a cycle of any length', async () => {
    const cache = newCache()
    const first = chain(cache, async () => cache.cache('link0', async () => 'unused'))
    await expect(first).rejects.toMatchObject({ code: 'generation-cycle' })
  })

  // Ten thousand times ten thousand steps would take longer than that.
  test.each([
    { when: 'before', place: 0 },
    { when: 'after', place: 1 },
  ])(
    'is short where thousands wait for one that waits for thousands, since $when that',
    async ({ place }) => {
      const cache = newCache()
      const [isWide, end] = [deferred<void>(), deferred<string>()]
      const many = (name: string, generate: () => unknown) =>
        Promise.all(
          Array.from({ length: width }, (_, index) => cache.cache(name + index, async () => generate())),
        )
      const parts = async () => {
        if (place === 1) await isWide.promise
        const all = many('part', () => end.promise)
        isWide.resolve()
        return (await all).length
      }
      const whole = () => cache.cache('whole', parts)
      const first = whole()
      if (place === 0) await isWide.promise
      const all = cache.cache('all', async () => many('user', whole))
      isWide.resolve()
      end.resolve('value')
      expect(await first).toBe(width)
      expect(await all).toHaveLength(width)
    },
  )
})
