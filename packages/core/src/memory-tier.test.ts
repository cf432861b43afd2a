import { afterEach, describe, expect, test, vi } from 'vitest'
import { deferred, settled } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { appSessionId, overrideAppSessionId } from './session.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { withContext } from './with-context.ts'

const session = appSessionId()

describe('values', () => {
  test('are handed out as they are held', () => {
    const cache = new Cache()
    const rows = [{ a: 1 }]
    expect(cache.cache('table', () => rows)).toBe(rows)
    expect(cache.get('table')).toBe(rows)
    cache.set('chair', rows)
    expect(cache.get('chair')).toBe(rows)
  })

  test('of any kind are kept: functions, instances, promises in objects', () => {
    const cache = new Cache()
    const value = { fn: () => 1, later: Promise.resolve(2), symbol: Symbol('a') }
    cache.set('table', value)
    expect(cache.get('table')).toBe(value)
  })
})

describe('an asynchronous generator', () => {
  test('is answered with a promise, and its settled value afterwards at once', async () => {
    const cache = new Cache()
    const generate = vi.fn(async () => 'value')
    const first = cache.cache('table', generate)
    expect(first).toBeInstanceOf(Promise)
    expect(cache.get('table')).toBeUndefined()
    expect(cache.has('table')).toBe(false)
    expect(await first).toBe('value')
    expect(cache.cache('table', generate)).toBe('value')
    expect(cache.get('table')).toBe('value')
    expect(cache.has('table')).toBe(true)
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('begins before the call returns', () => {
    const cache = new Cache()
    const generate = vi.fn(async () => 'value')
    cache.cache('table', generate)
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('may answer with any object that has a then', async () => {
    const cache = new Cache()
    const then = vi.fn((resolve: (value: string) => void) => resolve('value'))
    expect(await cache.cache('table', () => ({ then }) as unknown as PromiseLike<string>)).toBe('value')
    expect(cache.get('table')).toBe('value')
    // Some, such as the queries of databases, begin anew each time.
    expect(then).toHaveBeenCalledTimes(1)
  })

  test('that throws before its first await rejects, as it would without a cache', async () => {
    const cache = new Cache()
    const answer = cache.cache('table', async () => {
      throw new Error('no')
    })
    expect(answer).toBeInstanceOf(Promise)
    await expect(answer).rejects.toThrow('no')
    expect(cache.cache('table', () => 'value')).toBe('value')
  })
})

describe('a synchronous caller who meets an asynchronous generation', () => {
  function generating() {
    const cache = new Cache()
    const events = recorded(cache)
    const run = deferred<string>()
    const slow = cache.cache('table', () => run.promise)
    return { cache, events, run, slow }
  }

  test('runs its own, and that result wins', async () => {
    const { cache, run, slow } = generating()
    expect(cache.cache('table', () => 'fast')).toBe('fast')
    expect(cache.get('table')).toBe('fast')
    run.resolve('slow')
    expect(await slow).toBe('slow')
    expect(cache.get('table')).toBe('fast')
  })

  test('wins also with a marked generator', async () => {
    const cache = new Cache()
    const run = deferred<string>()
    const slow = cache.cache(
      'table',
      withContext(() => run.promise),
    )
    expect(
      cache.cache(
        'table',
        withContext(({ key }) => `fast ${key}`),
      ),
    ).toBe('fast table')
    run.resolve('slow')
    expect(await slow).toBe('slow')
    expect(cache.get('table')).toBe('fast table')
  })

  test('wins also with bound functions, whose text is the same', async () => {
    const cache = new Cache()
    const run = deferred<string>()
    const slow = cache.cache('table', ((promise: Promise<string>) => promise).bind(null, run.promise))
    expect(cache.cache('table', (() => 'fast').bind(null))).toBe('fast')
    run.resolve('slow')
    expect(await slow).toBe('slow')
  })

  test('leaves the asynchronous one as it was when it throws', async () => {
    const { cache, run, slow } = generating()
    const failing = () => cache.cache('table', () => JSON.parse('{') as string)
    expect(failing).toThrow(SyntaxError)
    const joined = cache.cache('table', async () => 'unused')
    run.resolve('slow')
    expect(await slow).toBe('slow')
    expect(await joined).toBe('slow')
    expect(cache.get('table')).toBe('slow')
  })

  test('with undefined wins too: what arrives later is not kept', async () => {
    const { cache, run, slow } = generating()
    expect(cache.cache('table', () => undefined)).toBeUndefined()
    run.resolve('slow')
    expect(await slow).toBe('slow')
    expect(cache.has('table')).toBe(false)
  })

  test.each([
    { change: 'delete', by: (cache: Cache) => cache.delete('table') },
    { change: 'clear', by: (cache: Cache) => void cache.clear() },
  ])('cannot make it survive a $change', async ({ by }) => {
    const { cache, run, slow } = generating()
    const failing = () =>
      cache.cache('table', () => {
        by(cache)
        return JSON.parse('{') as string
      })
    expect(failing).toThrow(SyntaxError)
    const later = cache.cache('table', async () => 'later')
    run.resolve('slow')
    expect(await slow).toBe('slow')
    expect(await later).toBe('later')
    expect(cache.get('table')).toBe('later')
  })

  test('if it turns out to be asynchronous, is served by the first', async () => {
    const { cache, events, run, slow } = generating()
    const second = cache.cache('table', () => Promise.resolve('second'))
    run.resolve('slow')
    expect(await Promise.all([slow, second])).toEqual(['slow', 'slow'])
    expect(cache.get('table')).toBe('slow')
    expect(events.filter(({ type }) => type === 'error')).toEqual([])
  })

  test('if it turns out to be asynchronous and fails, is served all the same, and the error is an event', async () => {
    const { cache, events, run, slow } = generating()
    const failure = new Error('no')
    const second = cache.cache('table', () => Promise.reject(failure))
    await settled()
    run.resolve('slow')
    expect(await Promise.all([slow, second])).toEqual(['slow', 'slow'])
    expect(events).toContainEqual({ type: 'error', name: 'table', error: failure })
  })
})

class Watched extends Cache {
  readonly changes: unknown[][] = []
  origin: unknown = 'first load'

  protected override memoryOrigin(name: string, present: unknown): unknown {
    this.changes.push(['origin', name, present])
    return this.origin
  }

  protected override memoryChanged(name: string, value: unknown, previous: unknown, origin: unknown): void {
    this.changes.push(['changed', name, value, previous, origin])
  }

  protected override memoryDiscarded(name: string, value: unknown, origin: unknown): void {
    this.changes.push(['discarded', name, value, origin])
  }

  abandon(origin: unknown): void {
    this.abandonGenerations(origin)
  }
}

describe('a subclass', () => {
  test('hears of every change of a memory entry, with what it belongs to', async () => {
    const cache = new Watched()
    cache.set('a', 1)
    cache.origin = 'second load'
    cache.set('a', 2)
    cache.cache('b', () => 3)
    cache.delete('a')
    cache.delete('a')
    await cache.clear()
    expect(cache.changes).toEqual([
      ['origin', 'a', undefined],
      ['changed', 'a', 1, undefined, 'first load'],
      ['origin', 'a', 1],
      ['changed', 'a', 2, 1, 'second load'],
      ['origin', 'b', undefined],
      ['changed', 'b', 3, undefined, 'second load'],
      ['changed', 'a', undefined, 2, undefined],
      ['changed', 'b', undefined, 3, undefined],
    ])
  })

  test('hears which value was generated but not kept', async () => {
    const cache = new Watched()
    const run = deferred<string>()
    const caller = cache.cache('a', () => run.promise)
    cache.delete('a')
    run.resolve('late')
    expect(await caller).toBe('late')
    expect(cache.changes.at(-1)).toEqual(['discarded', 'a', 'late', 'first load'])
  })

  test('hears which value was not needed', async () => {
    const cache = new Watched()
    const run = deferred<string>()
    const caller = cache.cache('a', () => run.promise)
    cache.cache('a', () => Promise.resolve('not needed'))
    run.resolve('needed')
    await caller
    await settled()
    expect(cache.changes.slice(-2)).toEqual([
      ['changed', 'a', 'needed', undefined, 'first load'],
      ['discarded', 'a', 'not needed', 'first load'],
    ])
  })

  test('ends an origin: its generations serve those who wait, nobody later, and are not kept', async () => {
    const cache = new Watched()
    const runs = [deferred<string>(), deferred<string>()]
    const next = runs.values()
    const generate = () => next.next().value?.promise as Promise<string>
    const waiting = cache.cache('a', generate)
    cache.abandon('another load')
    const joined = cache.cache('a', generate)
    cache.abandon('first load')
    const later = cache.cache('a', generate)
    runs[0]?.resolve('abandoned')
    expect(await Promise.all([waiting, joined])).toEqual(['abandoned', 'abandoned'])
    expect(cache.has('a')).toBe(false)
    expect(cache.changes.at(-1)).toEqual(['discarded', 'a', 'abandoned', 'first load'])
    runs[1]?.resolve('later')
    expect(await later).toBe('later')
    expect(cache.get('a')).toBe('later')
  })
})

describe('a subclass that changes what it is told of', () => {
  class Changing extends Cache {
    readonly told: string[] = []
    next: ((name: string) => void) | undefined

    protected override memoryChanged(name: string, value: unknown, previous: unknown): void {
      this.told.push(`${name}: ${previous} -> ${value}`)
      const { next } = this
      this.next = undefined
      next?.(name)
    }
  }

  const open = () => {
    const cache = new Changing({ maxEntries: 2, maxBytes: 10, sizeOf: value => value as number })
    for (const name of ['a', 'b']) cache.set(name, 1)
    cache.told.length = 0
    return cache
  }

  test('finds all who had to go gone, and is told of everything in its order', () => {
    const cache = open()
    const seen: unknown[] = []
    cache.next = name => {
      seen.push(name, cache.get('a'), cache.get('b'), cache.get('c'))
      cache.delete('b')
      cache.set('c', 2)
    }
    cache.set('c', 10)
    expect(seen).toEqual(['a', undefined, undefined, 10])
    expect(cache.told).toEqual(['a: 1 -> undefined', 'b: 1 -> undefined', 'c: undefined -> 10', 'c: 10 -> 2'])
    expect(cache.stats()).toMatchObject({ bytes: 2, evicted: 2 })
    cache.set('d', 8)
    expect([cache.get('c'), cache.get('d'), cache.stats().bytes]).toEqual([2, 8, 10])
  })

  test('puts back what had to go', () => {
    const cache = open()
    cache.next = name => cache.set(name, 2)
    cache.set('c', 8)
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.stats().bytes]).toEqual([
      2,
      undefined,
      8,
      10,
    ])
  })

  test('disturbs nothing when it throws', () => {
    const queued: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => queued.push(task))
    const cache = open()
    cache.next = () => {
      throw new Error('no')
    }
    cache.set('c', 10)
    vi.unstubAllGlobals()
    expect(queued[0]).toThrow('no')
    expect(cache.told).toHaveLength(3)
    expect([cache.get('c'), cache.stats().bytes]).toEqual([10, 10])
  })
})

test.each([
  { what: 'deletes', act: (cache: Cache) => void cache.delete('a') },
  { what: 'sets', act: (cache: Cache) => cache.set('a', 3) },
])('sizeOf may be a function that $what what it measures', ({ act }) => {
  const cache: Cache = new Cache({
    maxBytes: 10,
    sizeOf: value => {
      if (value === 2) act(cache)
      return value as number
    },
  })
  cache.set('a', 1)
  cache.set('a', 2)
  expect([cache.get('a'), cache.stats().bytes]).toEqual([2, 2])
  cache.delete('a')
  expect(cache.stats().bytes).toBe(0)
  cache.set('b', 9)
  expect(cache.stats().bytes).toBe(9)
})

describe('a hit by a plain text key', () => {
  afterEach(() => overrideAppSessionId(session))

  test('counts, and is an event, like any other', () => {
    overrideAppSessionId('s1')
    const cache = new Cache()
    cache.cache('table', () => 1)
    const events = recorded(cache)
    cache.get('table')
    cache.cache('table', () => 2)
    expect(events).toEqual(Array(2).fill({ type: 'hit', name: 'table', tier: 'memory', stamp: '1.s1' }))
    expect(cache.stats().hits).toBe(2)
  })

  test.each([{ version: 4 }, { hashVal: 1 }, { version: -1 }])('is none with %j', options => {
    const cache = new Cache()
    cache.set('table', 'value', options)
    expect(cache.get('table')).toBeUndefined()
    expect(cache.cache('table', () => 'new')).toBe('new')
  })

  test('is none of a name that means something else as a text key', async () => {
    const cache = new Cache({ store: new MemoryReferenceStore() })
    for (const name of ['a@4', 'a/b', './a', '4']) cache.set({ name, tier: 'memory' }, name)
    expect(cache.get('a@4')).toBeUndefined()
    expect(await cache.get('a/b')).toBeUndefined()
    expect(await cache.get('./a')).toBeUndefined()
    expect(() => cache.get('4')).toThrow('is not a valid key')
    expect(cache.get({ name: 'a@4' })).toBe('a@4')
  })

  test('ends with the session, and comes back with it', () => {
    overrideAppSessionId('s1')
    const cache = new Cache()
    cache.set('table', 'value')
    overrideAppSessionId('s2')
    expect(cache.get('table')).toBeUndefined()
    overrideAppSessionId('s1')
    expect(cache.get('table')).toBe('value')
    cache.set('table', 'again')
    expect(cache.get('table')).toBe('again')
  })

  test('does not depend on params that nobody asks for', () => {
    const cache = new Cache()
    cache.cache('table', { hashParams: true }, (size: number) => size, 1)
    expect(cache.get('table')).toBe(1)
    expect(cache.get('table', { hashParams: true, params: [2] })).toBeUndefined()
  })
})

describe('callers who pass other functions to one asynchronous generation', () => {
  test('join it with bound functions of one method, and with whatever is declared asynchronous', async () => {
    const cache = new Cache()
    let runs = 0
    class Service {
      load() {
        return Promise.resolve(++runs)
      }
    }
    const service = new Service()
    const calls = Array.from({ length: 5 }, () => cache.cache('table', service.load.bind(service)))
    calls.push(cache.cache('table', async () => ++runs) as Promise<number>)
    expect(await Promise.all(calls)).toEqual([1, 1, 1, 1, 1, 1])
    expect(runs).toBe(1)
  })
})

test('a result that cannot be looked at fails its call, and no other', async () => {
  const cache = new Cache()
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  expect(() => cache.cache('table', revoked)).toThrow(TypeError)
  expect(() => cache.cache('table', revoked)).toThrow('revoked')
  expect(await cache.cache('table', async () => 1)).toBe(1)
})
