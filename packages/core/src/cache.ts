import type { Allowed, Answer, Generated, Result, TierOf, Untyped, ValueOf } from './answer.ts'
import { InvalidValueError, MissingEntryError, NoStoreError } from './errors.ts'
import { Events } from './events.ts'
import { type Explanation, reasons } from './explain.ts'
import type { ValidityOptions } from './freshness.ts'
import { isPromise, type Shared, taskOf } from './generate.ts'
import { answersWithPromise, type KeyLike, minorOf, toAddress } from './key.ts'
import type { CacheStats } from './ledger.ts'
import { Ledger } from './ledger.ts'
import { MemoryTier } from './memory-tier.ts'
import { PersistentTier } from './persistent-tier.ts'
import {
  type EntryOptions,
  type GenerateOptions,
  type GetOptions,
  type Identity,
  type Otherwise,
  type Request,
  refuseUnknownOptions,
  resolveRequest,
  type SetOptions,
  type Verb,
  validityOf,
  validityOptions,
} from './request.ts'
import { appSessionId, overrideAppSessionId } from './session.ts'
import type { Sha256 } from './sha256.ts'
import type { AsyncContext, SingleFlight } from './single-flight.ts'
import { checkVersion, resolveStamp, type Stamp, type Version } from './stamp.ts'
import { Stamps } from './stamps.ts'
import type { Store } from './store.ts'
import { type AnyValueType, ValueTypes } from './value-type.ts'
import type { PlainGenerator, WithContext } from './with-context.ts'

/** @internal What the verbs of one cache have in common. */
export interface CacheInternals {
  readonly identity: Identity
  readonly shared: Shared
  readonly memory: MemoryTier
  /** Those of the persistent tier, where there is one. */
  readonly flights: SingleFlight | undefined
}

/** The options of a {@link Cache}. Those of `ttl` and the like are for all calls that have none of their own. */
export interface CacheOptions extends ValidityOptions {
  /** The cache's version (major). When it changes, all entries but those with a negative version end. Default 1. */
  readonly version?: Version | undefined
  /** Where persistent entries live. Default: nowhere; persistent keys are refused. */
  readonly store?: Store | undefined
  /** Classes of your own that may occur in `hashVal` and `params`. Default: those of the store. */
  readonly types?: Iterable<AnyValueType> | undefined
  /** A faster SHA-256 for fingerprints. Default: the store's, or core's own, with the same result. */
  readonly sha256?: (() => Sha256) | undefined
  /**
   * An `AsyncLocalStorage`, by which a generator that waits for its own result is found, also through other caches that
   * were given the same one. Without it, only cycles of synchronous calls are found. Default: the store's, or none.
   */
  readonly asyncContext?: AsyncContext | undefined
  /** The present time in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** Chance for `refreshAhead`: at least 0 and below 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/**
 * Keeps what was expensive to obtain, in memory and, with a store, between runs of the program. An entry is valid as long
 * as its stamp is: the version of the cache, its own version, the application session, the hash of what it depends on.
 *
 * Keys with a `/` in their name are persistent, all others live in memory. Memory keys answer synchronously, persistent
 * ones with a promise; errors of persistent calls always reject.
 *
 * Not promised: private copies. A value from memory is the value held, and changing it changes what others get.
 *
 * @example
 * const cache = new Cache({ version: 5 })
 * const table = cache.cache('table@2', buildTable, 'input.csv') // runs buildTable('input.csv') the first time only
 *
 * @typeParam S - Optionally the values by name: `new Cache<{ table: Row[]; './model': Model }>()`.
 */
export class Cache<S extends object = Untyped> {
  /** What happens in this cache, for logs, metrics and tests. */
  readonly events: Events = new Events()
  readonly #identity: Identity
  readonly #ledger: Ledger
  readonly #shared: Shared
  readonly #memory: MemoryTier
  readonly #persistent: PersistentTier | undefined

