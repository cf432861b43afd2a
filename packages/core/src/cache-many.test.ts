import { describe, expect, test, vi } from 'vitest'
import { deferred, settled, until } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { withContext } from './with-context.ts'

const lengths = (keys: readonly string[]) => keys.map(key => key.length)

describe.each([
  { tier: 'memory', at: (name: string) => name },
  { tier: 'the store', at: (name: string) => `./${name}` },
])('cacheMany() in $tier', ({ at }) => {
  const open = () => new Cache({ store: new MemoryReferenceStore() })

  test('generates what is missing with one call, and answers by key', async () => {
    const cache = open()
    await cache.set(at('b'), 'there')
    const generate = vi.fn(async (keys: readonly string[]) => keys.map(key => `new ${key}`))
    const keys = ['a', 'b', 'c'].map(at)
    const values = await cache.cacheMany(keys, generate)
    expect([...values]).toEqual([
      [at('a'), `new ${at('a')}`],
      [at('b'), 'there'],
      [at('c'), `new ${at('c')}`],
    ])
    expect(generate.mock.calls).toEqual([[[at('a'), at('c')]]])
    expect(await cache.cacheMany(keys, generate)).toEqual(values)
    expect(generate).toHaveBeenCalledTimes(1)
    expect(cache.stats()).toMatchObject({ hits: 4, generated: 2, misses: { absent: 2 } })
  })

  test('takes a map by key, and stores no undefined', async () => {
    const cache = open()
    const keys = ['a', 'b'].map(at)
    const values = await cache.cacheMany(
      keys,
      async () => new Map([...keys].reverse().map(key => [key, key])),
    )
    expect(values.get(at('a'))).toBe(at('a'))
    const some = await cache.cacheMany([at('c'), at('d')], async () => [undefined, 1])
    expect([...some.values()]).toEqual([undefined, 1])
    expect([await cache.has(at('c')), await cache.has(at('d'))]).toEqual([false, true])
    const found = await cache.cacheMany([at('e'), at('f')], async () => new Map([[at('f'), null]]))
    expect([...found]).toEqual([
      [at('e'), undefined],
      [at('f'), null],
    ])
    expect([await cache.has(at('e')), await cache.has(at('f'))]).toEqual([false, true])
  })

  test.each([
    { what: 'too few values', answer: [1], said: 'asked for 2 values and answered with 1:' },
    { what: 'too many', answer: [1, 2, 3], said: 'answered with 3:' },
    {
      what: 'a map that has another key too',
      answer: new Map([
        [at('a'), 1],
        ['x', 2],
      ]),
      said: 'answered with one of another key, "x":',
    },
    { what: 'nothing', answer: undefined as never, said: 'answered with something else' },
  ])('says so when the generator answers with $what', async ({ answer, said }) => {
    const cache = open()
    const call = async () => await cache.cacheMany([at('a'), at('b')], async () => answer)
    await expect(call()).rejects.toMatchObject({
      code: 'invalid-value',
      message: expect.stringContaining(said),
    })
    expect(await cache.has(at('a'))).toBe(false)
  })

  test('passes on what the generator throws, and generates again', async () => {
    const cache = open()
    const call = async (fails: boolean) =>
      await cache.cacheMany([at('a'), at('b')], keys => {
        if (fails) throw new Error('no')
        return lengths(keys)
      })
    await expect(call(true)).rejects.toThrow('no')
    expect((await call(false)).get(at('a'))).toBe(at('a').length)
  })

  test('does not generate what somebody else generates already, and serves who asks later', async () => {
    const cache = open()
    const [early, batch] = [deferred<number>(), deferred<number[]>()]
    const first = cache.cache(at('a'), () => early.promise)
    await settled()
    const generate = vi.fn((_: readonly string[]) => batch.promise)
    const values = cache.cacheMany(['a', 'b', 'c'].map(at), generate)
    await until(() => generate.mock.calls.length > 0)
    expect(generate.mock.calls).toEqual([[[at('b'), at('c')]]])
    const late = vi.fn(async () => 9)
    const later = cache.cache(at('c'), late)
    const again = cache.cacheMany([at('b'), at('c')], generate)
    batch.resolve([2, 3])
    early.resolve(1)
    expect([...(await values).values()]).toEqual([1, 2, 3])
    expect([...(await again).values()]).toEqual([2, 3])
    expect([await first, await later]).toEqual([1, 3])
    expect(late).not.toHaveBeenCalled()
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('takes versions and hashVal as options, and counts its time once', async () => {
    const cache = open()
    const events = recorded(cache)
    const begun = performance.now()
    const generate = vi.fn(async (keys: readonly string[]) => {
      await new Promise(resolve => setTimeout(resolve, 30))
      return lengths(keys)
    })
    for (const hashVal of [1, 1, 2]) await cache.cacheMany(['a@2', 'b'].map(at), { hashVal }, generate)
    expect(generate).toHaveBeenCalledTimes(2)
    expect(events.filter(event => event.type === 'generate')).toHaveLength(4)
    expect(cache.stats().timeSpent).toBeLessThanOrEqual(performance.now() - begun)
    expect(cache.stats().timeSpent).toBeGreaterThan(50)
  })

  test('of the same key twice, and of none', async () => {
    const cache = open()
    const generate = vi.fn(async (keys: readonly string[]) => lengths(keys))
    expect((await cache.cacheMany([at('a'), at('a')], generate)).size).toBe(1)
    expect(generate.mock.calls).toEqual([[[at('a')]]])
    // Without keys nothing tells a tier, and there is nothing to wait for.
    expect(cache.cacheMany([], generate)).toEqual(new Map())
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('does not undo what happens meanwhile', async () => {
    const cache = open()
    const batch = deferred<number[]>()
    const generate = vi.fn(() => batch.promise)
    const values = cache.cacheMany(['a', 'b', 'c'].map(at), generate)
    await until(() => generate.mock.calls.length > 0)
    await cache.delete(at('a'))
    await cache.set(at('b'), 'set')
    batch.resolve([1, 2, 3])
    expect([...(await values).values()]).toEqual([1, 2, 3])
    expect(await Promise.all(['a', 'b', 'c'].map(name => cache.get(at(name))))).toEqual([undefined, 'set', 3])
  })
})

describe.each([
  { tiers: 'memory', names: ['a', 'b', 'c', 'd', 'e'] },
  { tiers: 'the store', names: ['./a', './b', './c', './d', './e'] },
  { tiers: 'both', names: ['a', './b', 'c', './d', 'e'] },
])('what the generator of cacheMany() does in $tiers', ({ names }) => {
  test.each([false, true])('is not undone by its results, async: %s', async isAsync => {
    const cache = new Cache({ store: new MemoryReferenceStore() })
    const [a, b, c, d, e] = names as [string, string, string, string, string]
    const options = { refresh: true }
    await cache.set(d, 'old')
    const values = await cache.cacheMany([a, b, c, d, e], options, () => {
      void cache.delete(a)
      void cache.set(b, 'set')
      void cache.delete(c)
      void cache.delete({ prefix: d })
      const answer = new Map(names.map((name, index) => [name, index + 1]))
      return (isAsync ? Promise.resolve(answer) : answer) as Map<string, number>
    })
    expect([...values.values()]).toEqual([1, 2, 3, 4, 5])
    expect(await Promise.all(names.map(name => cache.get(name)))).toEqual([
      undefined,
      'set',
      undefined,
      undefined,
      5,
    ])
  })
})

describe('cacheMany() of memory keys', () => {
  test('hands out what was generated, though the generator has set it otherwise', () => {
    const cache = new Cache()
    const generate = () => {
      cache.set('b', 'set')
      return [1, 2]
    }
    expect([...cache.cacheMany(['a', 'b'], generate).values()]).toEqual([1, 2])
    expect([cache.get('a'), cache.get('b')]).toEqual([1, 'set'])
  })

  test('keeps the last of several versions', () => {
    const cache = new Cache()
    const values = cache.cacheMany(['a@1', 'b', 'a@2'], () => [1, 2, 3])
    expect([...values.values()]).toEqual([1, 2, 3])
    expect([cache.get('a@1'), cache.get('a@2'), cache.get('b')]).toEqual([undefined, 3, 2])
  })

  test('may be nested in its own generator', () => {
    const cache = new Cache()
    const inner = () => {
      cache.delete('c')
      return [10, 20, 30]
    }
    const outer = () => {
      cache.cacheMany(['b', 'c', 'd'], inner)
      cache.delete('d')
      return [1, 2, 3, 4]
    }
    expect([...cache.cacheMany(['a', 'b', 'c', 'd'], outer).values()]).toEqual([1, 2, 3, 4])
    expect(['a', 'b', 'c', 'd'].map(name => cache.get(name))).toEqual([1, 10, undefined, undefined])
  })

  test('that fails leaves nothing behind', () => {
    const cache = new Cache()
    const failing = () => {
      cache.delete('b')
      throw new Error('no')
    }
    expect(() => cache.cacheMany(['a', 'b'], failing)).toThrow('no')
    expect([...cache.cacheMany(['a', 'b'], lengths).values()]).toEqual([1, 1])
    expect([cache.get('a'), cache.get('b')]).toEqual([1, 1])
  })

  test('is synchronous with a synchronous generator', () => {
    const cache = new Cache()
    cache.set('b', 0)
    expect([...cache.cacheMany(['aa', 'b', 'ccc'], lengths).values()]).toEqual([2, 0, 3])
    expect([...cache.cacheMany(['aa', 'ccc'], lengths).values()]).toEqual([2, 3])
    expect(() => cache.cacheMany(['d', 'e'], () => [1])).toThrow('answered with 1')
    expect(() => cache.cacheMany(['1'], lengths)).toThrow('is not a valid key')
  })

  test('looks at what is there before the generator changes it', () => {
    const cache = new Cache()
    cache.set('a', 'old')
    const values = cache.cacheMany(['b', 'a'], () => {
      cache.delete('a')
      return ['new']
    })
    expect([...values.values()]).toEqual(['new', 'old'])
  })

  test('finds a generator that asks for its own keys', () => {
    const cache = new Cache()
    const generate = (keys: readonly ('a' | 'b')[]): number[] => [...cache.cacheMany(keys, generate).values()]
    expect(() => cache.cacheMany(['a', 'b'], generate)).toThrow('waits for its own result')
  })
})

describe('cacheMany() of persistent keys', () => {
  test('rejects what is wrong with a key or the generator', async () => {
    const cache = new Cache({ store: new MemoryReferenceStore() })
    await expect(cache.cacheMany(['./a', './@'], async () => [1, 2])).rejects.toThrow('not a valid key')
    await expect(cache.cacheMany(['./a'], 1 as never)).rejects.toThrow('got no function')
    expect(() => cache.cacheMany('a' as never, () => [1])).toThrow('got no keys')
    expect(() => cache.cacheMany(['a'], (() => [1]) as never, { version: 2 } as never)).toThrow(
      'nothing behind it',
    )
    expect(() => cache.cacheMany(['a'], withContext(() => [1]) as never)).toThrow('keys alone')
    await expect(new Cache().cacheMany(['./a'], async () => [1])).rejects.toMatchObject({ code: 'no-store' })
  })

  test('goes with memory keys', async () => {
    const cache = new Cache({ store: new MemoryReferenceStore() })
    const generate = vi.fn(async (keys: readonly string[]) => lengths(keys))
    const values = await cache.cacheMany(['a', './b', 'c'], generate)
    expect([...values]).toEqual([
      ['a', 1],
      ['./b', 3],
      ['c', 1],
    ])
    expect(generate).toHaveBeenCalledTimes(1)
    expect(cache.get('c')).toBe(1)
  })

  test('of two processes that ask for the same in other orders does not wait in a circle', async () => {
    const store = new MemoryReferenceStore()
    const [one, other] = [new Cache({ store }), new Cache({ store: new MemoryReferenceStore(store) })]
    const asked: string[][] = []
    const generate = async (keys: readonly string[]) => {
      asked.push([...keys])
      await settled()
      return lengths(keys)
    }
    const names = Array.from({ length: 20 }, (_, index) => `./n${index}`)
    const halves = await Promise.all([
      one.cacheMany(names, generate),
      other.cacheMany([...names].reverse(), generate),
      one.cacheMany([...names].reverse(), generate),
    ])
    for (const values of halves) expect([...values.keys()].sort()).toEqual([...names].sort())
    expect(asked.flat().sort()).toEqual([...names].sort())
  })

  test('generates what another process has failed to', async () => {
    const store = new MemoryReferenceStore()
    const [one, other] = [new Cache({ store }), new Cache({ store: new MemoryReferenceStore(store) })]
    const result = deferred<number>()
    const failing = one.cache('./b', () => result.promise)
    await settled()
    const asked: string[][] = []
    const values = other.cacheMany(['./a', './b'], async keys => {
      asked.push([...keys])
      return lengths(keys)
    })
    await until(() => asked.length > 0)
    result.reject(new Error('no'))
    await expect(failing).rejects.toThrow('no')
    expect((await values).size).toBe(2)
    expect(asked).toEqual([['./a'], ['./b']])
  })

  test('gives up with its signal', async () => {
    const cache = new Cache({ store: new MemoryReferenceStore() })
    const controller = new AbortController()
    const never = cache.cacheMany(
      ['./a', './b'],
      { signal: controller.signal },
      () => new Promise<number[]>(() => {}),
    )
    controller.abort(new Error('given up'))
    await expect(never).rejects.toThrow('given up')
  })
})

describe('a batch in memory', () => {
  test('that is to be new is generated by one call, and answered at once', () => {
    const cache = new Cache()
    for (const name of ['a', 'b']) cache.set(name, 1)
    const generate = vi.fn((missing: readonly string[]) => missing.map(() => 9))
    expect([...cache.cacheMany(['a', 'b'], { refresh: true }, generate)]).toEqual([
      ['a', 9],
      ['b', 9],
    ])
    expect(generate.mock.calls).toEqual([[['a', 'b']]])
  })

  test('whose generator throws runs it once, whatever stands in for its result', () => {
    let now = 0
    const cache = new Cache({ clock: () => now, ttl: 10, staleIfError: 100 })
    for (const name of ['a', 'b', 'c']) cache.set(name, name)
    cache.events.on('error', () => {})
    now = 50
    const generate = vi.fn((): number[] => {
      throw new Error('no')
    })
    expect(cache.cacheMany(['a', 'b', 'c'], generate).get('c')).toBe('c')
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('that fails leaves what others generate to those who wait for it', async () => {
    const cache = new Cache()
    const first = deferred<number>()
    const waiting = cache.cache('a', () => first.promise)
    expect(() =>
      cache.cacheMany(['a', 'b'], () => {
        throw new Error('batch')
      }),
    ).toThrow('batch')
    first.reject(new Error('a failed'))
    await expect(waiting).rejects.toThrow('a failed')
    // Nobody is told that an error was not handled: that would fail this test.
    await new Promise(resolve => setTimeout(resolve, 0))
  })
})
