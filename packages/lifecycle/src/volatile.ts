import type { Signal } from '@stagcache/core'
import { platform } from './platform.ts'
import { releaseOf } from './release.ts'
import { attempt, type Steps } from './steps.ts'

/**
 * One load of a component, and what is volatile in it.
 *
 * It *names* the memory entries that end with it, and *owns* the values that it has to release: each that could be
 * released and once stood under one of these names, in the order of arrival. Overwriting or deleting an entry ends the
 * name, not the ownership: somebody who got the value earlier may use it for as long as the load lasts.
 */
export class Load {
  readonly #controller = new platform.AbortController()
  readonly #names = new Set<string>()
  readonly #owned = new Set<unknown>()
  readonly #released = new Set<unknown>()
  #over = false

  /** Aborted when an unload comes before the end of loading. */
  get signal(): Signal {
    return this.#controller.signal
  }

  /** Whether what was volatile in it is gone. Values that arrive later are released at once. */
  get over(): boolean {
    return this.#over
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Whether the entry of this name ends with the load. */
  names(name: string): boolean {
    return this.#names.has(name)
  }

  /** An entry that ends with the load got this value. */
  take(name: string, value: unknown): void {
    this.#names.add(name)
    this.own(value)
  }

  /** Somebody deleted the entry. One that is set later under its name is another entry. */
  forget(name: string): void {
    this.#names.delete(name)
  }

  own(value: unknown): void {
    if (releaseOf(value)) this.#owned.add(value)
  }

  /** Ends the load, and answers the names of the entries that end with it. */
  end(): string[] {
    this.#over = true
    return [...this.#names]
  }

  /**
   * Releases everything owned, the last first, and one after the other, since a later value may depend on an earlier
   * one until its release has finished. Whether a value `isHeld` is asked when its turn comes.
   */
  *releaseAll(isHeld: (value: unknown) => boolean, errors: unknown[]): Steps {
    for (const value of [...this.#owned].reverse()) {
      if (!isHeld(value)) yield* this.release(value, errors)
    }
  }

  /** Releases a value, unless this load has already done so. */
  *release(value: unknown, errors: unknown[]): Steps {
    const release = releaseOf(value)
    if (!release || this.#released.has(value)) return
    this.#released.add(value)
    yield* attempt(errors, release)
  }
}

/** How many memory entries hold each value, as far as it could be one that is released. */
export class Holdings {
  readonly #holders = new Map<unknown, number>()

  /** An entry's value has changed; `undefined` stands for no entry. */
  changed(value: unknown, previous: unknown): void {
    this.#count(value, 1)
    this.#count(previous, -1)
  }

  has(value: unknown): boolean {
    return this.#holders.has(value)
  }

  // Counted is whatever is an object, releasable or not: it may only become so after it was set.
  #count(value: unknown, change: number): void {
    const counts = typeof value === 'string' ? value.startsWith('blob:') : Object(value) === value
    if (!counts) return
    const holders = (this.#holders.get(value) ?? 0) + change
    if (holders > 0) this.#holders.set(value, holders)
    else this.#holders.delete(value)
  }
}
