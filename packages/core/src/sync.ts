import { isPart, missingEntry, storable, theDefault } from './cache.ts'
import { AsyncGeneratorError, InvalidOptionError, PrefixUnsupportedError } from './errors.ts'
import { standingOf } from './freshness.ts'
import { costOf, isPromise, runGenerator, type Task, taskOf } from './generate.ts'
import { entryFor } from './generation.ts'
import type { CacheInternals } from './internals.ts'
import {
  isPrefix,
  type KeyLike,
  type NamePrefix,
  type PrefixAddress,
  prefixAddress,
  toAddress,
} from './key.ts'
import { Look } from './look.ts'
import { platform } from './platform.ts'
import {
  type EntryOptions,
  type GetOptions,
  type Otherwise,
  type Request,
  resolveRequest,
  type SetOptions,
} from './request.ts'
import { type Flight, identityOf, type SingleFlight } from './single-flight.ts'
import type { Entry, EntryInfo, Store } from './store.ts'

/** A store whose operations exist without promises too. They mean the same, and throw where the others reject. */
export interface SyncStore extends Store {
  readSync(name: string, accept?: (info: EntryInfo) => boolean): Entry | undefined
  writeSync(name: string, entry: Entry): void
  removeSync(name: string): boolean
  clearSync(): void
  removePrefixSync?(prefix: string): number
}

/**
 * The verbs of a cache without promises, for both tiers. Errors are thrown; otherwise they mean what the verbs of the cache
 * mean, whose entries, generations, events and counters they share.
 *
 * A synchronous call never waits: not for a generation that is under way here, whose result does not replace its own, and
 * not for one of another process, beside which it generates.
 */
export class SyncVerbs {
  readonly #internals: CacheInternals & { readonly flights: SingleFlight }
  readonly #store: SyncStore

  constructor(internals: CacheInternals, store: SyncStore) {
    const { persistent } = internals
    if (!persistent) throw new InvalidOptionError('Synchronous verbs belong to a cache with a store.')
    this.#internals = { ...internals, flights: persistent.flights }
    this.#store = store
  }

  cache(key: KeyLike, ...rest: unknown[]): unknown {
    const { shared } = this.#internals
    const { options, task } = taskOf('cacheSync', rest, shared.validity)
    const request = resolveRequest(shared, 'cacheSync', key, options, task.args)
    if (request.tier === 'memory') return settled(request, this.#internals.memory.cache(request, task))
    return this.#cache(request, task)
  }

  get(key: KeyLike, options?: GetOptions<unknown>): unknown {
    return this.#get(resolveRequest(this.#internals.shared, 'get', key, options), options, theDefault)
  }

  getOrThrow(key: KeyLike, options?: EntryOptions): unknown {
    return this.#get(
      resolveRequest(this.#internals.shared, 'getOrThrow', key, options),
      options,
      missingEntry,
    )
  }

  has(key: KeyLike, options?: EntryOptions): boolean {
    const request = resolveRequest(this.#internals.shared, 'has', key, options)
    if (request.tier === 'memory') return this.#internals.memory.has(request)
    let valid = false
    this.#store.readSync(request.name, info => {
      valid = standingOf(info, request, this.#internals.shared.clock) === 'fresh'
      return false
    })
    return valid
  }

  set(key: KeyLike, value: unknown, options?: SetOptions): void {
    const { flights, memory, shared } = this.#internals
    const request = resolveRequest(shared, 'set', key, options)
    const held = storable(request.name, value)
    if (request.tier === 'memory') return memory.set(request, held)
    flights.fence(request.name)
    this.#store.writeSync(request.name, entryFor(request, held, 0, shared))
    shared.ledger.stored(request.name, 'persistent', request.stamp)
  }

  delete(key: KeyLike | NamePrefix): boolean | number {
    const { flights, memory, shared } = this.#internals
    if (isPrefix(key)) return this.#deletePrefix(prefixAddress(key))
    const { name, tier } = toAddress(key)
    if (tier === 'memory') return memory.delete(name)
    flights.detach(name)
    const existed = this.#store.removeSync(name)
    shared.ledger.deleted(name, 'persistent', existed)
    return existed
  }

  #deletePrefix({ name, tier }: PrefixAddress): number {
    const { flights, memory, shared } = this.#internals
    if (tier === 'memory') return memory.deletePrefix(name)
    if (!this.#store.removePrefixSync) throw new PrefixUnsupportedError(name)
    flights.detachAll(name)
    const count = this.#store.removePrefixSync(name)
    shared.ledger.cleared('persistent', name)
    return count
  }

  clear(names?: NamePrefix): void {
    if (isPart(names)) return void this.delete(names)
    const { flights, memory, shared } = this.#internals
    memory.clear()
    flights.detachAll()
    this.#store.clearSync()
    shared.ledger.cleared('persistent')
  }

  #get(request: Request, options: GetOptions<unknown> | undefined, otherwise: Otherwise): unknown {
    const { memory, shared } = this.#internals
    if (request.tier === 'memory') return memory.get(request, options, otherwise)
    const { entry, reason } = this.#read(request)
    if (entry) {
      shared.ledger.hit(request.name, 'persistent', entry)
      return entry.value
    }
    shared.ledger.missed(request, reason)
    return otherwise(reason, request, options)
  }

