import type { Allowed, Answer, Generated, Result, TierOf, TierOfPrefix, Untyped, ValueOf } from './answer.ts'
import { cacheMany, type ManyAnswer, type ManyOptions, type ManyResult } from './cache-many.ts'
import { InvalidKeyError, InvalidOptionError, InvalidValueError, MissingEntryError } from './errors.ts'
import { Events } from './events.ts'
import { type Explanation, reasons } from './explain.ts'
import { isPromise, taskOf } from './generate.ts'
import { type CacheInternals, type CacheOptions, internalsOf, tierOf } from './internals.ts'
import {
  answersWithPromise,
  isPrefix,
  type KeyLike,
  minorOf,
  type NamePrefix,
  prefixAddress,
  toAddress,
} from './key.ts'
import type { CacheStats } from './ledger.ts'
import {
  type Memoizable,
  type MemoizedLike,
  type MemoizeOptions,
  type MemoizingCache,
  memoize,
} from './memoize.ts'
import type { MemoryOwner } from './memory-entries.ts'
import type { MemoryTier } from './memory-tier.ts'
import { checkOptions } from './options.ts'
import type { PersistentTier } from './persistent-tier.ts'
import {
  type EntryOptions,
  type GenerateOptions,
  type GetOptions,
  type Otherwise,
  optionsOf,
  type Request,
  resolveRequest,
  type SetOptions,
  type Verb,
} from './request.ts'
import { appSessionId, overrideAppSessionId } from './session.ts'
import { checkVersion, resolveStamp, type Stamp, type Version } from './stamp.ts'
import { type Generate, wantsContext } from './with-context.ts'

