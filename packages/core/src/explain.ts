import { roughly } from './duration.ts'
import { quote } from './errors.ts'
import type { MissReason } from './events.ts'
import { type Freshness, isOver, isServed, spareFor, staleFrom, standingOf } from './freshness.ts'
import type { Tier } from './key.ts'
import type { Request } from './request.ts'
import { appSessionId, isMadeSessionId } from './session.ts'
import { partsOf, resolveStamp, type Stamp, type StampParts } from './stamp.ts'
import type { Absence, EntryInfo } from './store.ts'

/** What distinguishes the stamp of an entry from the one that was asked for. */
export type StampPart =
  /** The version of the cache. */
  | 'major'
  /** The version of the entry. */
  | 'minor'
  /** The application session: both are of version 0. */
  | 'session'
  /** One of the two: the stamp of the entry does not tell whether it names a version or a session that somebody chose. */
  | 'minor-or-session'
  /** The `hashVal`, or whether there was one. */
  | 'hash'

/** What {@link Explanation} tells of an entry, valid or not. */
export interface ExplainedEntry {
  /** The stamp under which it was stored. */
  readonly stored: Stamp
  /** When it was stored, in milliseconds since 1970. */
  readonly storedAt: number
  /** How long ago that was, in milliseconds. */
  readonly age: number
  /** How long its generator ran, in milliseconds; 0 where it was set. */
  readonly cost: number
  /**
   * From when on it is not fresh to such a call any more, in milliseconds since 1970; `undefined`: never. That is where its
   * `ttl` ends, or at `expiresAt` if that is sooner. Then it may still be handed out stale, or stand in for an error.
   */
  readonly staleAt: number | undefined
  /**
   * From when on it is of no use to anybody, in milliseconds since 1970; `undefined`: never. It is where the longest of the
   * times ends with which it was stored: its `ttl`, with the longer of `staleWhileRevalidate` and `staleIfError`.
   */
  readonly expiresAt: number | undefined
}

/** What every {@link Explanation} has. */
export interface Explained {
  /** The name of the entry, without a version. */
  readonly name: string
  readonly tier: Tier
  /** The stamp that an entry has to have. */
  readonly wanted: Stamp
  /** All of it in one line, for people. Its words may change with every release. */
  readonly message: string
}

/**
 * Why a call would hit or miss.
 *
 * @example
 * const why = await cache.explain('./table@4', { hashVal: config })
 * console.log(why.message) // "./table" would be a miss: stored 5m ago, but with another version ("1.3", wanted "1.4").
 * if (why.outcome === 'miss' && why.reason === 'stamp') console.log(why.changed) // ['minor']
 */
export type Explanation = Explained &
  /** `stale`: `get()` would miss, and `cache()` hand it out and generate in the background. */
  (
    | ({ readonly outcome: 'hit'; readonly stale: boolean } & ExplainedEntry)
    /** What is stored has another stamp; `changed` has at least one part. */
    | ({
        readonly outcome: 'miss'
        readonly reason: 'stamp'
        readonly changed: readonly StampPart[]
      } & ExplainedEntry)
    /** What is stored was made from other params, or has expired, or is older than the `ttl` of such a call. */
    | ({ readonly outcome: 'miss'; readonly reason: 'params' | 'expired' } & ExplainedEntry)
    /** There is nothing that could be read. */
    | ({ readonly outcome: 'miss'; readonly reason: Absence } & NoEntry)
  )

type NoEntry = { readonly [F in keyof ExplainedEntry]?: undefined }

/** Why there is no valid entry, as a clause. */
export const reasons: Record<MissReason | Absence, string> = {
  absent: 'nothing is stored under this name',
  stamp: 'what is stored has another version or hashVal, or is of another session',
  params: 'what is stored was made from other params',
  expired: 'what is stored has expired',
  refresh: 'a new value was asked for',
  deleted: 'what was stored has been deleted',
  evicted: 'what was stored had to make room for other entries',
  corrupt: 'what is stored cannot be read, and a "corrupt" event says why',
}

