import { NoStoreError } from './errors.ts'
import type { Events } from './events.ts'
import type { ValidityOptions } from './freshness.ts'
import type { Shared } from './generate.ts'
import type { Address } from './key.ts'
import { Ledger } from './ledger.ts'
import type { MemoryOwner } from './memory-entries.ts'
import { type MemoryOptions, memoryOptions } from './memory-options.ts'
import { MemoryTier } from './memory-tier.ts'
import { checkOptions, type KnownOptions, knownOptions } from './options.ts'
import { PersistentTier } from './persistent-tier.ts'
import { validityOf, validityOptions } from './request.ts'
import type { Sha256 } from './sha256.ts'
import { checkVersion, type Version } from './stamp.ts'
import { Stamps } from './stamps.ts'
import type { AsyncContext, Store } from './store.ts'
import { type AnyValueType, ValueTypes } from './value-type.ts'

/**
 * The options of a {@link Cache}. Those of `ttl`, `timeout`, `maxWait` and the like are for all calls that have none of
 * their own; `signal`, `refresh` and `migrate` are of one call only.
 */
export interface CacheOptions extends ValidityOptions, MemoryOptions {
  /**
   * The cache's version (major): a finite number or a text. When it changes, all entries but those with a negative version
   * end. Default 1. Costs nothing. Not promised: that the room of entries that have ended is free before they are replaced.
   */
  readonly version?: Version | undefined
  /**
   * Where persistent entries live. Default: nowhere; persistent keys are refused. Costs what the store costs, in calls with
   * persistent keys only. Not promised: that those values are kept in memory beside it.
   */
  readonly store?: Store | undefined
  /**
   * Classes of your own that may occur in `hashVal` and `params`. Default: those of the store. Costs a look-up for each
   * instance. Not promised: that a store can keep them in values; it has types of its own.
   */
  readonly types?: Iterable<AnyValueType> | undefined
  /**
   * A faster SHA-256 for fingerprints. Default: the store's, or core's own, with the same result, which costs some 15 ms for
   * a megabyte. Not promised: that what it answers is checked.
   */
  readonly sha256?: (() => Sha256) | undefined
  /**
   * An `AsyncLocalStorage`, by which a generator that waits for its own result is found, also through other caches that
   * were given the same one. Without it, only cycles of synchronous calls are found. Default: the store's, or none. Costs
   * what the platform takes to carry it through each generation. Not promised: cycles among processes.
   */
  readonly asyncContext?: AsyncContext | undefined
  /**
   * The present time in milliseconds since 1970. Default `Date.now`. It is called where times matter only. Not promised: that
   * how long generators take, timeouts and waits go by it.
   */
  readonly clock?: (() => number) | undefined
  /**
   * Chance for `refreshAhead` and for what goes first when memory is full: at least 0 and below 1. Default `Math.random`. Not
   * promised: how often it is called.
   */
  readonly random?: (() => number) | undefined
}

const cacheOptions: KnownOptions = knownOptions([
  'version',
  'store',
  'types',
  'sha256',
  'asyncContext',
  'clock',
  'random',
  ...validityOptions,
  ...memoryOptions,
] satisfies (keyof CacheOptions)[])

/** @internal What the verbs of one cache have in common. */
export interface CacheInternals {
  readonly shared: Shared
  readonly memory: MemoryTier
  readonly persistent: PersistentTier | undefined
  /** By the name of a key under which functions are memoized, whether they answer with promises. */
  readonly kinds: Map<string, { promises: boolean }>
}

/** What a cache with these options consists of. */
export function internalsOf(options: CacheOptions, events: Events, owner: MemoryOwner): CacheInternals {
  checkOptions('A cache', options, cacheOptions)
  const { version = 1, store, clock = Date.now, random = Math.random } = options
  checkVersion("The cache's version", version)
  const types = options.types ? new ValueTypes(options.types) : store?.runtime?.types
  const sha256 = options.sha256 ?? store?.runtime?.sha256
  const asyncContext = options.asyncContext ?? store?.runtime?.asyncContext
  const stamps = new Stamps(version)
  const ledger = new Ledger(events)
  const shared = {
    version,
    stamps,
    types,
    sha256,
    ...validityOf(options),
    ledger,
    asyncContext,
    clock,
    random,
  }
  return {
    shared,
    memory: new MemoryTier(shared, stamps, owner, options),
    persistent: store && new PersistentTier(shared, store),
    kinds: new Map(),
  }
}

/** The tier of an address. */
export function tierOf(
  { memory, persistent }: CacheInternals,
  { name, tier }: Pick<Address, 'name' | 'tier'>,
): MemoryTier | PersistentTier {
  if (tier === 'memory') return memory
  if (persistent) return persistent
  throw new NoStoreError(name)
}
