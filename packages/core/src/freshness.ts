import { type Duration, timeOf, toMilliseconds } from './duration.ts'
import { InvalidOptionError, misfit } from './errors.ts'
import type { MissReason } from './events.ts'
import { checkOptions, type KnownOptions, knownOptions } from './options.ts'
import type { EntryInfo, Wanted } from './store.ts'

/*
 * What an entry is to a call. Of the rows that apply, the first counts.
 *
 *   entry                                  standing  what cache() does
 *   there is none                          absent    generates
 *   it has another stamp                   stamp     migrates or generates
 *   it has other params, and they count    params    generates
 *   age >= expiresAt - storedAt            expired   generates
 *   age < ttl                              fresh     hands it out
 *   age < ttl + staleWhileRevalidate       stale     hands it out, and generates in the background
 *   age < ttl + staleIfError               spare     generates; hands it out if that fails or takes too long
 *   any other                              expired   generates
 *
 * - The ttl and the times of staleness are those of the call, or of its cache. The writer's are in `expiresAt`, which is
 *   where the longest of them ends: nobody is handed an entry that its writer gave up, and who asks for a younger one
 *   gets a younger one. A call without a ttl takes whatever has not expired.
 * - The age is the distance of `storedAt` from now, in either direction. An entry from the future, which the clock has
 *   been set back behind, is as old as it is far away, and so is never served for longer than twice its time.
 * - All limits are exclusive: with a ttl of 0 nothing is fresh.
 */

/** For how long entries are valid, and of use after that. */
export interface StaleOptions {
  /**
   * How old an entry may be to be handed out, and how long one that is stored now may be by anybody. The shorter one
   * counts. Default: that of the cache, or endless. `Infinity` takes the cache's back.
   *
   * Costs reading the clock in each call, about 40 ns. Not promised: that an entry is gone when its time is over. Memory
   * drops it as others are stored, a store when it tidies up; until then it is not handed out.
   */
  readonly ttl?: Duration | undefined
  /**
   * For how long after its `ttl` an entry is still handed out by `cache()`, which then generates a new one in the
   * background. If that fails, there is an `error` event. Needs a `ttl`. Default: that of the cache, or none.
   *
   * Costs nothing but that generation. Not promised: that nobody waits; who comes after that time does.
   */
  readonly staleWhileRevalidate?: Duration | undefined
  /**
   * For how long after its `ttl` an entry is handed out by `cache()` instead of the generator's error, which becomes an
   * `error` event, or when the generator takes longer than `timeout.soft`. Needs a `ttl`. Default: that of the cache, or
   * none.
   *
   * Costs nothing but that a store keeps entries for so much longer. Not promised: that there is such an entry; it may have
   * been evicted or deleted.
   */
  readonly staleIfError?: Duration | undefined
}

/** How `cache()` keeps entries valid. */
export interface ValidityOptions extends StaleOptions {
  /**
   * Whether a valid entry is generated anew in the background shortly before its `ttl` is over: by chance, the likelier
   * the less time is left and the longer its generator ran (XFetch). A number above 1 makes that earlier, one below 1
   * later. Needs a `ttl`. Default: that of the cache, or false.
   *
   * Costs about 100 ns at each hit, and a generation more now and then. Not promised: that it happens; nobody has to ask in
   * time, and what takes the generator next to nothing is not renewed.
   */
  readonly refreshAhead?: boolean | number | undefined
  /**
   * How long `cache()` waits for a generator that returns a promise, and as `{ hard }` the same. Then it fails with a
   * `GenerationTimeoutError`, or hands out what `staleIfError` allows; when nobody waits any more, the generator's signal
   * is aborted, and its result is not stored. After the time `soft`, a value that `staleIfError` allows is handed out, or
   * with `refresh` the valid one, and the generator goes on in the background. Default: that of the cache, or as long as
   * it takes.
   *
   * A store has as long to answer before that, so that a call takes up to twice the time. A result that it takes too long
   * to keep is handed out when the time is over, with an `error` event, and kept all the same.
   *
   * Costs a timer while a call waits. Not promised: that a synchronous generator is interrupted, or that one stops which
   * does not heed its signal.
   */
  readonly timeout?: Duration | Timeouts | undefined
  /**
   * How long to wait for a generation that somebody else has begun. Default: that of the cache, or as long as it takes.
   * If that is another caller in this process, the call then fails with a `WaitTimeoutError`, or has the result if that is
   * only still being stored; if it is another process, the call generates by itself. The call that begins a generation
   * always waits for it.
   *
   * Set it where generators of several processes may wait for one another in a circle: nothing else ends that. Costs a
   * timer while a call waits. Not promised: that the whole call takes no longer; see `timeout`.
   */
  readonly maxWait?: Duration | undefined
}

