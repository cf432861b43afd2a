import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import { Cache, type CacheOptions, refuseUnknownOptions, type Untyped } from '@stagcache/core'
import { DiskStore, type DiskStoreOptions } from './disk-store.ts'

/** The options of a {@link DiskCache}: those of a cache and of its store in one. */
export interface DiskCacheOptions
  extends Omit<CacheOptions, 'store' | 'sha256' | 'asyncContext'>,
    Omit<DiskStoreOptions, 'types'> {}

const diskCacheOptions: ReadonlySet<string> = new Set<keyof DiskCacheOptions>([
  'dir',
  'version',
  'types',
  'clock',
  'files',
])

// One for the whole process, so that a cycle through several caches is found.
const asyncContext = new AsyncLocalStorage<unknown>()

/**
 * A {@link Cache} that keeps persistent entries in a directory, with Node's own SHA-256 and with cycles among
 * asynchronous generators found at once.
 *
 * @example
 * const cache = new DiskCache({ version: 5, dir: '.stagcache' })
 * const rows = await cache.cache('./table@4', parse, 'input.csv')
 */
export class DiskCache<S extends object = Untyped> extends Cache<S> {
  /** The store of the persistent entries. */
  readonly store: DiskStore

  constructor(options: DiskCacheOptions = {}) {
    refuseUnknownOptions('A disk cache', options, diskCacheOptions)
    const { dir, files, ...rest } = options
    const types = options.types && [...options.types]
    const store = new DiskStore({ dir, files, types })
    super({ ...rest, types, store, sha256: () => createHash('sha256'), asyncContext })
    this.store = store
  }

  /** The absolute path of the cache's directory. */
  get dir(): string {
    return this.store.dir
  }
}
