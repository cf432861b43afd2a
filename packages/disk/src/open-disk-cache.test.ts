import { isCacheError } from '@stagcache/core'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { largeValue } from '../test/stores.ts'
import { DiskCache, type DiskCacheOptions, type OpenDiskCache } from './disk-cache.ts'
import { DiskStore } from './disk-store.ts'

async function open(options: DiskCacheOptions = {}): Promise<OpenDiskCache> {
  const cache = await DiskCache.open({ dir: temporaryDirectory(), version: 5, ...options })
  onTestFinished(() => cache.close())
  return cache
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return isCacheError(error) ? error.code : String(error)
  }
}

test('where there is no room on the stack a call may fail, but what is stored stays', async () => {
  const cache = await open()
  const value = { a: [1, { b: 2 }] }
  cache.setSync('./config', value)
  let deepest = 0
  const fromBelow = (depth: number): void => {
    deepest = depth
    try {
      fromBelow(depth + 1)
    } catch {}
    try {
      cache.getSync('./config')
    } catch {}
  }
  fromBelow(0)
  expect(deepest).toBeGreaterThan(1000)
  expect(cache.getSync('./config')).toEqual(value)
})

describe.each(['./a', 'a'] as const)('the synchronous verbs on %s', key => {
  test('mean what the others mean', async () => {
    const cache = await open()
    expect(cache.getSync(key)).toBeUndefined()
    expect(cache.getSync(key, { default: 7 })).toBe(7)
    expect(codeOf(() => cache.getOrThrowSync(key))).toBe('missing-entry')
    cache.setSync(key, { x: 1 }, { version: 2 })
    expect(cache.hasSync(key, { version: 2 })).toBe(true)
    expect(cache.hasSync(key, { version: 3 })).toBe(false)
    expect(cache.getSync(key, { version: 2 })).toEqual({ x: 1 })
    expect(await cache.get(key, { version: 2 })).toEqual({ x: 1 })
    expect(cache.deleteSync(key)).toBe(true)
    expect(cache.deleteSync(key)).toBe(false)
    cache.setSync(key, 2)
    cache.clearSync()
    expect(await cache.has(key)).toBe(false)
  })

  test('generate once, until a version says otherwise', async () => {
    const cache = await open()
    let runs = 0
    const build = (add: number) => add + ++runs
    expect(cache.cacheSync(key, build, 10)).toBe(11)
    expect(cache.cacheSync(key, build, 10)).toBe(11)
    expect(await cache.cache(key, build, 10)).toBe(11)
    expect(cache.cacheSync(key, { version: 7 }, build, 20)).toBe(22)
    expect(cache.cacheSync(key, { version: 7, hashVal: 'x' }, build, 30)).toBe(33)
    expect(cache.stats()).toMatchObject({ hits: 2, generated: 3, stored: 3 })
  })

  describe('know what time does to entries', () => {
    const down = () => {
      throw new Error('down')
    }

    test('by the times of the call and those of the cache', async () => {
      let now = 1e12
      const cache = await open({ clock: () => now, ttl: '1s' })
      cache.setSync(key, 'old', { staleIfError: '1s' })
      cache.events.on('error', () => {})
      expect(cache.getSync(key)).toBe('old')
      now += 1000
      expect(cache.getSync(key)).toBeUndefined()
      expect(cache.hasSync(key)).toBe(false)
      expect(cache.getSync(key, { ttl: '2s' })).toBe('old')
      expect(cache.cacheSync(key, { staleIfError: '1s' }, down)).toBe('old')
      expect(codeOf(() => cache.cacheSync(key, { staleIfError: '1s' }, (async () => 1) as never))).toBe(
        'invalid-value',
      )
      expect(codeOf(() => cache.cacheSync(key, down))).toBe('Error: down')
      now += 1000
      expect(codeOf(() => cache.cacheSync(key, { staleIfError: '1s' }, down))).toBe('Error: down')
      expect(cache.cacheSync(key, () => 'new')).toBe('new')
    })

    test('and do not wait: what is stale is generated at once', async () => {
      let now = 1e12
      const cache = await open({ clock: () => now, ttl: '1s', staleWhileRevalidate: '1s' })
      expect(await cache.cache(key, () => 1)).toBe(1)
      now += 1000
      expect(cache.cacheSync(key, () => 2)).toBe(2)
      const stale = { staleWhileRevalidate: 1 } as object
      expect(() => cache.cacheSync(key, stale, () => 3)).toThrow(
        'cacheSync() has no option "staleWhileRevalidate"',
      )
      expect(() => cache.cacheSync(key, { timeout: 1 } as object, () => 3)).toThrow('has no option "timeout"')
    })

    test('refresh, and migrate', async () => {
      const cache = await open()
      cache.setSync(key, 1, { version: 1 })
      expect(cache.cacheSync(key, { version: 1, refresh: true }, () => 2)).toBe(2)
      const migrate = (value: unknown) => (value as number) * 10
      expect(cache.cacheSync(key, { version: 2, migrate }, down)).toBe(20)
      expect(cache.cacheSync(key, { version: 3, migrate: () => undefined }, () => 3)).toBe(3)
      expect(await cache.get(key, { version: 3 })).toBe(3)
    })
  })

  test('refuse a generator that returns a promise, and store nothing', async () => {
    const cache = await open()
    expect(codeOf(() => cache.cacheSync(key, async () => 1))).toBe('invalid-value')
    expect(codeOf(() => cache.setSync(key, undefined as never))).toBe('invalid-value')
    if (key === './a') expect(cache.hasSync(key)).toBe(false)
  })

  test('pass on what a generator throws, and find a generator that waits for itself', async () => {
    const cache = await open()
    expect(() =>
      cache.cacheSync(key, () => {
        throw new Error('no luck')
      }),
    ).toThrow('no luck')
    const circle = (): unknown => cache.cacheSync(key, circle)
    expect(codeOf(() => cache.cacheSync(key, circle))).toBe('generation-cycle')
    expect(cache.cacheSync(key, () => cache.cacheSync(`${key}b`, () => 1))).toBe(1)
  })
})

