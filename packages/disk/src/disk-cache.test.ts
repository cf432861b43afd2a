import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cache, defineType, type EntryOptions, memoryKey, type Stamp } from '@stagcache/core'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { blobPaths } from '../test/stores.ts'
import { DiskCache, type DiskCacheOptions } from './disk-cache.ts'
import { DiskStore } from './disk-store.ts'

function open(options: DiskCacheOptions = {}): DiskCache {
  const cache = new DiskCache({ dir: temporaryDirectory(), ...options })
  onTestFinished(() => cache.close())
  return cache
}

const session = Cache.appSessionId
afterEach(() => Cache.overrideAppSessionId(session))

/** A generator that counts how often it ran. */
function counted<R>(result: R): { (): Promise<R>; runs: number } {
  const generate = async () => {
    generate.runs++
    return result
  }
  generate.runs = 0
  return generate
}

test('is closed at the end of the block that it is used in', async () => {
  const cache = open()
  await cache.set('./a', 1)
  await cache[Symbol.asyncDispose]()
  await expect(cache.get('./a')).rejects.toMatchObject({ code: 'closed' })
})

test('the option memory is about the memory tier, and no other bound is', () => {
  const disposed: unknown[] = []
  const cache = open({ memory: { maxEntries: 1, dispose: value => disposed.push(value) }, maxBytes: 2 ** 21 })
  cache.set('a', 1)
  cache.set('b', 2)
  expect([cache.has('a'), cache.stats().bytes, disposed]).toEqual([false, undefined, [1]])
  expect(() => open({ memory: { maxEntrys: 1 } as object })).toThrow('has no option "maxEntrys"')
  expect(() => open({ maxEntries: 1 } as object)).toThrow(
    'A disk cache takes maxEntries under memory: { memory: { maxEntries } }.',
  )
})

test('several entries are generated with one call, and read by the next process', async () => {
  const cache = open()
  const asked: string[][] = []
  const generate = async (keys: readonly string[]) => {
    asked.push([...keys])
    return keys.map(key => ({ key }))
  }
  const keys = Array.from({ length: 50 }, (_, index) => `./n${index}` as const)
  await cache.cacheMany(keys.slice(10, 20), generate)
  const values = await cache.cacheMany(keys, generate)
  expect([...values.values()]).toEqual(keys.map(key => ({ key })))
  expect(asked.map(({ length }) => length)).toEqual([10, 40])
  expect(await open({ dir: cache.dir }).cacheMany(keys, generate)).toEqual(values)
  expect(asked).toHaveLength(2)
})

describe('versions', () => {
  test('an entry is valid in every later process of the same version', async () => {
    const cache = open({ version: 5 })
    const generate = counted({ rows: [1, 2] })
    expect(await cache.cache('./table@4', generate)).toEqual({ rows: [1, 2] })
    expect(await open({ version: 5, dir: cache.dir }).cache('./table@4', generate)).toEqual({ rows: [1, 2] })
    expect(generate.runs).toBe(1)
  })

  test.each([
    { what: 'the same', options: { version: 5 }, key: './table@4', runs: 1 },
    { what: 'another major', options: { version: 6 }, key: './table@4', runs: 2 },
    { what: 'another minor', options: { version: 5 }, key: './table@5', runs: 2 },
    { what: 'a minor of no number', options: { version: 5 }, key: './table@beta', runs: 2 },
  ] as const)('$what', async ({ options, key, runs }) => {
    const cache = open({ version: 5 })
    const generate = counted(1)
    await cache.cache('./table@4', generate)
    await open({ ...options, dir: cache.dir }).cache(key, generate)
    expect(generate.runs).toBe(runs)
  })

  test('a negative version outlives the major', async () => {
    const cache = open({ version: 5 })
    const generate = counted(1)
    await cache.cache('./table@-2', generate)
    await open({ version: 6, dir: cache.dir }).cache('./table@-2', generate)
    expect(generate.runs).toBe(1)
  })

  test('version 0 ends with the session', async () => {
    const cache = open()
    const generate = counted(1)
    await cache.cache('./table@0', generate)
    expect(await cache.has('./table@0')).toBe(true)
    Cache.overrideAppSessionId('another')
    expect(await cache.has('./table@0')).toBe(false)
    await cache.cache('./table@0', generate)
    expect(generate.runs).toBe(2)
  })

  test('hashVal and hashed params decide too', async () => {
    const cache = open()
    const generate = counted(1)
    await cache.cache('./a', { hashVal: { size: 1 } }, generate)
    await cache.cache('./a', { hashVal: { size: 1 } }, generate)
    expect(generate.runs).toBe(1)
    await cache.cache('./a', { hashVal: { size: 2 } }, generate)
    expect(generate.runs).toBe(2)
    const square = { runs: 0 }
    const of = (number: number) => {
      square.runs++
      return number * number
    }
    expect(await cache.cache('./b', { hashParams: true }, of, 3)).toBe(9)
    expect(await cache.cache('./b', { hashParams: true }, of, 3)).toBe(9)
    expect(await cache.cache('./b', { hashParams: true }, of, 4)).toBe(16)
    expect(square.runs).toBe(2)
    expect(await cache.cache('./b', of, 5)).toBe(16)
    expect(square.runs).toBe(2)
  })
})

