import type { CacheEvents, Events, MissReason } from './events.ts'
import type { Tier } from './key.ts'
import type { Resident } from './memory-entry.ts'
import { platform } from './platform.ts'
import type { Request } from './request.ts'
import type { Stamp } from './stamp.ts'
import type { EntryInfo, StoreEvent } from './store.ts'

/**
 * Counters of one cache since it was made. Of the calls that looked for a value, `hits / (hits + misses)` found one, with
 * `misses` those of all reasons; those that `joined` can be counted as either.
 */
export interface CacheStats {
  /** Calls that were answered with a stored value at once, be it a stale one, or with one that others had stored meanwhile. */
  readonly hits: number
  /**
   * Calls that were answered with a stale value: hits, while it was renewed; and others, for whose generator it stood in. These
   * are misses, or have joined one, and no hits.
   */
  readonly stale: number
  /** Calls that had to generate or found no valid entry, by reason, whatever they were answered with in the end. */
  readonly misses: Readonly<Record<MissReason, number>>
  /** Calls that waited for a generation which another call had begun; neither hits nor misses. */
  readonly joined: number
  /** Generators that finished with a result. */
  readonly generated: number
  /** Generators that failed. */
  readonly failed: number
  /** Entries stored. */
  readonly stored: number
  /** Memory entries that had to make room, or for which there was none. */
  readonly evicted: number
  /** What the memory entries take, in the unit of `maxBytes`; `undefined` where that is not bounded. */
  readonly bytes: number | undefined
  /** Milliseconds that the generators ran which finished with a result. */
  readonly timeSpent: number
  /** Milliseconds that hits did not have to spend: the sum of what their generators once took. */
  readonly timeSaved: number
}

/** Takes down what happens in a cache: counts it and tells those who listen. */
export class Ledger {
  readonly #events: Events
  readonly #misses: Record<MissReason, number> = { absent: 0, stamp: 0, params: 0, expired: 0, refresh: 0 }
  #hits = 0
  #stale = 0
  #joined = 0
  #generated = 0
  #failed = 0
  #stored = 0
  #evicted = 0
  #timeSpent = 0
  #timeSaved = 0
  readonly #warned = new Set<string>()

  constructor(events: Events) {
    this.#events = events
  }

  stats(bytes: number | undefined): CacheStats {
    return {
      hits: this.#hits,
      stale: this.#stale,
      misses: { ...this.#misses },
      joined: this.#joined,
      generated: this.#generated,
      failed: this.#failed,
      stored: this.#stored,
      evicted: this.#evicted,
      bytes,
      timeSpent: this.#timeSpent,
      timeSaved: this.#timeSaved,
    }
  }

  hit(name: string, tier: Tier, entry: EntryInfo, isStale = false): void {
    this.#hits++
    this.#timeSaved += entry.cost
    const { stamp } = entry
    if (isStale) this.#outdated({ name, tier, stamp, stale: true })
    else if (this.#events.heard('hit')) this.#events.emit('hit', { name, tier, stamp })
  }

  /** A stale entry was handed out in the place of what was to be generated. */
  stoodIn({ name, tier }: Request, { stamp }: EntryInfo): void {
    this.#outdated({ name, tier, stamp, stale: true, standsIn: true })
  }

  #outdated(hit: CacheEvents['hit']): void {
    this.#stale++
    this.#events.emit('hit', hit)
  }

  missed({ name, tier, stamp }: Pick<Request, 'name' | 'tier' | 'stamp'>, reason: MissReason): void {
    this.#misses[reason]++
    if (this.#events.heard('miss')) this.#events.emit('miss', { name, tier, stamp, reason })
  }

  joined(): void {
    this.#joined++
  }

  /** A generator has finished that began at `started`; answers its duration in milliseconds. */
  generated({ name, tier, stamp }: Request, started: number): number {
    const duration = platform.performance.now() - started
    this.#generated++
    this.#timeSpent += duration
    this.#events.emit('generate', { name, tier, stamp, duration })
    return duration
  }

  /** A generator has failed that began at `started`. */
  generatorFailed({ name, tier, stamp }: Request, started: number, error: unknown): void {
    const duration = platform.performance.now() - started
    this.#failed++
    this.#events.emit('generate', { name, tier, stamp, duration, error })
  }

  progressed({ name, tier }: Request, fraction: number): void {
    this.#events.emit('progress', { name, tier, fraction: Math.min(Math.max(fraction, 0), 1) })
  }

  stored(name: string, tier: Tier, stamp: Stamp): void {
    this.#stored++
    if (this.#events.heard('store')) this.#events.emit('store', { name, tier, stamp })
  }

  /** Answers how those who listen are told of it, which comes later; `undefined` where nobody does. */
  evicted({ name, stamp, bytes }: Resident, wasHeld: boolean): (() => void) | undefined {
    this.#evicted++
    if (!this.#events.heard('evict')) return undefined
    return () => this.#events.emit('evict', { name, tier: 'memory', stamp, bytes, wasHeld })
  }

  deleted(name: string, tier: Tier, existed: boolean): void {
    this.#events.emit('delete', { name, tier, existed })
  }

  expired(name: string, tier: Tier): void {
    this.#events.emit('expire', { name, tier })
  }

  cleared(tier: Tier, prefix?: string): void {
    this.#events.emit('clear', prefix === undefined ? { tier } : { tier, prefix })
  }

  /** Something went wrong that no caller is told of. */
  failed(name: string, error: unknown, what = 'StagCache goes on without its store'): void {
    this.#error({ error, name }, what)
  }

  /** A generator failed, and its callers have a stale value. */
  notRenewed(name: string, error: unknown): void {
    this.#error({ error, name }, 'StagCache could not renew an entry')
  }

  /** An entry could not be migrated, and its generator runs. */
  notMigrated(name: string, error: unknown): void {
    this.#error({ error, name }, 'StagCache could not migrate an entry')
  }

  /** The store noticed something on its own. */
  reported(event: StoreEvent): void {
    if (event.type === 'corrupt') {
      const { place, reason, name } = event
      this.#events.emit('corrupt', name === undefined ? { place, reason } : { place, reason, name })
    } else {
      this.#error({ error: event.error }, 'The store of StagCache')
    }
  }

  // Somebody who never listens would otherwise never learn why everything is computed anew each time.
  #error(event: { error: unknown; name?: string }, subject: string): void {
    if (this.#events.heard('error')) return this.#events.emit('error', event)
    if (this.#warned.has(subject)) return
    this.#warned.add(subject)
    platform.console?.warn(
      `${subject}: ${String(event.error)} (Once per cache; listen to its "error" events for all.)`,
    )
  }
}
