import { Cache, type CacheOptions, refuseUnknownOptions, type Untyped } from '@stagcache/core'
import { DiskStore } from './disk-store.ts'
import { type DiskStoreOptions, diskStoreOptions } from './disk-store-options.ts'

/** The options of a {@link DiskCache}: those of a cache and of its store in one. */
export interface DiskCacheOptions
  extends Omit<CacheOptions, 'store' | 'types' | 'sha256' | 'asyncContext'>,
    DiskStoreOptions {}

const knownOptions: ReadonlySet<string> = new Set(['version', 'clock', ...diskStoreOptions])

/**
 * A {@link Cache} that keeps persistent entries in a directory: `new Cache({ store: new DiskStore({ dir }) })` in short.
 *
 * @example
 * const cache = new DiskCache({ version: 5, dir: '.stagcache' })
 * const rows = await cache.cache('./table@4', parse, 'input.csv')
 */
export class DiskCache<S extends object = Untyped> extends Cache<S> {
  /** The store of the persistent entries. */
  readonly store: DiskStore

  constructor(options: DiskCacheOptions = {}) {
    refuseUnknownOptions('A disk cache', options, knownOptions)
    const { version, clock, ...storeOptions } = options
    const store = new DiskStore(storeOptions)
    super({ version, clock, store })
    this.store = store
  }

  /** The absolute path of the cache's directory. */
  get dir(): string {
    return this.store.dir
  }
}