describe('explain() tells why the next call would hit or miss, here and in the next process:', () => {
  const start = 1_700_000_000_000
  let now = start
  const clock = () => now
  beforeEach(() => {
    now = start
  })

  async function crowdOut(cache: DiskCache): Promise<void> {
    await cache.set('./a', 'x'.repeat(50_000))
    const entry = { value: 'y'.repeat(50_000), stamp: '1.1' as Stamp, params: undefined, storedAt: now }
    for (let index = 0; index < 30; index++) await cache.store.write(`${index}`, { ...entry, cost: 5000 })
    await expect.poll(() => cache.has('./a'), { timeout: 20_000 }).toBe(false)
  }

  function damageBlob({ dir }: DiskCache): void {
    leaves('bad-blob')
    const [path = ''] = blobPaths(dir)
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1] = ~(bytes[bytes.length >> 1] as number)
    writeFileSync(path, bytes)
  }

  test.each<{
    what: string
    leave?: (cache: DiskCache) => unknown
    version?: number
    asked?: EntryOptions
    says: { outcome?: 'hit'; reason?: string; changed?: string[] }
  }>([
    { what: 'nothing was ever stored', says: { reason: 'absent' } },
    { what: 'an entry', leave: cache => cache.set('./a', 1), says: { outcome: 'hit' } },
    {
      what: 'another version of the cache',
      leave: cache => cache.set('./a', 1),
      version: 2,
      says: { reason: 'stamp', changed: ['major'] },
    },
    {
      what: 'another version of the entry',
      leave: cache => cache.set('./a', 1),
      asked: { version: 2 },
      says: { reason: 'stamp', changed: ['minor'] },
    },
    {
      what: 'another session',
      async leave(cache) {
        await cache.set('./a', 1, { version: 0 })
        Cache.overrideAppSessionId('s0123456789abcdef01234567')
      },
      asked: { version: 0 },
      says: { reason: 'stamp', changed: ['session'] },
    },
    {
      what: 'another hashVal',
      leave: cache => cache.set('./a', 1, { hashVal: 1 }),
      asked: { hashVal: 2 },
      says: { reason: 'stamp', changed: ['hash'] },
    },
    {
      what: 'other params',
      leave: cache => cache.set('./a', 1, { params: [1], hashParams: true }),
      asked: { params: [2], hashParams: true },
      says: { reason: 'params' },
    },
    {
      what: 'its time is over',
      async leave(cache) {
        await cache.set('./a', 1, { ttl: '1d' })
        now += 2 * 24 * 60 * 60 * 1000
      },
      says: { reason: 'expired' },
    },
    { what: 'it had to make room', leave: crowdOut, says: { reason: 'evicted' } },
    {
      what: 'it was deleted',
      async leave(cache) {
        await cache.set('./a', 1)
        await cache.delete('./a')
      },
      says: { reason: 'deleted' },
    },
    {
      what: 'it was damaged',
      async leave(cache) {
        await cache.set('./a', new Uint8Array(100_000))
        damageBlob(cache)
      },
      says: { reason: 'corrupt' },
    },
  ])('$what', async ({ leave, version, asked, says }) => {
    const cache = open({ clock, maxBytes: 2 ** 20 })
    await leave?.(cache)
    const next = open({ clock, dir: cache.dir, version: version ?? 1 })
    for (const each of version ? [next] : [cache, next])
      expect(await each.explain('./a', asked)).toMatchObject({ outcome: 'miss', ...says })
  })
})

