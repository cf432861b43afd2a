import type { AbortSignalLike } from './platform.ts'
import type { Sha256 } from './sha256.ts'
import type { Stamp } from './stamp.ts'
import type { ValueTypes } from './value-type.ts'

/** What `AsyncLocalStorage` offers, as far as cycles among asynchronous generators are found with it. */
export interface AsyncContext {
  run<R>(flight: unknown, task: () => R): R
  getStore(): unknown
}

/** How long one caller is prepared to wait. */
export interface Patience {
  readonly signal?: AbortSignalLike | undefined
  readonly maxWait?: number | undefined
  /** Called when it turns out that there is somebody to wait for. */
  readonly waiting?: (() => void) | undefined
}

/** What distinguishes the entries that can be kept under one name. */
export interface Wanted {
  readonly stamp: Stamp
  /** The fingerprint of what it was made from, where it was recorded. */
  readonly params: string | undefined
}

/** What a store keeps beside a value. */
export interface EntryInfo extends Wanted {
  /** When it was stored, in milliseconds since 1970. */
  readonly storedAt: number
  /** How long its generator ran, in milliseconds; 0 where it was set. */
  readonly cost: number
  /**
   * From when on it is of no use to anybody, in milliseconds since 1970. A store may drop it then, but need not: the
   * cache decides with its own clock. Default: never.
   */
  readonly expiresAt?: number | undefined
}

/** A value with what belongs to it. */
export interface Entry extends EntryInfo {
  readonly value: unknown
}

/** Why a store has no entry under a name that it could hand out. */
export type Absence =
  /** Nothing was stored, or the store does not remember. */
  | 'absent'
  /** It was removed by its name, or with all others. */
  | 'deleted'
  /** The store has removed it to make room. */
  | 'evicted'
  /** The store has dropped it, since it had expired. */
  | 'expired'
  /** Something is there that cannot be read. */
  | 'corrupt'

/** What a store noticed on its own. */
export type StoreEvent =
  /** Something stored could not be read and counts as absent: which part, and what is wrong with it. */
  | { readonly type: 'corrupt'; readonly place: string; readonly reason: string; readonly name?: string }
  /** An operation failed that nobody waits for. */
  | { readonly type: 'error'; readonly error: unknown }

/** What a store's platform offers to the caches that use it, unless they were given their own. */
export interface StoreRuntime {
  readonly sha256?: () => Sha256
  readonly asyncContext?: AsyncContext
  /** The classes that the store can keep, so that they can be part of a `hashVal` too. */
  readonly types?: ValueTypes
}

/**
 * The right to generate the entry of a name, which one of all those who use what the store keeps has at a time.
 *
 * A claim *stands* from when it is granted until its holder writes or releases it, or until something else ends it: a
 * write, `remove` or `clear` from anywhere, a claim for another stamp or params, somebody's `maxWait`, or the death of
 * its holder. One that does not stand any more does nothing.
 */
export interface Claim {
  /**
   * Stores the entry and ends the claim, if it still stands; tells whether it did. Otherwise something has changed the
   * entry in the meantime, and that stays.
   *
   * @throws CacheError as {@link Store.write} does. A claim that stood still does, so that it can be released with the
   *   reason.
   */
  write(entry: Entry): Promise<boolean>

  /**
   * Ends the claim without an entry.
   *
   * - `'failed'`: there is no result to be had, since the generator threw, was aborted or did not run, or since its
   *   result is out of date. One of those who wait is granted the claim.
   * - `'unstored'`: there is a result that cannot be stored, or is not to be. All who wait are answered `'alone'`, rather
   *   than finding out the same one after the other.
   */
  release(reason: 'failed' | 'unstored'): Promise<void>
}

/** What {@link Store.claim} answers: the claim, or what to do without one. */
export type ClaimAnswer =
  | Claim
  /** What was waited for has ended, and there may be a valid entry now. Where there is none, claim again. */
  | 'look-again'
  /** Nobody will store what was asked for. Generate without a claim, and do not store the result. */
  | 'alone'