test('the result of a synchronous call wins over an asynchronous generation, whose callers are served', async () => {
  const cache = await open()
  let finish = (_: string) => {}
  const slow = cache.cache('./a', () => new Promise<string>(resolve => (finish = resolve)))
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(cache.cacheSync('./a', () => 'fast')).toBe('fast')
  finish('slow')
  expect(await slow).toBe('slow')
  expect(cache.getSync('./a')).toBe('fast')
})

test.each([
  ['setSync', (cache: OpenDiskCache) => cache.setSync('./a', 'set'), 'set'],
  ['deleteSync', (cache: OpenDiskCache) => cache.deleteSync('./a'), undefined],
  ['clearSync', (cache: OpenDiskCache) => cache.clearSync(), undefined],
])('%s wins over a generation that is under way', async (_, change, left) => {
  const cache = await open()
  let finish = (_: string) => {}
  const slow = cache.cache('./a', () => new Promise<string>(resolve => (finish = resolve)))
  await new Promise(resolve => setTimeout(resolve, 50))
  change(cache)
  finish('slow')
  expect(await slow).toBe('slow')
  expect(cache.getSync('./a')).toBe(left)
})

test('large values are kept without promises too, and removed with their entry', async () => {
  const cache = await open()
  cache.setSync('./large', largeValue(1))
  cache.setSync('./large', largeValue(2))
  expect(cache.getSync('./large')).toEqual(largeValue(2))
  expect(await cache.get('./large')).toEqual(largeValue(2))
})

test('a Blob cannot be stored at once, but be read', async () => {
  const cache = await open()
  expect(codeOf(() => cache.setSync('./blob', new Blob(['bytes'])))).toBe('unserializable')
  await cache.set('./blob', new Blob(['bytes'.repeat(20_000)]))
  expect((cache.getSync('./blob') as Blob).size).toBe(100_000)
})

test('what another process stores is seen by the next call', async () => {
  const cache = await open()
  const partner = inProcess(new URL('../test/partner.ts', import.meta.url), cache.dir)
  partner.say(JSON.stringify({ put: ['./a', 'theirs'] }))
  await partner.line()
  await partner.line()
  expect(cache.store.readSync('./a')?.value).toBe('theirs')
}, 30_000)

test('an operation that nobody awaited comes before the next synchronous one', async () => {
  const cache = await open()
  const written = cache.set('./a', 1)
  expect(cache.getSync('./a')).toBe(1)
  await written
})

test('a store that fails makes setSync throw, and cacheSync return what was generated', async () => {
  let failing = false
  const files = hookedFiles({
    before(operation) {
      if (failing && operation === 'append') throw systemError('ENOSPC')
    },
  })
  const cache = await open({ files })
  const errors: unknown[] = []
  cache.events.on('error', ({ error }) => errors.push(error))
  cache.setSync('./kept', 1)
  failing = true
  expect(codeOf(() => cache.setSync('./a', 1))).toBe('store-write')
  expect(cache.cacheSync('./a', () => 2)).toBe(2)
  expect(errors).toMatchObject([{ code: 'store-write' }])
  expect(cache.getSync('./kept')).toBe(1)
})

test('a store that is not open yet, or not any more, says so', async () => {
  const store = new DiskStore({ dir: temporaryDirectory() })
  expect(codeOf(() => store.readSync('a'))).toBe('unsupported')
  const cache = await open()
  await cache.close()
  expect(codeOf(() => cache.getSync('./a'))).toBe('closed')
})

test('the types know the schema and the values', async () => {
  const cache = await DiskCache.open<{ './rows': number[]; count: number }>({ dir: temporaryDirectory() })
  onTestFinished(() => cache.close())
  const rows: number[] = cache.cacheSync('./rows', () => [1, 2])
  const count: number | undefined = cache.getSync('count')
  expect([rows, count]).toEqual([[1, 2], undefined])
  // @ts-expect-error The schema has another type.
  cache.setSync('./rows', 'text')
  // @ts-expect-error The schema has no such key.
  cache.getSync('./columns')
})