describe('values', () => {
  test('undefined is returned and not stored, null is a value', async () => {
    const cache = open()
    const [nothing, none] = [counted(undefined), counted(null)]
    for (let round = 0; round < 2; round++) {
      expect(await cache.cache('./undefined', nothing)).toBeUndefined()
      expect(await cache.cache('./null', none)).toBeNull()
    }
    expect([nothing.runs, none.runs]).toEqual([2, 1])
    expect(await cache.get('./null', { default: 1 })).toBeNull()
    expect(await cache.get('./undefined', { default: 1 })).toBe(1)
  })

  test('of registered classes come back as instances', async () => {
    class Point {
      readonly x: number

      constructor(x: number) {
        this.x = x
      }
    }
    const types = [
      defineType({ tag: 'point', class: Point, encode: ({ x }) => x, decode: (x: number) => new Point(x) }),
    ]
    const cache = open({ types })
    await cache.set('./points', new Map([['a', new Point(1)]]))
    const back = (await open({ types, dir: cache.dir }).get('./points')) as Map<string, Point>
    expect(back.get('a')).toBeInstanceOf(Point)
    expect(back.get('a')?.x).toBe(1)
    const without = open({ dir: cache.dir })
    const corrupt: unknown[] = []
    without.events.on('corrupt', event => corrupt.push(event))
    expect(await without.get('./points')).toBeUndefined()
    expect(corrupt).toMatchObject([{ name: './points', reason: expect.stringContaining('"point"') }])
    await cache.set('./hashed', 1, { hashVal: new Point(1) })
    expect(await cache.has('./hashed', { hashVal: new Point(1) })).toBe(true)
    expect(await cache.has('./hashed', { hashVal: new Point(2) })).toBe(false)
  })

  test('that cannot be stored are returned with an event by cache(), and refused by set()', async () => {
    const cache = open()
    const errors: unknown[] = []
    cache.events.on('error', ({ error }) => errors.push(error))
    const value = { run: () => 1 }
    expect(await cache.cache('./a', () => value)).toBe(value)
    expect(errors).toMatchObject([{ code: 'unserializable', path: 'value.run' }])
    await expect(cache.set('./a', value)).rejects.toMatchObject({ code: 'unserializable' })
    expect(await cache.has('./a')).toBe(false)
  })
})

