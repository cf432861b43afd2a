import { PrefixUnsupportedError } from './errors.ts'
import { type Explanation, explainAbsence, explainEntry } from './explain.ts'
import { missReason } from './freshness.ts'
import type { Shared, Task } from './generate.ts'
import { entryFor, Generation, type Stock } from './generation.ts'
import type { Ledger } from './ledger.ts'
import { Look } from './look.ts'
import type { GetOptions, Otherwise, Request } from './request.ts'
import { currentFlight, type Flight, identityOf, SingleFlight, throwIfAborted } from './single-flight.ts'
import type { Entry, Store } from './store.ts'

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
    this.#stock = { store, look: request => this.#tryToRead(request) }
    this.#flights = flightsOf(store)
    this.#stopObserving = observe(store, shared.ledger)
  }

  get flights(): SingleFlight {
    return this.#flights
  }

  async cache(request: Request, task: Task): Promise<unknown> {
    throwIfAborted(task.patience)
    const from = currentFlight(this.#shared.asyncContext)
    const look = await this.#tryToRead(request)
    if (look.entry) {
      this.#hit(request, look.entry)
      return look.entry.value
    }
    return this.#generate(request, task, look, from)
  }

  async get(
    request: Request,
    options: GetOptions<unknown> | undefined,
    otherwise: Otherwise,
  ): Promise<unknown> {
    const look = new Look(request, this.#shared.clock, this.#flights.changes)
    const { entry, reason } = look.found(await this.#store.read(request.name, look.accept))
    if (entry) {
      this.#hit(request, entry)
      return entry.value
    }
    this.#shared.ledger.missed(request, reason)
    return otherwise(reason, request, options)
  }

  async has(request: Request): Promise<boolean> {
    let valid = false
    await this.#store.read(request.name, info => {
      valid = missReason(info, request, this.#shared.clock) === undefined
      return false
    })
    return valid
  }

  async explain(request: Request): Promise<Explanation> {
    const look = new Look(request, this.#shared.clock, this.#flights.changes)
    const { entry, info, reason } = look.found(await this.#store.read(request.name, look.accept))
    const isThere = entry !== undefined || reason !== 'absent'
    if (info && isThere) return explainEntry(request, info, this.#shared.clock)
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
    throwIfAborted(task.patience)
    const identity = identityOf(request)
    const running = this.#flights.find(request.name, identity)
    if (running) {
      const result = running.join(from, task.patience)
      task.waiting?.()
      this.#shared.ledger.joined()
      return result
    }
    const flight = this.#flights.begin(request.name, identity, task.generate)
    flight.settleWith(this.#produce(flight, request, task, look))
    return flight.join(from, { signal: task.patience.signal })
  }

  async #produce(flight: Flight, request: Request, task: Task, look: Look): Promise<unknown> {
    // Another generation may have been stored between this caller's look and the beginning of its flight.
    const isCurrent = look.changes === this.#flights.changes
    const generation = new Generation(this.#shared, this.#stock, flight, request, task)
    return generation.run(isCurrent ? look : await this.#tryToRead(request))
  }

  // The cache never makes a program fail that would work without it.
  async #tryToRead(request: Request): Promise<Look> {
    const look = new Look(request, this.#shared.clock, this.#flights.changes)
    try {
      return look.found(await this.#store.read(request.name, look.accept))
    } catch (error) {
      this.#shared.ledger.failed(request.name, error)
      return look
    }
  }

  #hit(request: Request, entry: Entry): void {
    this.#shared.ledger.hit(request.name, 'persistent', entry)
  }
}
