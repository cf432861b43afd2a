import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Entry, Stamp, StoreEvent } from '@stagcache/core'
import { temporaryDirectory, whenOver } from '@stagcache/test-kit'
import { DiskStore } from '../src/disk-store.ts'
import type { DiskStoreOptions } from '../src/disk-store-options.ts'

/** A store that is closed when the running test or round is over, with what it reported. */
export interface TestStore extends DiskStore {
  readonly events: StoreEvent[]
  /** The stored value, `undefined` if there is none. */
  value(name: string): Promise<unknown>
  /** Stores a value with the stamp `1.1`. */
  put(name: string, value: unknown): Promise<void>
}

export function openStore(options: DiskStoreOptions = { dir: temporaryDirectory() }): TestStore {
  const store = new DiskStore(options)
  const events: StoreEvent[] = []
  store.observe(event => events.push(event))
  whenOver(() => store.close())
  return Object.assign(store, {
    events,
    value: async (name: string) => (await store.read(name))?.value,
    put: (name: string, value: unknown) => store.write(name, entryOf(value)),
  })
}

/** Makes garbage until something has come of it. */
export async function putUntil(store: TestStore, isDone: () => boolean): Promise<void> {
  for (let round = 0; !isDone(); round++) {
    await store.put('garbage', 'x'.repeat(50_000) + round)
    await setImmediate()
  }
}

export function entryOf(value: unknown): Entry {
  return { value, stamp: '1.1' as Stamp, params: undefined, storedAt: 1_700_000_000_000, cost: 1.5 }
}

export function logPath(dir: string, number = 1): string {
  return join(dir, 'store-v1', `${String(number).padStart(8, '0')}.log`)
}

/** The paths of all blobs in a directory. */
export function blobPaths(dir: string): string[] {
  const blobs = join(dir, 'store-v1', 'blobs')
  return readdirSync(blobs, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

export function logBytes(dir: string): Buffer {
  return readFileSync(logPath(dir))
}

/** A value that is stored as a blob, different for each `seed`. */
export function largeValue(seed: number, bytes = 200_000): Uint8Array {
  return new Uint8Array(bytes).fill(seed)
}

/** The bytes of all files in a directory. */
export function directoryBytes(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

/** The numbers of the logs in a directory. */
export function logNumbers(dir: string): number[] {
  const names = readdirSync(join(dir, 'store-v1'))
  return names.filter(name => name.endsWith('.log')).map(name => Number.parseInt(name, 10))
}