/**
 * Keeps what was expensive to obtain, in memory and, with a store, between runs of the program. An entry is valid as long
 * as its stamp is: the version of the cache, its own version, the application session, the hash of what it depends on.
 *
 * Keys with a `/` in their name are persistent, all others live in memory. Memory keys answer synchronously, persistent
 * ones with a promise; errors of persistent calls always reject.
 *
 * Not promised, but for `sharing: 'copy'`: private copies. A value from memory is the value held, and changing it changes
 * what others get.
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
  readonly #internals: CacheInternals
  readonly #memory: MemoryTier

  constructor(options: CacheOptions = {}) {
    // What a subclass overrides is protected.
    this.#internals = internalsOf(options, this.events, this as unknown as MemoryOwner)
    this.#memory = this.#internals.memory
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
    return this.#internals.shared.version
  }

  /** Counters since this cache was made. */
  stats(): CacheStats {
    return this.#internals.shared.ledger.stats(this.#memory.bytes)
  }

  /**
   * The entry's value if there is a valid one; otherwise runs the generator with the given arguments, stores its result
   * and returns it. While a generator runs, other callers of the same name, stamp and hashed params wait for its result.
   *
   * A result of `undefined` is returned but not stored. Errors of the generator reach every waiting caller and are not
   * stored. When reading or storing fails, the generated value is returned all the same, with an `error` event. A store that
   * does not answer is waited for as long as `signal` and `timeout` allow.
   *
   * For a memory key the answer is the value itself, or a promise if the generator returns one and has to run. So a generator
   * of other code than the one that runs is called all the same, unless it is declared `async`: only that tells whether
   * its caller has to wait. If it answers at once, its value counts; otherwise both callers get the first one's.
   *
   * @example
   * const rows = await cache.cache('./table@4', parse, 'input.csv')
   * const same = await cache.cache('./table', { version: 4, hashVal: config }, parse, 'input.csv')
   */
  cache<const K extends KeyLike, A extends readonly unknown[], R extends Result<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    generate: Generate<A, R>,
    ...args: A
  ): Generated<TierOf<K>, R>
  // The last, since it is the one of which compilers say why a call does not fit: mostly an option does not.
  cache<const K extends KeyLike, A extends readonly unknown[], R extends Result<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    options: GenerateOptions,
    generate: Generate<A, R>,
    ...args: A
  ): Generated<TierOf<K>, R>
  cache(key: KeyLike, ...rest: unknown[]): unknown {
    const hit = typeof rest[0] === 'function' ? this.#memory.hit(key) : undefined
    // Passed on one by one, so that a hit needs no array of them.
    return hit ? hit.value : this.#generate(key, ...rest)
  }

  /**
   * The function, with an entry for each list of arguments: those that are texts, numbers and the like count as they are,
   * all others by their fingerprint. With a persistent key it answers with a promise. It keeps its types: give each parameter
   * one, or a default. One that is generic or has overloads stays so in memory only.
   *
   * A memoized function that answers with promises does so at hits too. Not promised: anything about what the function
   * depends on besides its arguments; that is what `hashVal` and the version are for. Nor that one which returns promises
   * without being declared `async` is known to do so before it has first run: until then, it hands out a value plainly
   * that was `set` under one of its keys.
   *
   * @throws UnfingerprintableValueError in a call with an argument that has no fingerprint; see {@link MemoizeOptions}.
   * @example
   * const embed = cache.memoize('./embed@2', embedText)
   * await embed('stag') // runs embedText('stag') the first time only
   * await embed.delete('stag') // and embed.clear() those of all calls
   */
  memoize<const K extends KeyLike, F extends Memoizable<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    options: MemoizeOptions,
    fn: F,
  ): MemoizedLike<TierOf<K>, F>
  memoize<const K extends KeyLike, F extends Memoizable<ValueOf<S, K>>>(
    key: K & Allowed<S, K>,
    fn: F,
  ): MemoizedLike<TierOf<K>, F>
  memoize(key: KeyLike, ...rest: unknown[]): unknown {
    const options = typeof rest[0] === 'function' ? {} : (rest.shift() as MemoizeOptions)
    return memoize(this as unknown as MemoizingCache, this.#internals, key, options, rest[0] as () => unknown)
  }

  /**
   * The values of several keys, by key. Those that are missing are generated by one call of the generator, which gets
   * their keys, and answers with an array of values in that order or with a `Map` by key. What is `undefined`, or missing
   * in the map, is not kept, and is asked for again by the next call; `null` is kept. What others are generating is waited
   * for, and others wait for what is generated here.
   *
   * With memory keys and a synchronous generator the answer is the map itself. So is that for no keys at all, which are of
   * no tier: of a list that may be empty the answer has to be awaited. One error, of the generator or of somebody
   * who is waited for, is that of the call; what was there or came about stays stored. When a generation of others that
   * was waited for fails in another process, the generator is called once more for what they leave.
   *
   * @throws CacheError `invalid-value` when the generator answers with too few values, too many, or those of other keys.
   * @example
   * const users = await cache.cacheMany(ids.map(id => `./user/${id}`), missing => loadUsers(missing))
   */
  cacheMany<const K extends KeyLike, R extends ManyResult<K, ValueOf<S, K>>>(
    keys: readonly [K & Allowed<S, K>, ...(K & Allowed<S, K>)[]],
    options: ManyOptions,
    generateMissing: (this: void, missing: readonly K[]) => R,
  ): ManyAnswer<K, R>
  cacheMany<const K extends KeyLike, R extends ManyResult<K, ValueOf<S, K>>>(
    keys: readonly [K & Allowed<S, K>, ...(K & Allowed<S, K>)[]],
    generateMissing: (this: void, missing: readonly K[]) => R,
  ): ManyAnswer<K, R>
  cacheMany<const K extends KeyLike, R extends ManyResult<K, ValueOf<S, K>>>(
    keys: readonly (K & Allowed<S, K>)[],
    options: ManyOptions,
    generateMissing: (this: void, missing: readonly K[]) => R,
  ): ManyAnswer<K, R> | Awaited<ManyAnswer<K, R>>
  cacheMany<const K extends KeyLike, R extends ManyResult<K, ValueOf<S, K>>>(
    keys: readonly (K & Allowed<S, K>)[],
    generateMissing: (this: void, missing: readonly K[]) => R,
  ): ManyAnswer<K, R> | Awaited<ManyAnswer<K, R>>
  cacheMany(keys: readonly KeyLike[], ...rest: unknown[]): unknown {
    try {
      if (!Array.isArray(keys)) throw new InvalidOptionError('cacheMany() got no keys: they are an array.')
      const { shared } = this.#internals
      const { options, task } = taskOf('cacheMany', rest, shared.validity)
      if (options) checkOptions('cacheMany()', options, optionsOf.cacheMany)
      if (task.args.length > 0 || wantsContext(task.generate)) {
        throw new InvalidOptionError(
          'cacheMany() takes a function of the missing keys alone, and nothing behind it.',
        )
      }
      const requestOf = (key: KeyLike) => resolveRequest(shared, 'cache', key, options)
      const asked = [...new Set(keys)].map(key => ({ key, request: requestOf(key) }))
      return cacheMany(this.#internals, asked, task)
    } catch (error) {
      return failed(Array.isArray(keys) && keys.find(answersWithPromise), error)
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
  get<const K extends KeyLike, const D = undefined>(
    key: K & Allowed<S, K>,
    options?: GetOptions<D>,
  ): Answer<TierOf<K>, ValueOf<S, K> | D | undefined>
  get(key: KeyLike, options?: GetOptions<unknown>): unknown {
    if (options === undefined) {
      const hit = this.#memory.hit(key)
      if (hit) return hit.value
      if (this.#memory.miss(key)) return undefined
    }
    return this.#look('get', key, options, theDefault)
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
    return this.#ask('has', key, options, (tier, request) => tier.has(request))
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
    return this.#ask('explain', key, options, (tier, request) => tier.explain(request))
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
    return this.#ask('set', key, options, (tier, request) => tier.set(request, storable(request.name, value)))
  }

  /**
   * Deletes an entry, whatever its version, and tells whether there was one; or all whose names begin with a text, and tells
   * how many. What is being generated for one of them is not stored. A prefix without a `/` is one of memory entries.
   *
   * @throws CacheError `unsupported` for a prefix where the store cannot find names by it.
   * @example
   * cache.delete('table')                       // true
   * await cache.delete({ prefix: './user/17/' }) // 3
   */
  delete<const K extends KeyLike>(key: K & Allowed<S, K>): Answer<TierOf<K>, boolean>
  delete<const P extends NamePrefix>(names: P): Answer<TierOfPrefix<P>, number>
  delete(key: KeyLike | NamePrefix): unknown {
    try {
      const address = isPrefix(key) ? prefixAddress(key) : toAddress(key)
      const tier = tierOf(this.#internals, address)
      return isPrefix(key) ? tier.deletePrefix(address.name) : tier.delete(address.name)
    } catch (error) {
      return failed(key, error)
    }
  }

  /**
   * Keeps the memory entry that is there, whatever its version, from being evicted, until the returned function is called;
   * and its value from being disposed of, also when the entry is replaced or deleted meanwhile. Pins add up. Where there
   * is no entry, there is nothing to keep.
   *
   * @throws CacheError `invalid-key` for a persistent key.
   * @example
   * const texture = cache.cache('texture', loadTexture)
   * const unpin = cache.pin('texture')
   * draw(texture)
   * unpin()
   */
  pin<const K extends KeyLike>(key: K & Allowed<S, K>): () => void
  pin(key: KeyLike): () => void {
    return this.#memory.pin(memoryName(key, 'pinned'))
  }

  /**
   * Calls `listener` after every change of a memory entry, whatever its version, until the returned function is called:
   * when it was set, generated, deleted, cleared or evicted, or dropped as expired. With {@link Cache.revision} it is what user interfaces need.
   *
   * That an entry is out of date, by its time or a new session, is no change. An error that a listener throws surfaces
   * as an uncaught one of the program.
   *
   * @throws CacheError `invalid-key` for a persistent key.
   * @example
   * const subscribe = useCallback(listener => cache.subscribe('table', listener), [])
   * useSyncExternalStore(subscribe, () => cache.revision('table'))
   * const table = cache.get('table')
   */
  subscribe<const K extends KeyLike>(key: K & Allowed<S, K>, listener: () => void): () => void
  subscribe(key: KeyLike, listener: () => void): () => void {
    return this.#memory.revisions.subscribe(memoryName(key, 'subscribed to'), listener)
  }

  /**
   * A number that grows with every change of a memory entry, whatever its version, and never goes back. It stays the same
   * in between; that of an entry that nobody has subscribed to may also grow once in thousands of changes of others.
   *
   * @throws CacheError `invalid-key` for a persistent key.
   */
  revision<const K extends KeyLike>(key: K & Allowed<S, K>): number
  revision(key: KeyLike): number {
    return this.#memory.revisions.of(memoryName(key, 'counted'))
  }

  /**
   * Deletes everything: memory before it returns, both tiers when it resolves. With a prefix, what `delete` deletes with it.
   *
   * @throws CacheError `invalid-option` for anything else, such as a key: one entry is deleted by {@link Cache.delete}.
   */
  async clear(names?: NamePrefix): Promise<void> {
    if (isPart(names)) return void (await this.delete(names))
    this.#memory.clear()
    await this.#internals.persistent?.clear()
  }

  /**
   * Closes the store, also for other caches that were given the same one; what was stored stays. Memory goes on to work.
   * Persistent calls reject from now on, but for `cache()`, which runs its generator each time, with an `error` event.
   */
  async close(): Promise<void> {
    await this.#internals.persistent?.close()
  }

  /** @internal For subclasses with verbs of their own: what those have to share with the ones here. */
  protected get internals(): CacheInternals {
    return this.#internals
  }

  /**
   * For subclasses: what a memory entry belongs to whose value is set, or begins to be generated, now. `present` is the
   * value held under the name so far, `undefined` if there is none. The answer comes back with the value as `origin`.
   */
  protected memoryOrigin?(name: string, present: unknown): unknown

  /**
   * For subclasses: called whenever a memory entry has come, changed or gone. `undefined` stands for no entry.
   */
  protected memoryChanged?(name: string, value: unknown, previous: unknown, origin: unknown): void

  /**
   * For subclasses: called when a value generated for memory was handed to those who waited for it, but not kept, since
   * its entry changed in the meantime or its origin was abandoned.
   */
  protected memoryDiscarded?(name: string, value: unknown, origin: unknown): void

  /**
   * For subclasses: ends an origin. What is being generated for it now is handed to those who wait for it, but not kept;
   * who asks from now on begins anew.
   */
  protected abandonGenerations(origin: unknown): void {
    this.#memory.abandonGenerations(origin)
  }

  #generate(key: KeyLike, ...rest: unknown[]): unknown {
    try {
      const { shared } = this.#internals
      const { options, task } = taskOf('cache', rest, shared.validity)
      const request = resolveRequest(shared, 'cache', key, options, task.args)
      return tierOf(this.#internals, request).cache(request, task)
    } catch (error) {
      return failed(key, error)
    }
  }

  // What most calls are: without a function made for each.
  #look(verb: Verb, key: KeyLike, options: GetOptions<unknown> | undefined, otherwise: Otherwise): unknown {
    try {
      const request = resolveRequest(this.#internals.shared, verb, key, options)
      return tierOf(this.#internals, request).get(request, options, otherwise)
    } catch (error) {
      return failed(key, error)
    }
  }

  #ask(
    verb: Verb,
    key: KeyLike,
    options: EntryOptions | undefined,
    answer: (tier: MemoryTier | PersistentTier, request: Request) => unknown,
  ): unknown {
    try {
      const request = resolveRequest(this.#internals.shared, verb, key, options)
      return answer(tierOf(this.#internals, request), request)
    } catch (error) {
      return failed(key, error)
    }
  }
}

/** @internal */
export const theDefault: Otherwise = (_reason, _request, options) => options?.default

/** @internal */
export const missingEntry: Otherwise = (reason, { name }) => {
  throw new MissingEntryError(name, reasons[reason])
}

/** @internal Whether only a part is to be cleared. */
export function isPart(names: NamePrefix | undefined): names is NamePrefix {
  if (names === undefined) return false
  if (isPrefix(names)) return true
  throw new InvalidOptionError('clear() takes nothing, or { prefix }. One entry is deleted by delete(key).')
}

function memoryName(key: KeyLike, what: string): string {
  const { name, tier } = toAddress(key)
  if (tier === 'memory') return name
  throw new InvalidKeyError(name, `only memory entries can be ${what}, and it is persistent`)
}

/** @internal The value, if it is one. */
export function storable(name: string, value: unknown): unknown {
  if (value !== undefined && !isPromise(value)) return value
  throw new InvalidValueError(name, value)
}

// Whether a verb throws or rejects depends on its key.
function failed(key: unknown, error: unknown): Promise<never> {
  if (answersWithPromise(key)) return Promise.reject(error)
  throw error
}