describe('generations', () => {
  test('run one at a time', async () => {
    const cache = open()
    const generate = counted(7)
    expect(await Promise.all(Array.from({ length: 50 }, () => cache.cache('./a', generate)))).toEqual(
      new Array(50).fill(7),
    )
    expect(generate.runs).toBe(1)
  })

  test('that fail reach every caller, leave the earlier entry, and are not stored', async () => {
    const cache = open()
    await cache.cache('./a@1', () => 'earlier')
    const failure = new Error('no luck')
    const fail = async () => {
      throw failure
    }
    const outcomes = await Promise.allSettled([cache.cache('./a@2', fail), cache.cache('./a@2', fail)])
    for (const outcome of outcomes) expect(outcome).toEqual({ status: 'rejected', reason: failure })
    expect(await cache.get('./a@1')).toBe('earlier')
    expect(await cache.cache('./a@2', () => 'works')).toBe('works')
  })

  test.each<[string, (cache: DiskCache) => unknown, unknown]>([
    ['a delete', cache => cache.delete('./a'), undefined],
    ['a clear', cache => cache.clear(), undefined],
    ['a set', cache => cache.set('./a', 'set'), 'set'],
  ])('%s during a generation wins', async (_, change, left) => {
    const cache = open()
    let finish = (_: string) => {}
    let started = () => {}
    const running = new Promise<void>(resolve => (started = resolve))
    const result = cache.cache('./a', () => {
      started()
      return new Promise<string>(resolve => (finish = resolve))
    })
    await running
    await change(cache)
    finish('generated')
    expect(await result).toBe('generated')
    expect(await cache.get('./a')).toBe(left)
    expect(await open({ dir: cache.dir }).get('./a')).toBe(left)
  })

  test('may use the cache, and are told when they wait for themselves', async () => {
    const cache = open()
    const other = open()
    const sum = (): Promise<number> =>
      cache.cache(
        './sum',
        async () => (await cache.cache('./one', async () => 1)) + (await other.cache('./two', () => 2)),
      )
    expect(await sum()).toBe(3)
    const loop = (): Promise<unknown> =>
      cache.cache('./x', async () => {
        await new Promise(resolve => setImmediate(resolve))
        return other.cache('./y', async () => {
          await new Promise(resolve => setImmediate(resolve))
          return cache.cache('./x', () => 1)
        })
      })
    await expect(loop()).rejects.toMatchObject({ code: 'generation-cycle' })
  })
})

// In every detail: `validity.test.ts` of core.
describe.each(['a', './a'] as const)('times mean for %s', key => {
  const options = { ttl: 1000, staleWhileRevalidate: 1000, staleIfError: 2000 }
  const fail = () => Promise.reject(new Error('down'))
  const never = () => new Promise<never>(() => {})
  /** A cache that has an entry of such an age. */
  async function aged(age: number) {
    const clock = { now: Date.now() }
    const cache = open({ clock: () => clock.now })
    cache.events.on('error', () => {})
    await cache.set(key, 'old', options)
    clock.now += age
    return { cache, clock }
  }

  test('ttl, and staleWhileRevalidate: handed out, and then renewed', async () => {
    const { cache, clock } = await aged(999)
    const generate = counted('new')
    expect(await cache.cache(key, options, generate)).toBe('old')
    expect(generate.runs).toBe(0)
    clock.now++
    expect(await cache.get(key, { ttl: 1000 })).toBeUndefined()
    expect(await cache.cache(key, options, generate)).toBe('old')
    await vi.waitFor(async () => expect(await cache.get(key)).toBe('new'))
    expect(generate.runs).toBe(1)
  })

  test('staleIfError: handed out where the generator fails or is late', async () => {
    const { cache, clock } = await aged(2999)
    expect(await cache.cache(key, options, fail)).toBe('old')
    clock.now++
    await expect(cache.cache(key, options, fail)).rejects.toThrow('down')
    clock.now--
    expect(await cache.cache(key, { ...options, timeout: { soft: 10, hard: 20 } }, never)).toBe('old')
  })

  test('timeout: given up', async () => {
    const { cache } = await aged(1000)
    const outcome = cache.cache(key, { ttl: 1000, timeout: 10 }, never)
    await expect(outcome).rejects.toMatchObject({ code: 'generation-timeout' })
    expect(await cache.cache(key, { ttl: 1000 }, counted('new'))).toBe('new')
  })

  test('refreshAhead: renewed before it is stale, as long as it took to generate', async () => {
    const clock = { now: Date.now() }
    const cache = open({ clock: () => clock.now, random: () => 0.5 })
    const ahead = { ttl: 1000, refreshAhead: 100 }
    await cache.set(key, 'set')
    expect(await cache.cache(key, ahead, counted('new'))).toBe('set')
    const slow = () => new Promise(resolve => setTimeout(() => resolve('slow'), 20))
    await cache.cache(key, { ...ahead, refresh: true }, slow)
    clock.now += 1
    expect(await cache.cache(key, ahead, counted('new'))).toBe('slow')
    await vi.waitFor(async () => expect(await cache.get(key)).toBe('new'))
  })

  test('migrate: as old as it was', async () => {
    const { cache, clock } = await aged(500)
    const migrate = (value: unknown) => `${value}!`
    const version = key === 'a' ? 1 : 2
    expect(await cache.cache(key, { version, migrate }, fail)).toBe('old!')
    expect(await cache.get(key, { version, ttl: 500 })).toBeUndefined()
    clock.now += 2499
    expect(await cache.get(key, { version })).toBe('old!')
    clock.now++
    expect(await cache.get(key, { version })).toBeUndefined()
  })

  test('a clock that was set back: no more than the ttl of what it has stored', async () => {
    const { cache, clock } = await aged(-999)
    expect(await cache.get(key, { ttl: 1000 })).toBe('old')
    clock.now -= 3_600_000
    expect(await cache.has(key)).toBe(false)
    expect(await cache.cache(key, options, counted('new'))).toBe('new')
  })
})

