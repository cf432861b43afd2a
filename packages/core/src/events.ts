import { InvalidOptionError, quote } from './errors.ts'
import type { Tier } from './key.ts'
import { platform } from './platform.ts'
import type { Stamp } from './stamp.ts'

/** Why a call found no valid entry. */
export type MissReason =
  /** There is none. */
  | 'absent'
  /** It has another stamp. */
  | 'stamp'
  /** It was made from other params, and they count. */
  | 'params'
  /** It would be valid, but for its time, which is over. */
  | 'expired'
  /** There is one, but the call asked for a new one. */
  | 'refresh'

/** The events of a cache, by name. `name` is an entry's name without its version. */
export interface CacheEvents {
  /**
   * An entry was handed out; `stale` where its `ttl` is over, or where it stands in for a generator's result. One that
   * `standsIn` comes behind the `miss` of the same call, or of one that it has joined, and is no hit in `stats()`.
   */
  hit: {
    readonly name: string
    readonly tier: Tier
    readonly stamp: Stamp
    readonly stale?: true
    readonly standsIn?: true
  }
  /** No valid entry was found. */
  miss: { readonly name: string; readonly tier: Tier; readonly stamp: Stamp; readonly reason: MissReason }
  /** An entry was stored. */
  store: { readonly name: string; readonly tier: Tier; readonly stamp: Stamp }
  /** An entry was deleted by its name; `existed` tells whether there was one. */
  delete: { readonly name: string; readonly tier: Tier; readonly existed: boolean }
  /** All entries of a tier were deleted, or those whose names begin with `prefix`. */
  clear: { readonly tier: Tier; readonly prefix?: string }
  /** An entry was dropped from memory since its time was over. */
  expire: { readonly name: string; readonly tier: Tier }
  /**
   * A memory entry had to make room; or, where `wasHeld` is false, there was none for it, and its value was only handed
   * out. `bytes` is what it takes, in the unit of `maxBytes`; 0 where that is not bounded.
   */
  evict: {
    readonly name: string
    readonly tier: 'memory'
    readonly stamp: Stamp
    readonly bytes: number
    readonly wasHeld: boolean
  }
  /** A generator has finished, or failed with `error`; `duration` in milliseconds. */
  generate: {
    readonly name: string
    readonly tier: Tier
    readonly stamp: Stamp
    readonly duration: number
    readonly error?: unknown
  }
  /** A generator reported how much is done, from 0 to 1. */
  progress: { readonly name: string; readonly tier: Tier; readonly fraction: number }
  /** Stored data could not be read and counts as absent. */
  corrupt: { readonly place: string; readonly reason: string; readonly name?: string }
  /**
   * Something failed in a call that returned its value all the same: reading, storing, or a generator that a stale value
   * stands in for.
   */
  error: { readonly error: unknown; readonly name?: string }
}

/** The types of all events. */
export const eventTypes: readonly (keyof CacheEvents)[] = Object.keys({
  hit: true,
  miss: true,
  store: true,
  delete: true,
  clear: true,
  expire: true,
  evict: true,
  generate: true,
  progress: true,
  corrupt: true,
  error: true,
} satisfies Record<keyof CacheEvents, true>) as (keyof CacheEvents)[]

type Listener<E> = (event: E) => void

/** Listeners by event. */
export class Events {
  readonly #listeners = new Map<keyof CacheEvents, Set<Listener<never>>>()

  /**
   * Calls `listener` at every event of this type until the returned function is called. An error that a listener throws
   * surfaces as an uncaught one of the program, not in the cache call that caused the event.
   *
   * @throws CacheError `invalid-option` for an event that there is not, or a listener that is no function.
   *
   * @example
   * const stop = cache.events.on('miss', ({ name, reason }) => console.log(name, reason))
   */
  on<T extends keyof CacheEvents>(type: T, listener: (event: CacheEvents[T]) => void): () => void {
    if (!eventTypes.includes(type)) {
      throw new InvalidOptionError(`There is no event ${quote(type)}. There are: ${eventTypes.join(', ')}.`)
    }
    refuseNoListener(`The event ${quote(type)}`, listener)
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    // Wrapped, so that a function registered twice is called, and removed, as often as it was registered.
    const entry: Listener<never> = event => listener(event)
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
      if (listeners.size === 0 && this.#listeners.get(type) === listeners) this.#listeners.delete(type)
    }
  }

  /** @internal Whether anybody listens, so that frequent events need not be built for nobody. */
  heard(type: keyof CacheEvents): boolean {
    return this.#listeners.size > 0 && this.#listeners.has(type)
  }

  /** @internal */
  emit<T extends keyof CacheEvents>(type: T, event: CacheEvents[T]): void {
    const listeners = this.#listeners.get(type)
    if (!listeners) return
    for (const listener of [...listeners] as Listener<CacheEvents[T]>[]) aside(() => listener(event))
  }
}

/** @throws InvalidOptionError if a listener is no function. */
export function refuseNoListener(what: string, listener: unknown): void {
  if (typeof listener !== 'function')
    throw new InvalidOptionError(`${what} got no listener: it is a function.`)
}

/** Calls a function of the user's that must not disturb what goes on: its error surfaces as an uncaught one. */
export function aside(task: () => void): void {
  try {
    task()
  } catch (error) {
    platform.queueMicrotask(() => {
      throw error
    })
  }
}