/** Two times after which not to wait for a generator any more. */
export interface Timeouts {
  /** After which a value that may stand in is handed out. Needs `staleIfError` or `refresh`. Default: none. */
  readonly soft?: Duration | undefined
  /** After which the call fails, or hands out what `staleIfError` allows. Default: none. */
  readonly hard?: Duration | undefined
}

/** The ages up to which an entry is what to a call, in milliseconds. */
export interface Freshness {
  readonly fresh: number
  readonly stale: number
  readonly spare: number
  /** What `expiresAt` of a stored entry follows from. */
  readonly useful: number
  /** The factor of XFetch; 0: nothing is generated ahead. */
  readonly ahead: number
}

/** What a call asks of an entry. */
interface Asked extends Wanted {
  readonly freshness: Freshness
}

/** Times to wait, in milliseconds: a {@link Timeouts}, and `maxWait`. */
export interface Limits {
  readonly maxWait?: number | undefined
  readonly soft?: number | undefined
  readonly hard?: number | undefined
}

/** For calls that neither know a ttl nor belong to a cache with one. */
export const lasting: Freshness = {
  fresh: Number.POSITIVE_INFINITY,
  stale: 0,
  spare: 0,
  useful: Number.POSITIVE_INFINITY,
  ahead: 0,
}

export type Standing = 'fresh' | 'stale' | 'spare' | Exclude<MissReason, 'refresh'>

export function standingOf(
  entry: EntryInfo | undefined,
  { stamp, params, freshness }: Asked,
  clock: () => number,
): Standing {
  if (entry === undefined) return 'absent'
  if (entry.stamp !== stamp) return 'stamp'
  if (params !== undefined && entry.params !== params) return 'params'
  // The clock is read where it matters only.
  if (entry.expiresAt === undefined && freshness.fresh === Number.POSITIVE_INFINITY) return 'fresh'
  const age = ageOf(entry, clock())
  if (age >= lifeOf(entry)) return 'expired'
  if (age < freshness.fresh) return 'fresh'
  if (age < freshness.stale) return 'stale'
  return age < freshness.spare ? 'spare' : 'expired'
}

/** Whether an entry of the right stamp and params is fresh. */
export function isFresh(entry: EntryInfo, { fresh }: Freshness, now: number): boolean {
  const age = ageOf(entry, now)
  return age < fresh && age < lifeOf(entry)
}

/** Whether an entry is handed out at once. */
export function isServed(standing: Standing): standing is 'fresh' | 'stale' {
  return standing === 'fresh' || standing === 'stale'
}

/** Why a call generates that found such an entry. */
export function reasonOf(standing: Standing): MissReason {
  if (isServed(standing)) return 'refresh'
  return standing === 'spare' ? 'expired' : standing
}

/** Whether an entry of another stamp would be fresh if it had the one that is asked for. */
export function isMigratable(entry: EntryInfo, request: Asked, clock: () => number): boolean {
  return (
    entry.stamp !== request.stamp && standingOf(entry, { ...request, stamp: entry.stamp }, clock) === 'fresh'
  )
}

/** Whether an entry is of no use to anybody any more. */
export function isOver(entry: EntryInfo, now: number): boolean {
  return ageOf(entry, now) >= lifeOf(entry)
}

/**
 * Whether a fresh entry is to be generated anew already: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache
 * Stampede Prevention", VLDB 2015. `random` is at least 0 and below 1.
 */
