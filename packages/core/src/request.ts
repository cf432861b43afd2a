import type { Duration } from './duration.ts'
import type { MissReason } from './events.ts'
import { fingerprint } from './fingerprint.ts'
import {
  type Freshness,
  freshnessOf,
  limitsOf,
  type StaleOptions,
  type ValidityOptions,
} from './freshness.ts'
import { type KeyLike, minorOf, type Tier, toAddress } from './key.ts'
import { checkOptions, type KnownOptions, knownOptions } from './options.ts'
import type { AbortSignalLike } from './platform.ts'
import type { Sha256 } from './sha256.ts'
import type { Stamp, Version } from './stamp.ts'
import type { Stamps } from './stamps.ts'
import type { ValueTypes } from './value-type.ts'

/** What decides which entry is valid, the same in every verb. */
export interface EntryOptions {
  /**
   * The entry's version (minor): a finite number or a text. Default 0 for memory keys, 1 for persistent ones. A version in
   * the key wins. Costs nothing. Not promised: that entries of several versions are kept; a name has one, that of the last.
   */
  readonly version?: Version | undefined
  /**
   * Any value that the entry depends on; its fingerprint becomes part of the stamp. `undefined` is no hash, `null` is a
   * value. Default: none.
   *
   * Costs the fingerprint in each call, also at a hit: some microseconds for a small object, and in a browser some
   * milliseconds for a megabyte. Not promised: anything about functions and instances of classes that are not among the
   * `types` of the cache; they are refused.
   */
  readonly hashVal?: unknown
  /**
   * What the entry was made from. In `cache()`, by default the generator's arguments; elsewhere by default none. Only
   * its fingerprint is kept. Costs nothing unless `hashParams` is true, or in `set`; then what `hashVal` does. Not promised:
   * an entry for each params; a name has one, that of the last.
   */
  readonly params?: unknown
  /**
   * Whether `params` have to match too. Default false: they are only passed on, but for `set`, which notes those that it is
   * given. Costs their fingerprint in each call, as `hashVal` does.
   */
  readonly hashParams?: boolean | undefined
  /**
   * How old an entry may be, in `set` and `cache` also by anybody. Default: that of the cache, or as old as can be. Costs
   * reading the clock in each call. Not promised: that an entry is gone when its time is over; only that it is not handed out.
   */
  readonly ttl?: Duration | undefined
}

/** The options of `set` and `explain`. */
export interface SetOptions extends EntryOptions, StaleOptions {}

/** The options of `get`. */
export interface GetOptions<D = undefined> extends EntryOptions {
  /** What to answer when there is no valid entry. Default `undefined`. Costs nothing. Not promised: that it is stored. */
  readonly default?: D | undefined
}

/** The options of `cache`: those that a cache has for all calls, too, and some that are of one call only. */
export interface GenerateOptions extends EntryOptions, ValidityOptions {
  /**
   * Whether to generate although there is a valid entry, which stays until the new one is stored. A generation that is
   * under way is joined; `delete` the entry first where its result would be too old. Default false. Costs a run of
   * the generator in each call.
   */
  readonly refresh?: boolean | undefined
  /**
   * Turns the value of an entry with another stamp into one of the present version, instead of generating. It is called
   * with entries only that would be valid but for their stamp, which stay as old as they are. An answer of `undefined`
   * says that it cannot be done; what it throws becomes an `error` event. Then the generator runs. Default: none.
   *
   * Costs nothing but at such an entry, whose value a store then has to fetch. Not promised: that it is called for every
   * older entry; those that nobody asks for, or that were dropped, never come by.
   */
  migrate?(value: unknown, stamp: Stamp): unknown
  /**
   * Lets this caller give up: its call then fails with the signal's reason. The generator's own signal is aborted when all
   * callers have. Default: it waits. Costs a listener while it does. Not promised: that a generator stops which does not
   * heed its signal, or that a synchronous one is interrupted.
   */
  readonly signal?: AbortSignalLike | undefined
}

/** The options of `cacheSync`, which neither waits nor does anything in the background. */
export interface SyncOptions
  extends EntryOptions,
    Pick<GenerateOptions, 'staleIfError' | 'refresh' | 'migrate'> {}

/** A call resolved to what its tier needs to know. */
export interface Request {
  readonly name: string
  /** Whether the key was a text, and just this name. */
  readonly isNamedByKey: boolean
  readonly tier: Tier
  readonly stamp: Stamp
  /** The fingerprint that the entry's params must have; `undefined` where they do not count. */
  readonly params: string | undefined
  readonly freshness: Freshness
}