  #cache(request: Request, task: Task): unknown {
    const { flights, shared } = this.#internals
    const look = this.#tryToRead(request, task.migrate !== undefined)
    const { served } = look
    if (served && !task.refresh) {
      shared.ledger.hit(request.name, 'persistent', served)
      return served.value
    }
    const running = flights.find(request.name, identityOf(request))
    running?.refuseReentry()
    shared.ledger.missed(request, look.reason)
    const flight = flights.begin(request.name, identityOf(request), task.generate)
    try {
      return this.#generate(flight, request, task, running, task.refresh || served ? undefined : look.entry)
    } catch (error) {
      const entry = error instanceof AsyncGeneratorError ? undefined : this.#standIn(request)
      if (!entry) throw error
      shared.ledger.notRenewed(request.name, error)
      shared.ledger.stoodIn(request, entry)
      return entry.value
    } finally {
      // Whoever waits for the other one still gets its result.
      flights.giveBack(flight, running)
    }
  }

  #generate(
    flight: Flight,
    request: Request,
    task: Task,
    running: Flight | undefined,
    older: Entry | undefined,
  ): unknown {
    const { shared } = this.#internals
    const started = platform.performance.now()
    const value = settled(request, runGenerator(shared, flight, request, task, older))
    if (running) running.fenced = true
    const cost = costOf(flight, shared, request, started)
    if (value === undefined || flight.fenced) return value
    this.#tryToWrite(request, entryFor(request, value, cost, shared, flight.migrated))
    return value
  }

  #standIn(request: Request): Entry | undefined {
    const { freshness } = request
    if (freshness.spare === 0) return undefined
    return this.#tryToRead({ ...request, freshness: { ...freshness, stale: freshness.spare } }).served
  }

  #read(request: Request, migrates = false): Look {
    const { flights, shared } = this.#internals
    const look = new Look(request, shared.clock, flights.changes, migrates)
    return look.found(this.#store.readSync(request.name, look.accept))
  }

  // The cache never makes a program fail that would work without it.
  #tryToRead(request: Request, migrates = false): Look {
    try {
      return this.#read(request, migrates)
    } catch (error) {
      const { flights, shared } = this.#internals
      shared.ledger.failed(request.name, error)
      return new Look(request, shared.clock, flights.changes)
    }
  }

  #tryToWrite(request: Request, entry: Entry): void {
    const { shared } = this.#internals
    try {
      this.#store.writeSync(request.name, entry)
      shared.ledger.stored(request.name, 'persistent', request.stamp)
    } catch (error) {
      shared.ledger.failed(request.name, error)
    }
  }
}

// Nobody waits for a promise that comes out here, and its error is told by the one that is thrown.
function settled(request: Request, result: unknown): unknown {
  if (!isPromise(result)) return result
  result.then(undefined, () => {})
  throw new AsyncGeneratorError(request.name)
}