export function isDue(
  entry: EntryInfo,
  { fresh, ahead }: Freshness,
  clock: () => number,
  random: () => number,
): boolean {
  if (ahead === 0) return false
  const lead = -entry.cost * ahead * Math.log(1 - random())
  return ageOf(entry, clock()) + lead >= Math.min(fresh, lifeOf(entry))
}

/** `expiresAt` of an entry that is stored at a time, and that nobody is handed from `latest` on. */
export function expiryOf(
  storedAt: number,
  { useful }: Freshness,
  latest: number = Number.POSITIVE_INFINITY,
): number | undefined {
  const expiresAt = Math.min(storedAt + useful, latest)
  return expiresAt === Number.POSITIVE_INFINITY ? undefined : expiresAt
}

/** From when on an entry is not fresh any more; `undefined`: never. */
export function staleFrom(entry: EntryInfo, { fresh }: Freshness): number | undefined {
  const time = entry.storedAt + Math.min(fresh, lifeOf(entry))
  return time === Number.POSITIVE_INFINITY ? undefined : time
}

/** For how much longer an entry stands in for an error, if it does. */
export function spareFor(entry: EntryInfo, { spare }: Freshness, now: number): number {
  return Math.min(spare, lifeOf(entry)) - ageOf(entry, now)
}

function ageOf({ storedAt }: EntryInfo, now: number): number {
  return Math.abs(now - storedAt)
}

function lifeOf({ storedAt, expiresAt }: EntryInfo): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - storedAt
}

/** The freshness that some options ask for, where `defaults` are those of the cache. */
export function freshnessOf(options: ValidityOptions, defaults: ValidityOptions = {}): Freshness {
  const time = (option: keyof StaleOptions) => timeOf(options[option] ?? defaults[option], option)
  const ttl = time('ttl')
  const whileRevalidating = time('staleWhileRevalidate')
  const ifError = time('staleIfError')
  const ahead = factorOf(options.refreshAhead ?? defaults.refreshAhead ?? false)
  if (ttl !== undefined) {
    return {
      fresh: ttl,
      stale: ttl + (whileRevalidating ?? 0),
      spare: ifError === undefined ? 0 : ttl + ifError,
      useful: ttl + Math.max(whileRevalidating ?? 0, ifError ?? 0),
      ahead,
    }
  }
  const needs = 'needs a ttl: without one, nothing becomes stale.'
  if (whileRevalidating !== undefined) throw new InvalidOptionError(`staleWhileRevalidate ${needs}`)
  if (ifError !== undefined) throw new InvalidOptionError(`staleIfError ${needs}`)
  if (ahead > 0) throw new InvalidOptionError(`refreshAhead ${needs}`)
  return lasting
}

function factorOf(ahead: unknown): number {
  const factor = typeof ahead === 'boolean' ? Number(ahead) : ahead
  if (typeof factor === 'number' && factor >= 0 && factor < Infinity) return factor
  throw misfit('refreshAhead', ahead, 'true, false, a number from 0')
}

const untimed: Limits = {}
const limitNames: KnownOptions = knownOptions(['soft', 'hard'])

type LimitingOptions = ValidityOptions & { readonly refresh?: boolean | undefined }

/** How long some options let a call wait, where `defaults` are those of the cache. */
export function limitsOf(options: LimitingOptions, defaults: ValidityOptions = {}): Limits {
  const { maxWait = defaults.maxWait } = options
  return { maxWait: timeOf(maxWait, 'maxWait'), ...timeoutOf(options, defaults) }
}

function timeoutOf(options: LimitingOptions, defaults: ValidityOptions): Limits {
  const { timeout = defaults.timeout, staleIfError = defaults.staleIfError, refresh } = options
  if (timeout === undefined) return untimed
  if (typeof timeout !== 'object') return { hard: toMilliseconds(timeout, 'timeout') }
  checkOptions('timeout', timeout, limitNames)
  const { soft, hard } = timeout
  if (soft !== undefined && staleIfError === undefined && !refresh) {
    throw new InvalidOptionError(
      'timeout.soft needs staleIfError, which says how old a value may be that is handed out then.',
    )
  }
  return { soft: timeOf(soft, 'timeout.soft'), hard: timeOf(hard, 'timeout.hard') }
}
