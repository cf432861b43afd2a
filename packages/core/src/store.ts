import type { Sha256 } from './sha256.ts'
import type { AsyncContext } from './single-flight.ts'
import type { Stamp } from './stamp.ts'
import type { ValueTypes } from './value-type.ts'

/** What a store keeps beside a value. */
export interface EntryInfo {
  readonly stamp: Stamp
  /** The fingerprint of what it was made from, where it was recorded. */
  readonly params: string | undefined
  /** When it was stored, in milliseconds since 1970. */
  readonly storedAt: number
  /** How long its generator ran, in milliseconds; 0 where it was set. */
  readonly cost: number
  /** From when on it is of no use to anybody, in milliseconds since 1970. A store may drop it then. Default: never. */
  readonly expiresAt?: number | undefined
}

/** A value with what belongs to it. */
export interface Entry extends EntryInfo {
  readonly value: unknown
}

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

  /** Releases what the store holds; what was written stays. Every later call but `close` rejects. */
  close(): Promise<void>

  /** Calls `listener` for each {@link StoreEvent} until the returned function is called. Stores without events lack it. */
  observe?(listener: (event: StoreEvent) => void): () => void
}