  constructor(options: CacheOptions = {}) {
    refuseUnknownOptions('A cache', options, cacheOptions)
    const { version = 1, store, clock = Date.now, random = Math.random } = options
    checkVersion("The cache's version", version)
    const types = options.types ? new ValueTypes(options.types) : (store?.runtime?.types ?? new ValueTypes())
    const sha256 = options.sha256 ?? store?.runtime?.sha256
    const asyncContext = options.asyncContext ?? store?.runtime?.asyncContext
    const stamps = new Stamps(version)
    this.#identity = { major: version, stamps, types, sha256, ...validityOf(options) }
    this.#ledger = new Ledger(this.events)
    const freshness = this.#identity.freshness.cache
    this.#shared = { ledger: this.#ledger, asyncContext, clock, random, freshness }
    this.#memory = new MemoryTier(this.#shared, stamps, {
      origin: (name, present) => this.memoryOrigin(name, present),
      changed: (name, value, previous, origin) => this.memoryChanged(name, value, previous, origin),
      discarded: (name, value, origin) => this.memoryDiscarded(name, value, origin),
    })
    this.#persistent = store && new PersistentTier(this.#shared, store)
  }

  /** The id of the application session, which entries of version 0 live and end with. */
  static get appSessionId(): string {
    return appSessionId()
  }

  /** Continues another session; see `overrideAppSessionId`. */
  static overrideAppSessionId(id: Version): void {
    overrideAppSessionId(id)
  }

  /**
   * The name and the stamp that a key resolves to, in the canonical form under which entries are kept.
   *
   * @param key - With or without its own `@version`, which wins over `minor`.
   * @param minor - Default 0 for memory keys, 1 for persistent ones.
   * @example
   * Cache.keyAndVersion('table@4', 5)  // ['table', '5.4']
   * Cache.keyAndVersion('data/x', 5)   // ['./data/x', '5.1']
   */
  static keyAndVersion(key: KeyLike, major: Version, minor?: Version): [name: string, stamp: Stamp] {
    const address = toAddress(key)
    checkVersion('The major version', major)
    const version = minorOf(address, 'The minor version', minor)
    return [address.name, resolveStamp(major, version, appSessionId())]
  }

  /** The cache's version (major), as it was given. */
  get version(): Version {
    return this.#identity.major
  }

  /** Counters since this cache was made. */
  stats(): CacheStats {
    return this.#ledger.stats()
  }

  /**
   * The entry's value if there is a valid one; otherwise runs the generator with the given arguments, stores its result
   * and returns it. While a generator runs, other callers of the same name, stamp and hashed params wait for its result.
   *
   * A result of `undefined` is returned but not stored. Errors of the generator reach every waiting caller and are not
   * stored. When reading or storing fails, the generated value is returned all the same, with an `error` event.
   *
   * For a memory key the answer is the value itself, or a promise if the generator returns one and has to run.
   *
   * @example
   * const rows = await cache.cache('./table@4', parse, 'input.csv')
   * const same = await cache.cache('./table', { version: 4, hashVal: config }, parse, 'input.csv')
   */
  cache<const K extends KeyLike, A extends readonly unknown[], R extends Result<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    options: GenerateOptions,
    generate: WithContext<A, R>,
    ...args: A
  ): Generated<TierOf<K>, R>
  cache<const K extends KeyLike, A extends readonly unknown[], R extends Result<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    options: GenerateOptions,
    generate: PlainGenerator<A, R>,
    ...args: A
  ): Generated<TierOf<K>, R>
  cache<const K extends KeyLike, A extends readonly unknown[], R extends Result<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    generate: WithContext<A, R>,
    ...args: A
  ): Generated<TierOf<K>, R>
  cache<const K extends KeyLike, A extends readonly unknown[], R extends Result<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    generate: PlainGenerator<A, R>,
    ...args: A
  ): Generated<TierOf<K>, R>
  cache(key: KeyLike, ...rest: unknown[]): unknown {
    const hit = typeof rest[0] === 'function' ? this.#memory.hit(key) : undefined
    if (hit) return hit.value
    try {
      const { options, task } = taskOf('cache', rest, this.#identity.validity)
      const request = resolveRequest(this.#identity, 'cache', key, options, task.args)
      return this.#tier(request).cache(request, task)
    } catch (error) {
      return failed(key, error)
    }
  }

  /**
   * The value of a valid entry, or the option `default` (`undefined` unless given).
   *
   * @throws CacheError `no-store` for a persistent key in a cache without a store, `store-read` when reading failed.
   */
  get<const K extends KeyLike>(key: K & Allowed<S, K>): Answer<TierOf<K>, ValueOf<S, K> | undefined>
  get<const K extends KeyLike, const D>(
    key: K & Allowed<S, K>,
    options: GetOptions<D> & { readonly default: D },
  ): Answer<TierOf<K>, ValueOf<S, K> | D>
  get<const K extends KeyLike>(
    key: K & Allowed<S, K>,
    options?: EntryOptions,
  ): Answer<TierOf<K>, ValueOf<S, K> | undefined>
  get(key: KeyLike, options?: GetOptions<unknown>): unknown {
    const hit = options === undefined ? this.#memory.hit(key) : undefined
    return hit ? hit.value : this.#look('get', key, options, theDefault)
  }

  /**
   * The value of a valid entry.
   *
   * @throws MissingEntryError when there is none, saying why.
   */
  getOrThrow<const K extends KeyLike>(
    key: K & Allowed<S, K>,
    options?: EntryOptions,
  ): Answer<TierOf<K>, ValueOf<S, K>>
  getOrThrow(key: KeyLike, options?: EntryOptions): unknown {
    return this.#look('getOrThrow', key, options, missingEntry)
  }

  /**
   * Whether there is a valid entry. Its value is not fetched, and nothing is counted.
   */
  has<const K extends KeyLike>(key: K & Allowed<S, K>, options?: EntryOptions): Answer<TierOf<K>, boolean>
  has(key: KeyLike, options?: EntryOptions): unknown {
    try {
      const request = resolveRequest(this.#identity, 'has', key, options)
      return this.#tier(request).has(request)
    } catch (error) {
      return failed(key, error)
    }
  }

  /**
   * Why `cache()` and `get()` with this key and these options would hit or miss now: the version, session, `hashVal` or
   * params that differ, whether the entry has expired, or what became of it as far as the store remembers. For people
   * who wonder; nothing is counted or changed, and no event is emitted but those of a store that finds damage.
   *
   * The value of a valid entry is fetched, to see that it can be. A generation that is under way is not looked at. Where
   * params count, pass those of `cache()`, whose default there is the array of the generator's arguments.
   *
   * @throws CacheError `no-store` for a persistent key in a cache without a store, `store-read` when reading failed.
   * @example
   * console.log((await cache.explain('./table@4')).message)
   * // "./table" would be a miss: stored 5m ago, but with another version ("1.3", wanted "1.4").
   */
  explain<const K extends KeyLike>(
    key: K & Allowed<S, K>,
    options?: SetOptions,
  ): Answer<TierOf<K>, Explanation>
  explain(key: KeyLike, options?: SetOptions): unknown {
    try {
      const request = resolveRequest(this.#identity, 'explain', key, options)
      return this.#tier(request).explain(request)
    } catch (error) {
      return failed(key, error)
    }
  }

  /**
   * Stores a value in the place of whatever is there. A generation that runs for this entry keeps serving its callers,
   * but its result is not stored, also when storing this value fails.
   *
   * @throws InvalidValueError for `undefined`, and for a promise, which was probably meant to be awaited.
   * @throws CacheError for persistent keys: `unserializable`, `store-write`, `no-store`. What was there before stays.
   */
  set<const K extends KeyLike>(
    key: K & Allowed<S, K>,
    value: ValueOf<S, K>,
    options?: SetOptions,
  ): Answer<TierOf<K>, void>
  set(key: KeyLike, value: unknown, options?: SetOptions): unknown {
    try {
      const request = resolveRequest(this.#identity, 'set', key, options)
      if (value === undefined || isPromise(value)) throw new InvalidValueError(request.name, value)
      return this.#tier(request).set(request, value)
    } catch (error) {
      return failed(key, error)
    }
  }

  /** Deletes an entry, whatever its version, and tells whether there was one. */
  delete<const K extends KeyLike>(key: K & Allowed<S, K>): Answer<TierOf<K>, boolean>
  delete(key: KeyLike): unknown {
    try {
      const address = toAddress(key)
      return this.#tier(address).delete(address.name)
    } catch (error) {
      return failed(key, error)
    }
  }

  /** Deletes everything: memory before it returns, both tiers when it resolves. */
  async clear(): Promise<void> {
    this.#memory.clear()
    await this.#persistent?.clear()
  }

  /**
   * Closes the store, also for other caches that were given the same one; what was stored stays. Memory goes on to work.
   * Persistent calls reject from now on, but for `cache()`, which runs its generator each time, with an `error` event.
   */
  async close(): Promise<void> {
    await this.#persistent?.close()
  }

  /** @internal For subclasses with verbs of their own: what those have to share with the ones here. */
  protected get internals(): CacheInternals {
    return {
      identity: this.#identity,
      shared: this.#shared,
      memory: this.#memory,
      flights: this.#persistent?.flights,
    }
  }

  /**
   * For subclasses: what a memory entry belongs to whose value is set, or begins to be generated, now. `present` is the
   * value held under the name so far, `undefined` if there is none. The answer comes back with the value as `origin`.
   */
  protected memoryOrigin(_name: string, _present: unknown): unknown {
    return undefined
  }

  /**
   * For subclasses: called whenever a memory entry has come, changed or gone. `undefined` stands for no entry.
   */
  protected memoryChanged(_name: string, _value: unknown, _previous: unknown, _origin: unknown): void {}

  /**
   * For subclasses: called when a value generated for memory was handed to those who waited for it, but not kept, since
   * its entry changed in the meantime or its origin was abandoned.
   */
  protected memoryDiscarded(_name: string, _value: unknown, _origin: unknown): void {}

  /**
   * For subclasses: ends an origin. What is being generated for it now is handed to those who wait for it, but not kept;
   * who asks from now on begins anew.
   */
  protected abandonGenerations(origin: unknown): void {
    this.#memory.abandonGenerations(origin)
  }

  #look(verb: Verb, key: KeyLike, options: GetOptions<unknown> | undefined, otherwise: Otherwise): unknown {
    try {
      const request = resolveRequest(this.#identity, verb, key, options)
      return this.#tier(request).get(request, options, otherwise)
    } catch (error) {
      return failed(key, error)
    }
  }

  #tier({ name, tier }: Pick<Request, 'name' | 'tier'>): MemoryTier | PersistentTier {
    if (tier === 'memory') return this.#memory
    if (this.#persistent) return this.#persistent
    throw new NoStoreError(name)
  }
}

const cacheOptions: ReadonlySet<string> = new Set<keyof CacheOptions>([
  'version',
  'store',
  'types',
  'sha256',
  'asyncContext',
  'clock',
  'random',
  ...validityOptions,
])

/** @internal */
export const theDefault: Otherwise = (_reason, _request, options) => options?.default

/** @internal */
export const missingEntry: Otherwise = (reason, { name }) => {
  throw new MissingEntryError(name, reasons[reason])
}

function failed(key: unknown, error: unknown): Promise<never> {
  if (answersWithPromise(key)) return Promise.reject(error)
  throw error
}
