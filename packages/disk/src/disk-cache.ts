import {
  type Allowed,
  Cache,
  type CacheOptions,
  type EntryOptions,
  type Generate,
  type GetOptions,
  InvalidOptionError,
  type KeyLike,
  type MemoryOptions,
  memoryOptions,
  type NamePrefix,
  refuseUnknownOptions,
  type SetOptions,
  type SyncOptions,
  type SyncResult,
  type Untyped,
  type ValueOf,
  validityOptions,
} from '@stagcache/core'
import { SyncVerbs } from '@stagcache/core/sync'
import { DiskStore } from './disk-store.ts'
import { type DiskStoreOptions, diskStoreOptions } from './disk-store-options.ts'
import type { DirectoryReport } from './verify-report.ts'

/** The options of a {@link DiskCache}: those of a cache and of its store in one. */
export interface DiskCacheOptions
  extends Omit<CacheOptions, 'store' | 'types' | 'sha256' | 'asyncContext' | keyof MemoryOptions>,
    DiskStoreOptions {
  /** The bounds of the memory tier and what else concerns it; the options beside this one are about the directory. */
  readonly memory?: MemoryOptions | undefined
}

const cacheOptions = ['version', 'clock', 'random', ...validityOptions] as const
const knownOptions: ReadonlySet<string> = new Set([...cacheOptions, 'memory', ...diskStoreOptions])

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
    refuseMisplacedOptions(options)
    refuseUnknownOptions('A disk cache', options, knownOptions)
    const { memory = {}, ...others } = options
    refuseUnknownOptions("A disk cache's memory", memory, new Set(memoryOptions))
    const store = new DiskStore(without(cacheOptions, others))
    super({ ...memory, ...without(diskStoreOptions, others), store })
    this.store = store
  }

  /**
   * A cache whose verbs exist without promises too, for tools and configuration loaders that cannot wait.
   *
   * @example
   * const cache = await DiskCache.open({ version: 5, dir: '.stagcache' })
   * const rows = cache.cacheSync('./table@4', parse, 'input.csv')
   */
  static async open<S extends object = Untyped>(options: DiskCacheOptions = {}): Promise<OpenDiskCache<S>> {
    const cache = new OpenDiskCache<S>(options)
    await cache.store.open()
    return cache
  }

  /** The absolute path of the cache's directory. */
  get dir(): string {
    return this.store.dir
  }

  /**
   * Looks at everything in the cache's directory without changing anything, and says what it holds and what is the matter
   * with it. See `verifyDirectory` for what it costs and does not promise.
   *
   * @throws CacheError `store-read` if the file system refuses to let it read; `closed`.
   *
   * @example
   * const { intact, problems } = await cache.verify()
   * if (!intact) console.warn(problems)
   */
  verify(): Promise<DirectoryReport> {
    return this.store.verify()
  }

  /** Closes it at the end of a block: `await using cache = new DiskCache()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/**
 * A {@link DiskCache} with synchronous verbs, from `DiskCache.open()`. They mean what the others mean, and throw where
 * those reject. Large values are read and written at once, too, which holds the program for as long as that takes.
 *
 * A synchronous call never waits: not for a generation that is under way, and not for one of another process, beside which
 * it generates. Every call looks at what other processes have stored.
 */
export class OpenDiskCache<S extends object = Untyped> extends DiskCache<S> {
  readonly #verbs: SyncVerbs = new SyncVerbs(this.internals, this.store)

  /**
   * The entry's value if there is a valid one; otherwise runs the generator, stores its result and returns it. When
   * reading or storing fails, the generated value is returned all the same, with an `error` event.
   *
   * @throws AsyncGeneratorError if the generator returns a promise, whose result is not stored.
   */
  cacheSync<const K extends KeyLike, A extends readonly unknown[], R extends SyncResult<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    generate: Generate<A, R>,
    ...args: A
  ): R
  cacheSync<const K extends KeyLike, A extends readonly unknown[], R extends SyncResult<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    options: SyncOptions,
    generate: Generate<A, R>,
    ...args: A
  ): R
  cacheSync(key: KeyLike, ...rest: unknown[]): unknown {
    return this.#verbs.cache(key, ...rest)
  }

  /** The value of a valid entry, or the option `default`. */
  getSync<const K extends KeyLike>(key: K & Allowed<S, K>): ValueOf<S, K> | undefined
  getSync<const K extends KeyLike, const D>(
    key: K & Allowed<S, K>,
    options: GetOptions<D> & { readonly default: D },
  ): ValueOf<S, K> | D
  getSync<const K extends KeyLike, const D = undefined>(
    key: K & Allowed<S, K>,
    options?: GetOptions<D>,
  ): ValueOf<S, K> | D | undefined
  getSync(key: KeyLike, options?: GetOptions<unknown>): unknown {
    return this.#verbs.get(key, options)
  }

  /** @throws MissingEntryError when there is no valid entry, saying why. */
  getOrThrowSync<const K extends KeyLike>(key: K & Allowed<S, K>, options?: EntryOptions): ValueOf<S, K>
  getOrThrowSync(key: KeyLike, options?: EntryOptions): unknown {
    return this.#verbs.getOrThrow(key, options)
  }

  /** Whether there is a valid entry. */
  hasSync<const K extends KeyLike>(key: K & Allowed<S, K>, options?: EntryOptions): boolean
  hasSync(key: KeyLike, options?: EntryOptions): boolean {
    return this.#verbs.has(key, options)
  }

  /** Stores a value in the place of whatever is there. */
  setSync<const K extends KeyLike>(key: K & Allowed<S, K>, value: ValueOf<S, K>, options?: SetOptions): void
  setSync(key: KeyLike, value: unknown, options?: SetOptions): void {
    this.#verbs.set(key, value, options)
  }

  /** Deletes an entry, whatever its version, and tells whether there was one; or all of a prefix, and tells how many. */
  deleteSync<const K extends KeyLike>(key: K & Allowed<S, K>): boolean
  deleteSync(names: NamePrefix): number
  deleteSync(key: KeyLike | NamePrefix): boolean | number {
    return this.#verbs.delete(key)
  }

  /** Deletes everything; with a prefix, what `deleteSync` deletes with it. */
  clearSync(names?: NamePrefix): void {
    this.#verbs.clear(names)
  }
}

function refuseMisplacedOptions(options: object): void {
  const name = memoryOptions.find(
    option => !knownOptions.has(option) && Object.hasOwn(Object(options), option),
  )
  if (name) throw new InvalidOptionError(`A disk cache takes ${name} under memory: { memory: { ${name} } }.`)
}

function without<O extends object>(names: Iterable<string>, options: O): O {
  const left = { ...options } as Record<string, unknown>
  for (const name of names) delete left[name]
  return left as O
}