/** What a cache contributes to each of its requests. */
export interface Identity {
  /** That of the cache. */
  readonly version: Version
  readonly stamps: Stamps
  readonly types?: ValueTypes | undefined
  readonly sha256?: (() => Sha256) | undefined
  readonly validity: ValidityOptions
  /** What calls of `cache()` without options of their own ask for. */
  readonly freshness: Freshness
}

/** What a look answers where it finds nothing. */
export type Otherwise = (
  reason: MissReason,
  request: Request,
  options: GetOptions<unknown> | undefined,
) => unknown

const commonOptions = ['version', 'hashVal', 'ttl'] as const
const entryOptions = [...commonOptions, 'params', 'hashParams'] as const
const staleOptions = ['staleWhileRevalidate', 'staleIfError'] as const

/** Options that a cache has for all calls, too. */
export const validityOptions: readonly (keyof ValidityOptions)[] = [
  'ttl',
  ...staleOptions,
  'refreshAhead',
  'timeout',
  'maxWait',
]

/** A verb of the facade that takes options. */
export type Verb =
  | 'get'
  | 'getOrThrow'
  | 'has'
  | 'explain'
  | 'set'
  | 'cache'
  | 'cacheMany'
  | 'cacheSync'
  | 'memoize'

const sharedOptions = [...commonOptions, ...validityOptions, 'refresh', 'migrate']
const manyOptions = [...sharedOptions, 'signal']
const ofEntry = knownOptions(entryOptions)
const ofStored = knownOptions([...entryOptions, ...staleOptions])

/** The options that a verb takes. Anything else is refused, since a misspelt version would go unnoticed. */
export const optionsOf: Readonly<Record<Verb, KnownOptions>> = {
  get: knownOptions([...entryOptions, 'default']),
  getOrThrow: ofEntry,
  has: ofEntry,
  explain: ofStored,
  set: ofStored,
  cache: knownOptions([...entryOptions, ...manyOptions]),
  cacheMany: knownOptions(manyOptions),
  // What happens in the background is for those who can wait for it.
  cacheSync: knownOptions([...entryOptions, 'staleIfError', 'refresh', 'migrate']),
  memoize: knownOptions([...sharedOptions, 'exclude', 'defaults', 'fingerprint', 'hashThis']),
}

const noOptions: EntryOptions = {}

/** Resolves a key and its options. `args` are the generator's arguments, which are the params unless those are given. */
export function resolveRequest(
  identity: Identity,
  verb: Verb,
  key: KeyLike,
  options: EntryOptions = noOptions,
  args: unknown = [],
): Request {
  const address = toAddress(key)
  if (options !== noOptions) checkOptions(`${verb}()`, options, optionsOf[verb])
  const version = minorOf(address, 'The option version', options.version)
  const hash = options.hashVal === undefined ? undefined : hashOf(identity, 'hashVal', options.hashVal)
  const stamp = identity.stamps.of(version, hash)
  const params = paramsOf(identity, verb, options, args)
  return {
    name: address.name,
    isNamedByKey: key === address.name,
    tier: address.tier,
    stamp,
    params,
    freshness: freshnessFor(identity, verb, options),
  }
}

/** The part of an {@link Identity} that follows from the defaults of a cache. */
export function validityOf(validity: ValidityOptions): Pick<Identity, 'validity' | 'freshness'> {
  limitsOf(validity)
  return { validity, freshness: freshnessOf(validity) }
}

/** What a verb asks of an entry with these options. */
export function freshnessFor(identity: Identity, verb: Verb, options: ValidityOptions): Freshness {
  const isGiven = options !== noOptions && validityOptions.some(option => options[option] !== undefined)
  const asked = isGiven ? freshnessOf(options, identity.validity) : identity.freshness
  return verb === 'cache' || verb === 'explain' ? asked : strict(asked)
}

// Only who can generate in the background is handed what is to be renewed.
function strict(asked: Freshness): Freshness {
  return asked.stale > asked.fresh || asked.ahead > 0 ? { ...asked, stale: 0, ahead: 0 } : asked
}

// `set` records whatever params it is given, so that a later reader may ask for them.
function paramsOf(identity: Identity, verb: Verb, options: EntryOptions, args: unknown): string | undefined {
  const counts =
    verb === 'set' && options.hashParams === undefined ? options.params !== undefined : options.hashParams
  if (!counts) return undefined
  return hashOf(identity, 'params', options.params === undefined ? args : options.params)
}

function hashOf({ types, sha256 }: Identity, root: string, value: unknown): string {
  return fingerprint(value, { root, types, sha256 })
}