/**
 * The persistent tier of a cache: keeps one entry per name.
 *
 * **Unstable** until a store for Redis has been built on it. `storeContract` of `@stagcache/core/testing` checks an
 * implementation.
 *
 * - A store keeps what it is given and never interprets a stamp: validity is the cache's business.
 * - Operations take effect in the order in which they were called, also when nobody awaited the earlier ones.
 * - The value is taken as it is when `write` is called; changing it afterwards changes nothing stored.
 * - What was read is the caller's own: equal in value and type to what was written, shared with nobody.
 * - Names are opaque: any text of at least one character, any length, distinct in every UTF-16 unit.
 * - Data that cannot be read is absent and reported as an event; only a failing operation rejects.
 */
export interface Store {
  /**
   * What is kept, as text: two stores of one scope keep the same entries. The caches of a process that use one scope run
   * one generation at a time together. Default: a scope of its own.
   */
  readonly scope?: string
  readonly runtime?: StoreRuntime

  /**
   * The entry under a name, or `undefined`. `accept`, if given, is called with what is known without fetching the value,
   * and not at all where there is no entry; when it returns false, the answer is `undefined` and the value need not be
   * fetched. It is called again only for an entry that took the place of the one asked about in the meantime.
   *
   * @throws CacheError `store-read` when reading failed, `closed` after `close()`.
   */
  read(name: string, accept?: (info: EntryInfo) => boolean): Promise<Entry | undefined>

  /**
   * Puts an entry in the place of whatever is there. When it resolves, every later `read`, in any process, has it.
   *
   * @throws CacheError `unserializable` when the value cannot be kept (what was there before stays), `store-write` when
   *   writing failed, `closed` after `close()`.
   */
  write(name: string, entry: Entry): Promise<void>

  /** Removes an entry and tells whether there was one, whatever its stamp. */
  remove(name: string): Promise<boolean>

  /** Removes every entry. */
  clear(): Promise<void>

  /**
   * Removes every entry whose name begins with a text, whatever its stamp, and tells how many there were; for claims the same
   * holds as for `remove` of each name. Takes effect in order with all other operations. Stores that cannot find names by how
   * they begin lack it.
   *
   * @throws CacheError `store-write` when removing failed, which some of the entries may not have outlived; `closed`.
   */
  removePrefix?(prefix: string): Promise<number>

  /** Releases what the store holds; what was written stays. Every later call but `close` rejects. */
  close(): Promise<void>

  /**
   * Asks for the right to generate what is `wanted` under a name. Stores that cannot keep others from generating lack it.
   *
   * At most one claim stands on a name. One for the same stamp and params waits until it ends. One
   * for another stamp or params ends it at once, since who asks for another version later wins. What those who wait for
   * a claim are answered when it ends:
   *
   * | it ended by | answer |
   * | --- | --- |
   * | a value (its own or another), `remove`, `clear` | `'look-again'`, to all |
   * | a claim for another stamp or params | `'alone'`, to all |
   * | `release('unstored')` | `'alone'`, to all |
   * | `release('failed')`, the death of its holder or the `close` of its store | the claim, to one of them |
   * | the `maxWait` milliseconds of one who waits | the claim, to that one |
   *
   * `patience.waiting` is called as soon as it is clear that there is somebody to wait for: who asks for several claims at
   * once then goes on with those that it has. A store that does not call it makes two who ask for the same ones in
   * different orders wait until the `maxWait` of one of them.
   *
   * A claim is granted in order with the other operations, but one that waits holds up none of them. Look at the entry
   * once more when it is granted: a value may have been stored since.
   *
   * @throws The signal's reason once it is aborted. CacheError `store-write` when claiming failed, `closed` after
   *   `close()`, also for those who wait then.
   */
  claim?(name: string, wanted: Pick<EntryInfo, 'stamp' | 'params'>, patience: Patience): Promise<ClaimAnswer>

  /**
   * Why `read` found no entry under a name, as far as the store remembers; changes nothing. Not promised: a reason for
   * what happened long ago, or in another process. Stores that would always answer `'absent'` lack it.
   *
   * @throws CacheError as `read` does.
   */
  whyAbsent?(name: string): Promise<Absence>

  /** Calls `listener` for each {@link StoreEvent} until the returned function is called. Stores without events lack it. */
  observe?(listener: (event: StoreEvent) => void): () => void
}
