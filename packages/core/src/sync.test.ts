import { expect, test } from 'vitest'
import { deferred, until } from '../test/deferred.ts'
import { Cache } from './cache.ts'
import type { Entry, EntryInfo } from './store.ts'
import { type SyncStore, SyncVerbs } from './sync.ts'

class MapStore implements SyncStore {
  readonly #entries = new Map<string, Entry>()

  readSync(name: string, accept: (info: EntryInfo) => boolean = () => true): Entry | undefined {
    const entry = this.#entries.get(name)
    return entry && accept(entry) ? entry : undefined
  }

  writeSync(name: string, entry: Entry): void {
    this.#entries.set(name, entry)
  }

  removeSync(name: string): boolean {
    return this.#entries.delete(name)
  }

  clearSync(): void {
    this.#entries.clear()
  }

  read = async (name: string, accept?: (info: EntryInfo) => boolean) => this.readSync(name, accept)
  write = async (name: string, entry: Entry) => this.writeSync(name, entry)
  remove = async (name: string) => this.removeSync(name)
  clear = async () => this.clearSync()
  close = async () => {}
}

class SyncCache extends Cache {
  readonly sync: SyncVerbs

  constructor(store: SyncStore = new MapStore()) {
    super({ store })
    this.sync = new SyncVerbs(this.internals, store)
  }
}

/** A generation of an entry that has begun, and what it waits for. */
async function underWay(key: './a' | './a@1') {
  const cache = new SyncCache()
  const first = deferred<string>()
  let isRunning = false
  const waiting = cache.cache(key, () => {
    isRunning = true
    return first.promise
  })
  await until(() => isRunning)
  return { cache, first, waiting }
}

test.each([
  {
    what: 'another version',
    act: ({ sync }: SyncCache) => sync.cache('./a@2', () => 'second'),
    left: 'second',
  },
  {
    what: 'another version, beside its own of the same',
    act: ({ sync }: SyncCache) => sync.cache('./a@1', () => sync.cache('./a@2', () => 'second')),
    left: 'second',
  },
  {
    what: 'another version, after which its own fails',
    act: ({ sync }: SyncCache) => {
      const generate = () => {
        sync.cache('./a@2', () => 'second')
        throw new Error('no')
      }
      expect(() => sync.cache('./a@1', generate)).toThrow('no')
    },
    left: 'second',
  },
  {
    what: 'what its generator sets',
    act: ({ sync }: SyncCache) => sync.cache('./a@1', () => sync.set('./a@2', 'second')),
    left: 'second',
  },
  {
    what: 'what its generator deletes',
    act: ({ sync }: SyncCache) => sync.cache('./a@1', () => void sync.delete('./a')),
    left: undefined,
  },
  {
    what: 'a result of nothing',
    act: ({ sync }: SyncCache) => sync.cache('./a@1', () => undefined),
    left: undefined,
  },
])('$what of a synchronous call wins over a generation under way', async ({ act, left }) => {
  const { cache, first, waiting } = await underWay('./a@1')
  act(cache)
  first.resolve('first')
  expect(await waiting).toBe('first')
  expect([await cache.get('./a@1'), await cache.get('./a@2')]).toEqual([undefined, left])
})

test('a synchronous call that fails leaves a generation under way as it was', async () => {
  const { cache, first, waiting } = await underWay('./a')
  const failing = () => {
    throw new Error('no')
  }
  expect(() => cache.sync.cache('./a', failing)).toThrow('no')
  const joined = cache.cache('./a', () => 'not run')
  first.resolve('first')
  expect(await Promise.all([waiting, joined])).toEqual(['first', 'first'])
  expect(cache.sync.get('./a')).toBe('first')
})