describe('the cache', () => {
  test('keeps memory keys in memory and persistent keys on disk', async () => {
    const cache = open()
    expect(cache.cache('table', () => 1)).toBe(1)
    cache.set(memoryKey<number>('dynamic'), 2)
    await cache.set('./table', 3)
    const again = open({ dir: cache.dir })
    expect(again.get('table')).toBeUndefined()
    expect(await again.get('table/')).toBeUndefined()
    expect(await again.get('./table')).toBe(3)
  })

  test('lies in .stagcache of the current directory unless told otherwise', () => {
    expect(new DiskCache().dir).toBe(
      `${process.cwd()}/.stagcache`.replaceAll('/', process.platform === 'win32' ? '\\' : '/'),
    )
  })

  test('deletes, whatever the version, and tells whether there was something', async () => {
    const cache = open()
    await cache.set('./a@7', 1)
    expect(await cache.delete('./a')).toBe(true)
    expect(await cache.delete('./a')).toBe(false)
    expect(await cache.get('./a@7')).toBeUndefined()
    await expect(cache.getOrThrow('./a@7')).rejects.toMatchObject({ code: 'missing-entry' })
  })

  test('reports what it found', async () => {
    const cache = open({ version: 2 })
    const events: unknown[] = []
    for (const type of ['hit', 'miss', 'store', 'generate'] as const)
      cache.events.on(type, event => events.push({ type, ...event }))
    await cache.cache('./a', () => 1)
    await cache.cache('./a', () => 1)
    await cache.get('./a@9')
    expect(events).toMatchObject([
      { type: 'miss', reason: 'absent', stamp: '2.1' },
      { type: 'generate' },
      { type: 'store' },
      { type: 'hit', tier: 'persistent' },
      { type: 'miss', reason: 'stamp' },
    ])
  })

  test('that is closed answers for memory only', async () => {
    const cache = open()
    cache.set('memory', 1)
    await cache.set('./disk', 1)
    await cache.close()
    expect(cache.get('memory')).toBe(1)
    await expect(cache.get('./disk')).rejects.toMatchObject({ code: 'closed' })
    expect(await open({ dir: cache.dir }).get('./disk')).toBe(1)
  })

  test('serves another process', async () => {
    leaves('dead-socket')
    const cache = open({ version: 5 })
    const rows = Array.from({ length: 1000 }, (_, index) => ({ index, name: `row ${index}` }))
    await cache.set('./rows@2', rows)
    await cache.set('./pixels', new Float32Array(100_000).fill(1.5))
    const child = inProcess(new URL('../test/reader.ts', import.meta.url), cache.dir)
    expect(await child.result()).toEqual({
      rows: 1000,
      last: 'row 999',
      pixels: 150_000,
      generated: 'by the child',
    })
    expect(await cache.get('./child')).toBe('by the child')
  }, 30_000)
})