/** Why an entry that is there serves a request, or does not. */
export function explainEntry(request: Request, entry: EntryInfo, clock: () => number): Explanation {
  const { stamp: stored, storedAt, cost, expiresAt } = entry
  const now = clock()
  const age = Math.max(0, now - storedAt)
  const known = { stored, storedAt, age, cost, staleAt: staleFrom(entry, request.freshness), expiresAt }
  const when = `stored ${storedAt > now ? `${roughly(storedAt - now)} ahead of the clock` : `${roughly(age)} ago`}`
  const standing = standingOf(entry, request, () => now)
  if (isServed(standing)) {
    const stale = standing === 'stale'
    const why = stale ? `${when}, stale, to be generated anew in the background` : when
    return { ...explained(request, 'hit', why), ...known, stale }
  }
  const miss = (flaw: string) => ({ ...explained(request, 'miss', `${when}, but ${flaw}`), ...known })
  if (standing === 'params') return { ...miss('made from other params'), reason: 'params' }
  if (standing !== 'stamp') return { ...miss(overdue(entry, request.freshness, now)), reason: 'expired' }
  const changed = changedParts(stored, request.stamp, appSessionId())
  const parts = changed.map(part => words[part]).join(' and ')
  const stamps = `${brief(stored)}, wanted ${brief(request.stamp)}`
  return { ...miss(`with ${parts} (${stamps})`), reason: 'stamp', changed }
}

// It may still be of use to others, or if the generator fails.
function overdue(entry: EntryInfo, freshness: Freshness, now: number): string {
  if (isOver(entry, now)) return 'it has expired'
  const spare = spareFor(entry, freshness, now)
  const use = spare > 0 ? `; it stands in for an error for another ${roughly(spare)}` : ''
  return `it is older than the ttl of ${roughly(freshness.fresh)}${use}`
}

/** Why there is no entry. */
export function explainAbsence(request: Request, reason: Absence): Explanation {
  return { ...explained(request, 'miss', reasons[reason]), reason }
}

function explained<O extends 'hit' | 'miss'>(
  { name, tier, stamp }: Request,
  outcome: O,
  why: string,
): Explained & { outcome: O } {
  const message = `${quote(name)} would be a ${outcome}: ${why}.`
  return { name, tier, wanted: stamp, outcome, message }
}

const words: Record<StampPart, string> = {
  major: 'another version of the cache',
  minor: 'another version',
  session: 'another session',
  'minor-or-session': 'another version or session',
  hash: 'another hashVal',
}

function brief(stamp: string): string {
  return quote(stamp.length > 24 ? `${stamp.slice(0, 23)}…` : stamp)
}

/** In what two different stamps differ, as far as they tell; `session` is the present one. */
export function changedParts(stored: Stamp, wanted: Stamp, session: string): StampPart[] {
  const [one, other] = [partsOf(stored), partsOf(wanted)]
  const changed: StampPart[] = []
  if ((one.major === undefined) !== (other.major === undefined)) changed.push('minor')
  else {
    if (one.major !== other.major) changed.push('major')
    if (one.minor !== other.minor) changed.push(minorOrSession(one, other, session))
  }
  if (one.fingerprint !== other.fingerprint) changed.push('hash')
  return changed
}

// A wanted version other than 0 is another one than the stored, whether or not that was 0. The exception is a version that
// equals the id of the session it was asked for in, and is marked for that reason.
function minorOrSession({ minor }: StampParts, wanted: StampParts, session: string): StampPart {
  const isVersionZero =
    wanted.major !== undefined && wanted.minor === partsOf(resolveStamp('', 0, session)).minor
  if (!isVersionZero) return unmarked(minor) === unmarked(wanted.minor) ? 'minor-or-session' : 'minor'
  if (minor.startsWith(mark)) return 'minor'
  return isMadeSessionId(minor) ? 'session' : 'minor-or-session'
}

const mark = '\\='

function unmarked(minor: string): string {
  return minor.startsWith(mark) ? minor.slice(mark.length) : minor
}
