import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cwd } from 'node:process'
import { temporaryDirectory } from '@stagcache/test-kit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  Cache,
  CacheComponent,
  type CacheOptions,
  DiskCache,
  defineType,
  InvalidKeyError,
  isCacheError,
  MissingEntryError,
} from '../src/index.ts'

const session = Cache.appSessionId

afterEach(() => Cache.overrideAppSessionId(session))

function diskCache(options: CacheOptions & { dir?: string } = {}): DiskCache {
  return new DiskCache({ dir: temporaryDirectory(), ...options })
}

class View extends CacheComponent {
  texture: object | undefined
  readonly onLoad: (view: View) => void

  constructor(onLoad: (view: View) => void = () => {}) {
    super()
    this.onLoad = onLoad
  }

  protected override handleLoad(signal: never): void {
    super.handleLoad(signal)
    this.onLoad(this)
  }
}

class Point {
  readonly x: number
  readonly y: number

  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
}

/** A test per row, by the row's first cell. */
const rows: Record<string, () => unknown> = {
  '`Cache(version=5, cache_dir="x")`': async () => {
    const dir = temporaryDirectory()
    const cache = new DiskCache({ version: 5, dir })
    await cache.set('./a', 1)
    expect(cache.dir).toBe(dir)
    expect(await new DiskCache({ version: 5, dir }).get('./a')).toBe(1)
    expect(await new DiskCache({ version: 6, dir }).get('./a')).toBeUndefined()
  },
  '`version` is a number': () => {
    expect(Cache.keyAndVersion('a', 'five', 4)).toEqual(Cache.keyAndVersion('a', 'five', '4'))
    expect(new Cache().version).toBe(1)
  },
  'default directory': () => {
    expect(new DiskCache().dir).toBe(join(cwd(), '.stagcache'))
  },
  '`cache.version`': () => {
    expect(new Cache({ version: 'v2' }).version).toBe('v2')
  },
  '`get_app_session_id()`': () => {
    expect(Cache.appSessionId).toBe(session)
    expect(Cache.keyAndVersion('a', 5)).toEqual(['a', `5.${session}`])
  },
  '`override_app_session_id(id)`': () => {
    const cache = new Cache()
    cache.set('a', 1)
    Cache.overrideAppSessionId(77)
    expect(Cache.appSessionId).toBe('77')
    expect(cache.get('a')).toBeUndefined()
    Cache.overrideAppSessionId(session)
    expect(cache.get('a')).toBe(1)
  },
  '`get_key_and_version(key, major, minor)`': () => {
    expect(Cache.keyAndVersion('myDb@2', 5)).toEqual(['myDb', '5.2'])
    expect(Cache.keyAndVersion('a/b', 5, 3)).toEqual(['./a/b', '5.3'])
  },
  '`cache(key, generator, *args)`': () => {
    const generate = vi.fn((a: number, b: number) => a + b)
    const cache = new Cache()
    expect(cache.cache('sum', generate, 1, 2)).toBe(3)
    expect(cache.cache('sum', generate, 1, 2)).toBe(3)
    expect(generate.mock.calls).toEqual([[1, 2]])
  },
  '`cache(key, generator, **kwargs)`': () => {
    const generate = (path: string, { depth }: { depth: number }) => `${path}:${depth}`
    expect(new Cache().cache('a', { version: 4 }, generate, 'x', { depth: 2 })).toBe('x:2')
  },
  '`version=`': () => {
    const cache = new Cache({ version: 5 })
    cache.cache('data@4', () => 'four')
    expect(cache.cache('data', { version: 4 }, () => 'again')).toBe('four')
    expect(cache.cache('data', { version: 5 }, () => 'five')).toBe('five')
  },
  '`hash_val=`': async () => {
    const cache = diskCache()
    expect(await cache.cache('./a', { hashVal: { x: 1, y: 2 } }, () => 'first')).toBe('first')
    expect(await cache.cache('./a', { hashVal: { y: 2, x: 1 } }, () => 'second')).toBe('first')
    expect(await cache.cache('./a', { hashVal: { x: 1, y: 3 } }, () => 'third')).toBe('third')
  },
  '`hash_val=` without a version': async () => {
    const cache = diskCache({ version: 5 })
    const stamps: string[] = []
    cache.events.on('store', ({ stamp }) => stamps.push(stamp.slice(0, stamp.indexOf('#'))))
    await cache.set('./a', 1, { hashVal: 1 })
    await cache.set('./a', 1, { hashVal: 1, version: 0 })
    cache.set('a', 1, { hashVal: 1 })
    expect(stamps).toEqual(['5.1', `5.${session}`, `5.${session}`])
  },
  '`set(key, value, params, version)`': async () => {
    const cache = diskCache()
    cache.set('a', 1, { params: { p: 1 }, version: 2 })
    await cache.set('./a', 2, { params: { p: 1 }, version: 2 })
    expect([cache.get('a@2'), await cache.get('./a@2')]).toEqual([1, 2])
  },
  '`get(key, default, version, params, hash_params)`': async () => {
    const cache = diskCache()
    await cache.set('./a', 1, { params: { p: 1 }, version: 2 })
    const options = { default: 'none', version: 2, hashParams: true }
    expect(await cache.get('./a', { ...options, params: { p: 1 } })).toBe(1)
    expect(await cache.get('./a', { ...options, params: { p: 2 } })).toBe('none')
    expect(await cache.get('./a', { ...options, version: 3, params: { p: 1 } })).toBe('none')
  },
  '`params=`': () => {
    const cache = new Cache()
    cache.set('a', 1, { params: { p: 1 } })
    expect(cache.get('a', { params: { p: 2 } })).toBe(1)
  },
  '`hash_params=`': () => {
    const cache = new Cache()
    cache.set('a', 1, { params: { p: 1 } })
    expect(cache.get('a', { params: { p: 2 }, hashParams: true })).toBeUndefined()
    expect(cache.get('a', { params: { p: 1 }, hashParams: true })).toBe(1)
  },
  '`key in cache`': async () => {
    const cache = diskCache()
    cache.set('a', null)
    await cache.set('./a', null)
    expect([cache.has('a'), cache.has('b'), await cache.has('./a'), await cache.has('./b')]).toEqual([
      true,
      false,
      true,
      false,
    ])
  },
  '`del cache[key]`': async () => {
    const cache = diskCache()
    cache.set('a@4', 1)
    await cache.set('./a@4', 1)
    expect([cache.delete('a'), await cache.delete('./a')]).toEqual([true, true])
    expect([cache.delete('a'), await cache.delete('./a')]).toEqual([false, false])
  },
  '`cache[key]`': async () => {
    const cache = diskCache()
    cache.set('a', 1)
    expect(cache.getOrThrow('a')).toBe(1)
    expect(() => cache.getOrThrow('b')).toThrow(MissingEntryError)
    await expect(cache.getOrThrow('./b')).rejects.toThrow(MissingEntryError)
  },
  '`cache[key] = value`': () => {
    const cache = new Cache()
    cache.set('a', 1)
    cache.set('a', 2)
    expect(cache.get('a')).toBe(2)
  },
  'memory and persistent keys in one cache': async () => {
    const dir = temporaryDirectory()
    const cache = new DiskCache({ dir })
    cache.set('a', 'memory')
    await cache.set('./a', 'disk')
    const later = new DiskCache({ dir })
    expect([later.get('a'), await later.get('./a')]).toEqual([undefined, 'disk'])
    expect([cache.get('a'), await cache.get({ name: 'a', tier: 'persistent' })]).toEqual(['memory', 'disk'])
  },
  'the access lock': async () => {
    const cache = diskCache()
    const generate = vi.fn(async (what: string) => what)
    const options = { hashParams: true }
    const calls = ['x', 'x', 'x'].map(what => cache.cache('./a', options, generate, what))
    expect(await Promise.all(calls)).toEqual(['x', 'x', 'x'])
    expect(generate).toHaveBeenCalledOnce()
  },
  '`load()`': async () => {
    const view = new View(self => self.set('data', 1))
    const loading = view.load()
    expect([view.loaded, view.get('data')]).toEqual([true, 1])
    await loading
  },
  '`unload()`': async () => {
    const view = new View(self => self.set('data', 1))
    await view.load()
    const unloading = view.unload()
    expect([view.loaded, view.get('data')]).toEqual([false, undefined])
    await unloading
  },
  '`handle_load()`': async () => {
    const seen: boolean[] = []
    class Slow extends CacheComponent {
      protected override async handleLoad(signal: never) {
        super.handleLoad(signal)
        await Promise.resolve()
        seen.push(this.isLoading)
      }
    }
    const slow = new Slow()
    await slow.load()
    expect([seen, slow.loaded]).toEqual([[true], true])
  },
  '`handle_unload()`': async () => {
    const seen: unknown[] = []
    class Watched extends View {
      protected override handleUnload() {
        seen.push(this.get('data'))
        super.handleUnload()
      }
    }
    const watched = new Watched(self => self.set('data', 1))
    await watched.load()
    await watched.unload()
    expect(seen).toEqual([1])
  },
  '`get_is_loading()`': async () => {
    const seen: boolean[] = []
    const view = new View(self => seen.push(self.isLoading))
    seen.push(view.isLoading)
    await view.load()
    expect(seen).toEqual([false, true])
  },
  '`loaded`': async () => {
    const view = new View()
    const before = view.loaded
    await view.load()
    expect([before, view.loaded]).toEqual([false, true])
  },
  '"Tried to load component twice"': async () => {
    const view = new View()
    await view.load()
    await expect(view.load()).rejects.toMatchObject({ code: 'lifecycle', reason: 'loaded-twice' })
  },
  '"Tried to unload component which was not loaded before"': async () => {
    await expect(new View().unload()).rejects.toMatchObject({ code: 'lifecycle', reason: 'unloaded-twice' })
  },
  '"Did you forget to call super().handle_load()?"': async () => {
    class Forgetful extends CacheComponent {
      protected override handleLoad() {}
    }
    await expect(new Forgetful().load()).rejects.toMatchObject({ code: 'lifecycle', reason: 'no-super-load' })
  },
  '"Did you forget to call super().handle_unload()?"': async () => {
    class Forgetful extends CacheComponent {
      protected override handleUnload() {}
    }
    const forgetful = new Forgetful()
    await forgetful.load()
    await expect(forgetful.unload()).rejects.toMatchObject({ code: 'lifecycle', reason: 'no-super-unload' })
  },
  'volatile entries': async () => {
    const close = vi.fn()
    class Handle {
      close = close
    }
    const view = new View(self => self.set('handle', new Handle()))
    view.set('kept', 1)
    await view.load()
    await view.unload()
    expect([view.get('handle'), view.get('kept')]).toEqual([undefined, 1])
  },
  '`add_volatile_member(name)`': async () => {
    const view = new View(self => {
      self.texture = {}
      self.addVolatileMember('texture')
    })
    await view.load()
    expect(view.texture).toEqual({})
    await view.unload()
    expect(view.texture).toBeUndefined()
  },
  '`DiskCache.set`, `get`, `delete`, `in`': async () => {
    const cache = diskCache()
    await cache.set('data/table', [1, 2])
    expect(await cache.get('./data/table')).toEqual([1, 2])
    expect(await cache.has('data/table')).toBe(true)
    expect(await cache.delete('data/table')).toBe(true)
    expect(await cache.has('data/table')).toBe(false)
  },
  'clearing the disk cache': async () => {
    const cache = diskCache()
    cache.set('a', 1)
    await cache.set('./a', 1)
    const cleared = cache.clear()
    expect(cache.has('a')).toBe(false)
    await cleared
    expect(await cache.has('./a')).toBe(false)
  },
  'types registered from outside': async () => {
    const point = defineType({
      tag: 'point',
      class: Point,
      encode: ({ x, y }) => [x, y] as const,
      decode: ([x, y]) => new Point(x, y),
    })
    const dir = temporaryDirectory()
    await new DiskCache({ dir, types: [point] }).set('./p', { at: new Point(1, 2) })
    const read = (await new DiskCache({ dir, types: [point] }).get('./p')) as { at: Point }
    expect(read.at).toBeInstanceOf(Point)
    expect(read.at).toEqual(new Point(1, 2))
  },

  'positive minor': () => expect(Cache.keyAndVersion('a', 5, 4)[1]).toBe('5.4'),
  'minor 0': () => expect(Cache.keyAndVersion('a', 5, 0)[1]).toBe(`5.${session}`),
  'negative minor': () => expect(Cache.keyAndVersion('a', 5, -2)[1]).toBe('-2'),
  'default minor of a memory key': () => expect(Cache.keyAndVersion('a', 5)[1]).toBe(`5.${session}`),
  'default minor of a persistent key': () => expect(Cache.keyAndVersion('./a', 5)[1]).toBe('5.1'),
  '`@` in the key': () => expect(Cache.keyAndVersion('a@4', 5, 9)).toEqual(['a', '5.4']),
  'more than one `@`': () => expect(() => Cache.keyAndVersion('a@4@5', 5)).toThrow(InvalidKeyError),
  'empty key': () => {
    expect(() => new Cache().set('', 1)).toThrow(InvalidKeyError)
    expect(() => new Cache().get('@4')).toThrow(InvalidKeyError)
  },
  'badly beginning key': async () => {
    expect(() => new Cache().set('4a', 1)).toThrow(InvalidKeyError)
    await expect(new Cache().set('../a', 1)).rejects.toThrow(InvalidKeyError)
    expect(Cache.keyAndVersion('été', 5, 1)).toEqual(['été', '5.1'])
  },
  'another cache version': () => {
    expect(Cache.keyAndVersion('a', 6, 4)[1]).not.toBe(Cache.keyAndVersion('a', 5, 4)[1])
  },
  'versions and params beside the value': async () => {
    const dir = temporaryDirectory()
    const options = { hashParams: true, version: 3 }
    await new DiskCache({ dir }).cache('./a', options, (x: number) => x, 7)
    const later = new DiskCache({ dir })
    expect(await later.get('./a', { ...options, params: [7] })).toBe(7)
    expect(await later.get('./a', { ...options, params: [8] })).toBeUndefined()
    expect(await later.get('./a', { ...options, version: 4, params: [7] })).toBeUndefined()
  },

  'loading never ends: `_is_loading` stays true': async () => {
    const view = new View()
    await view.load()
    view.set('later', 1)
    expect(view.isLoading).toBe(false)
    await view.unload()
    expect(view.get('later')).toBe(1)
  },
  '`in` ignores the version on disk': async () => {
    const cache = diskCache()
    await cache.set('./a@4', 1)
    expect([await cache.has('./a@4'), await cache.has('./a@5')]).toEqual([true, false])
  },
  'deleting a persistent key raises': async () => {
    const cache = diskCache()
    await cache.set('./a', 1)
    expect(await cache.delete('./a')).toBe(true)
  },
  'a key with `@` silently drops `hash_val`': () => {
    const cache = new Cache()
    cache.cache('a@4', { hashVal: 1 }, () => 'one')
    expect(cache.cache('a@4', { hashVal: 2 }, () => 'two')).toBe('two')
  },
  '`None` and "absent" are confused': async () => {
    const cache = diskCache()
    const generate = vi.fn(() => null)
    for (const key of ['a', './a']) {
      await cache.cache(key, generate)
      await cache.cache(key, generate)
      expect(await cache.get(key, { default: 'absent' })).toBeNull()
    }
    expect(generate).toHaveBeenCalledTimes(2)
    expect(() => cache.set('b', undefined)).toThrow('undefined means that there is no entry')
  },
  'two generators run at once, because the lock is released': async () => {
    const cache = new Cache()
    let running = 0
    const generate = async () => {
      running++
      await Promise.resolve()
      return running
    }
    expect(await Promise.all([cache.cache('a', generate), cache.cache('a', generate)])).toEqual([1, 1])
  },
  'value and version are two files, which a crash can separate': async () => {
    const cache = diskCache()
    await cache.set('./a@1', 'first')
    const failed = cache.set('./a@2', () => 'not storable')
    await expect(failed).rejects.toSatisfy(error => isCacheError(error, 'unserializable'))
    expect([await cache.get('./a@1'), await cache.get('./a@2')]).toEqual(['first', undefined])
  },
  '`hash_params` is never effective in `cache()`': () => {
    const cache = new Cache()
    const double = (x: number) => 2 * x
    expect(cache.cache('a', { hashParams: true }, double, 1)).toBe(2)
    expect(cache.cache('a', { hashParams: true }, double, 5)).toBe(10)
  },
}

const page = readFileSync(new URL('../../../docs/from-scistag.md', import.meta.url), 'utf8')
const firstCells = page
  .split('\n')
  .filter(line => line.startsWith('| ') && !/^\| (SciStag|rule|seed|---)/.test(line))
  .map(line => line.slice(2, line.indexOf(' | ')))

describe('docs/from-scistag.md', () => {
  test('has a row for each test, and a test for each row', () => {
    expect(Object.keys(rows).sort()).toEqual([...firstCells].sort())
  })

  test.each(firstCells)('%s', async cell => {
    await rows[cell]?.()
  })
})
