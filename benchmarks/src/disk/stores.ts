import { deepStrictEqual } from 'node:assert/strict'
import { join } from 'node:path'
import { DiskCache } from '@stagcache/disk'
import { open as openLmdb } from 'lmdb'
import { type Item, items } from '../data.ts'

export type Name = `./${string}`

/** A persistent store under test. Its loops are written as its own README uses it. */
export interface TestedStore {
  readonly name: string
  open(dir: string): OpenStore
}

export interface OpenStore {
  /** Gets one after the other; the sum of the found items' ids, plus one for each. */
  getEach(names: readonly Name[]): Promise<number>
  /** Sets one after the other, each awaited. */
  setEach(names: readonly Name[], values: readonly unknown[]): Promise<void>
  /** Sets all in one tick, awaited together. */
  setTogether(names: readonly Name[], values: readonly unknown[]): Promise<void>
  get(name: Name): Promise<unknown>
  /** Waits for what the store still does in the background. */
  settle(): Promise<void>
  close(): Promise<void>
}

export const stagCache: TestedStore = {
  name: 'StagCache',
  open(dir) {
    const cache = new DiskCache({ version: 1, dir: join(dir, 'stagcache') })
    return {
      async getEach(names) {
        let sum = 0
        for (const name of names) {
          const item = (await cache.get(name)) as Item | undefined
          if (item !== undefined) sum += item.id + 1
        }
        return sum
      },
      async setEach(names, values) {
        for (const [index, name] of names.entries()) await cache.set(name, values[index])
      },
      async setTogether(names, values) {
        await Promise.all(names.map((name, index) => cache.set(name, values[index])))
      },
      get: name => cache.get(name),
      async settle() {},
      close: () => cache.close(),
    }
  },
}

/** With the options that it has by default. */
export const lmdb: TestedStore = lmdbWith('lmdb', {})

/** Never writes through to the disk, so that it promises what StagCache does: to survive the end of the process. */
export const lmdbWithoutSync: TestedStore = lmdbWith('lmdb noSync', { noSync: true })

function lmdbWith(name: string, options: { noSync?: boolean }): TestedStore {
  const open = (dir: string): OpenStore => {
    const database = openLmdb<unknown, string>({ path: join(dir, name), ...options })
    return {
      async getEach(names) {
        let sum = 0
        for (const name of names) {
          const item = database.get(name) as Item | undefined
          if (item !== undefined) sum += item.id + 1
        }
        return sum
      },
      async setEach(names, values) {
        for (const [index, name] of names.entries()) await database.put(name, values[index])
      },
      async setTogether(names, values) {
        await Promise.all(names.map((name, index) => database.put(name, values[index])))
      },
      get: async name => database.get(name),
      // A put resolves when it is visible to every process; writing through to the disk goes on behind it.
      settle: async () => void (await database.flushed),
      close: () => database.close(),
    }
  }
  return { name, open }
}

/**
 * Rejects unless a store answers like one: what was set last comes back equal in value and type, at once and after the
 * store was opened anew, and what was never set is absent.
 */
export async function proveStore(store: TestedStore, dir: string): Promise<void> {
  const names = items(100).map(({ id }): Name => `./proof/${id}`)
  const values = items(100, 1)
  const opened = store.open(dir)
  await opened.setTogether(names, items(100))
  await opened.setEach(names.slice(0, 50), values.slice(0, 50))
  await opened.setTogether(names.slice(50), values.slice(50))
  await expectValues(opened, names, values)
  await opened.close()
  const reopened = store.open(dir)
  await expectValues(reopened, names, values)
  await reopened.close()
}

async function expectValues(store: OpenStore, names: readonly Name[], values: readonly unknown[]) {
  for (const [index, name] of names.entries()) deepStrictEqual(await store.get(name), values[index])
  deepStrictEqual(await store.get('./proof/never-set'), undefined)
}