test('refuses options that it does not know, naming those it has', () => {
  const misspelt = { path: 'x' } as object
  expect(() => new DiskCache(misspelt)).toThrow(
    'A disk cache has no option "path". It has: version, clock, random, ttl, ',
  )
  expect(() => new DiskStore(misspelt)).toThrow('A disk store has no option "path". It has: dir, types')
  expect(() => new DiskCache('x' as never)).toThrow('A disk cache takes its options as an object')
  expect(() => new DiskCache({ dir: 5 as never })).toThrow(
    'The option dir is 5: it is the path of a directory.',
  )
})

describe('two caches of one directory in one process', () => {
  test('run one generation at a time', async () => {
    const dir = temporaryDirectory()
    let runs = 0
    const generate = async () => {
      await Promise.resolve()
      return ++runs
    }
    const caches = [
      new DiskCache({ dir }),
      new DiskCache({ dir }),
      new Cache({ store: new DiskStore({ dir }) }),
    ]
    expect(await Promise.all(caches.map(cache => cache.cache('./a', generate)))).toEqual([1, 1, 1])
    expect(await new DiskCache({ dir: temporaryDirectory() }).cache('./a', generate)).toBe(2)
  })

  test('respect what the other one deletes during a generation', async () => {
    const dir = temporaryDirectory()
    const [one, other] = [new DiskCache({ dir }), new DiskCache({ dir })]
    let finish: (value: number) => void = () => {}
    const generated = one.cache('./a', () => new Promise<number>(resolve => (finish = resolve)))
    await expect.poll(() => finish.length).toBe(1)
    await other.delete('./a')
    finish(1)
    expect(await generated).toBe(1)
    expect(await one.has('./a')).toBe(false)
  })
})

test('a cache with a disk store is a disk cache', async () => {
  const type = defineType({ tag: 'url', class: URL, encode: url => url.href, decode: href => new URL(href) })
  const cache = new Cache({ store: new DiskStore({ dir: temporaryDirectory(), types: [type] }) })
  const endless: () => Promise<unknown> = async () => {
    await Promise.resolve()
    return cache.cache('./a', endless)
  }
  await expect(cache.cache('./a', endless)).rejects.toMatchObject({ code: 'generation-cycle' })
  await cache.set('./b', new URL('https://example.org/'), { hashVal: new URL('https://example.org/') })
  expect(await cache.get('./b', { hashVal: new URL('https://example.org/') })).toEqual(
    new URL('https://example.org/'),
  )
})

test('a directory that holds other things too is not hidden from backups and git', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'package.json'), '{}')
  await new DiskCache({ dir }).set('./a', 1)
  expect(readdirSync(dir).sort()).toEqual(['package.json', 'store-v1'])
})

test('writing goes on when the log is cut off', async () => {
  leaves('torn-record', 'repeated-record')
  const cache = new DiskCache({ dir: temporaryDirectory() })
  for (let index = 0; index < 20; index++) await cache.set(`./n${index}`, index)
  truncateSync(join(cache.dir, 'store-v1', '00000001.log'), 500)
  await cache.set('./after', 1)
  expect(await cache.get('./after')).toBe(1)
  expect(await new DiskCache({ dir: cache.dir }).get('./after')).toBe(1)
})

test('objects of any number of properties come back', async () => {
  const cache = new DiskCache({ dir: temporaryDirectory() })
  const large = Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`p${index}`, index]))
  await cache.set('./a', { large, at: new Date(0) })
  expect(await cache.get('./a')).toEqual({ large, at: new Date(0) })
})

test('what is stored behind a vast hole in the log is found, and nobody waits long for it', async () => {
  leaves('bad-record')
  const dir = temporaryDirectory()
  await new DiskCache({ dir }).set('./before', 1)
  truncateSync(join(dir, 'store-v1', '00000001.log'), 2 ** 34)
  await new DiskCache({ dir }).set('./behind', 2)
  const cache = new DiskCache({ dir })
  expect([await cache.get('./before'), await cache.get('./behind')]).toEqual([1, 2])
})
