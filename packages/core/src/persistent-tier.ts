import { PrefixUnsupportedError } from './errors.ts'
import { type Explanation, explainAbsence, explainEntry } from './explain.ts'
import { isDue, standingOf } from './freshness.ts'
import type { Shared, Task } from './generate.ts'
import { entryFor, Generation, type Stock } from './generation.ts'
import type { Ledger } from './ledger.ts'
import { Look } from './look.ts'
import type { GetOptions, Otherwise, Request } from './request.ts'
import {
  currentFlight,
  type Flight,
  identityOf,
  inTime,
  SingleFlight,
  throwIfAborted,
} from './single-flight.ts'
import type { Entry, Store } from './store.ts'
import { type Caller, waitFor, waitInBackground } from './waiting.ts'

// Caches that share a store, or what it keeps, share its generations too.
const flightsByStore = new WeakMap<Store, SingleFlight>()
const flightsByScope = new Map<string, WeakRef<SingleFlight>>()

function flightsOf(store: Store): SingleFlight {
  const { scope } = store
  const known = scope === undefined ? flightsByStore.get(store) : flightsByScope.get(scope)?.deref()
  const flights = known ?? new SingleFlight()
  if (scope === undefined) flightsByStore.set(store, flights)
  else flightsByScope.set(scope, new WeakRef(flights))
  return flights
}

// A store outlives its caches, and must not keep them alive.
function observe(store: Store, ledger: Ledger): (() => void) | undefined {
  const listener = new WeakRef(ledger)
  const stop = store.observe?.(event => {
    const alive = listener.deref()
    if (alive) alive.reported(event)
    else stop?.()
  })
  return stop
}

/** The entries that live in a store. Answers with promises. */
export class PersistentTier {
  readonly #shared: Shared
  readonly #store: Store
  readonly #stock: Stock
  readonly #flights: SingleFlight
  readonly #stopObserving: (() => void) | undefined

  constructor(shared: Shared, store: Store) {
    this.#shared = shared
    this.#store = store
    this.#stock = { store, look: (request, migrates) => this.#tryToRead(request, migrates) }
    this.#flights = flightsOf(store)
    this.#stopObserving = observe(store, shared.ledger)
  }

  get flights(): SingleFlight {
    return this.#flights
  }

  async cache(request: Request, task: Task): Promise<unknown> {
    throwIfAborted(task)
    const from = currentFlight(this.#shared.asyncContext)
    const { signal, hard } = task
    const reading = this.#tryToRead(request, task.migrate !== undefined)
    const look = await inTime(request.name, reading, { signal, hard })
    const { served } = look
    if (!served || task.refresh) return this.#generate(request, task, look, from)
    const { clock, random, ledger } = this.#shared
    const isStale = look.standing === 'stale'
    ledger.hit(request.name, 'persistent', served, isStale)
    if (isStale || isDue(served, request.freshness, clock, random)) this.#renew(request, task, look)
    return served.value
  }

  async get(
    request: Request,
    options: GetOptions<unknown> | undefined,
    otherwise: Otherwise,
  ): Promise<unknown> {
    const look = new Look(request, this.#shared.clock, this.#flights.changes)
    const { entry, reason } = look.found(await this.#store.read(request.name, look.accept))
    if (entry) {
      this.#shared.ledger.hit(request.name, 'persistent', entry)
      return entry.value
    }
    this.#shared.ledger.missed(request, reason)
    return otherwise(reason, request, options)
  }

  async has(request: Request): Promise<boolean> {
    let valid = false
    await this.#store.read(request.name, info => {
      valid = standingOf(info, request, this.#shared.clock) === 'fresh'
      return false
    })
    return valid
  }

  async explain(request: Request): Promise<Explanation> {
    const look = new Look(request, this.#shared.clock, this.#flights.changes)
    const { info, standing } = look.found(await this.#store.read(request.name, look.accept))
    if (info && standing !== 'absent') return explainEntry(request, info, this.#shared.clock)
    const absence = await this.#store.whyAbsent?.(request.name)
    // One that was there, and could not be handed out all the same.
    return explainAbsence(request, absence ?? (info ? 'corrupt' : 'absent'))
  }

  async set(request: Request, value: unknown): Promise<void> {
    this.#flights.fence(request.name)
    await this.#store.write(request.name, entryFor(request, value, 0, this.#shared))
    this.#shared.ledger.stored(request.name, 'persistent', request.stamp)
  }

  async delete(name: string): Promise<boolean> {
    this.#flights.detach(name)
    const existed = await this.#store.remove(name)
    this.#shared.ledger.deleted(name, 'persistent', existed)
    return existed
  }

  async deletePrefix(prefix: string): Promise<number> {
    if (!this.#store.removePrefix) throw new PrefixUnsupportedError(prefix)
    this.#flights.detachAll(prefix)
    const count = await this.#store.removePrefix(prefix)
    this.#shared.ledger.cleared('persistent', prefix)
    return count
  }

  async clear(): Promise<void> {
    this.#flights.detachAll()
    await this.#store.clear()
    this.#shared.ledger.cleared('persistent')
  }

  async close(): Promise<void> {
    await this.#store.close()
    this.#stopObserving?.()
  }

  async #generate(request: Request, task: Task, look: Look, from: Flight | undefined): Promise<unknown> {
    throwIfAborted(task)
    const running = this.#running(request, task)
    const shared = this.#shared
    const caller: Caller = { shared, request, task, from, standIn: () => this.#standIn(request) }
    if (running) {
      if (task.refresh) running.refreshed.push(look.seen)
      const result = waitFor(running, caller, false)
      task.waiting?.()
      shared.ledger.joined()
      return result
    }
    return waitFor(this.#begin(request, task, look, false), caller, true)
  }

  /** What is to be joined: a result that is being stored only where one that is stored would do. */
  #running(request: Request, { refresh }: Task): Flight | undefined {
    const running = this.#flights.find(request.name, identityOf(request))
    if (!running?.made) return running
    if (!refresh && standingOf(running.made, request, this.#shared.clock) === 'fresh') return running
    running.detach()
    return undefined
  }

  #renew(request: Request, task: Task, look: Look): void {
    // Who asked for another version has come later, and wins.
    if (this.#flights.has(request.name)) return
    waitInBackground(this.#begin(request, task, look, true), this.#shared, task.hard)
  }

  #begin(request: Request, task: Task, look: Look, isRenewal: boolean): Flight {
    const flight = this.#flights.begin(request.name, identityOf(request), task.generate)
    const generation = new Generation(this.#shared, this.#stock, flight, request, task, look.seen, isRenewal)
    // Another generation may have been stored between this caller's look and the beginning of its flight.
    const isCurrent = look.changes === this.#flights.changes
    flight.settleWith(generation.run(isCurrent ? look : undefined))
    return flight
  }

  async #standIn(request: Request): Promise<Entry | undefined> {
    const { freshness } = request
    const stale = Math.max(freshness.stale, freshness.spare)
    return (await this.#tryToRead({ ...request, freshness: { ...freshness, stale } })).served
  }

  // The cache never makes a program fail that would work without it.
  async #tryToRead(request: Request, migrates = false): Promise<Look> {
    const look = new Look(request, this.#shared.clock, this.#flights.changes, migrates)
    try {
      return look.found(await this.#store.read(request.name, look.accept))
    } catch (error) {
      this.#shared.ledger.failed(request.name, error)
      look.isLost = true
      return look.found(undefined)
    }
  }
}
