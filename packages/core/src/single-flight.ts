import { GenerationCycleError, WaitTimeoutError } from './errors.ts'
import { type AbortSignalLike, platform, type Signal } from './platform.ts'
import { after } from './timer.ts'

/*
 * One generation at a time.
 *
 * A flight is one run of a generator, for one name and one identity (stamp and hashed params).
 *
 *   calling     the generator's synchronous part is on the call stack
 *   in the air  its promise is pending; callers with the same identity join
 *   settled     no longer registered
 *
 * A flight is *fenced* once something changed its entry: a set, delete or clear, another result, or the beginning of a
 * flight of the same name with another identity. A fenced flight serves its callers, but its result is not kept. What holds:
 *
 * - At most one flight per name and identity is registered; at most one per name is not fenced.
 * - A flight leaves the registry when it settles, whatever the way, or when its last caller gave up and it could be aborted,
 *   or when what it was generated for is over.
 */

/** What `AsyncLocalStorage` offers, as far as cycles among asynchronous generators are found with it. */
export interface AsyncContext {
  run<R>(flight: unknown, task: () => R): R
  getStore(): unknown
}

/** How long one caller is prepared to wait. */
export interface Patience {
  readonly signal?: AbortSignalLike | undefined
  readonly maxWait?: number | undefined
}

/** What distinguishes generations of one name: the stamp, and the params where they count. */
export function identityOf({ stamp, params }: { stamp: string; params: string | undefined }): string {
  return `${stamp}\0${params ?? ''}`
}

export function throwIfAborted({ signal }: Patience): void {
  if (signal?.aborted) throw signal.reason
}

// The flight whose generator is on the call stack, in whichever cache it runs.
let onStack: Flight | undefined

/** The flight from within which the present call was made. */
export function currentFlight(context: AsyncContext | undefined): Flight | undefined {
  return onStack ?? (context?.getStore() as Flight | undefined)
}

/** One run of a generator. */
export class Flight {
  readonly name: string
  readonly identity: string
  readonly generate: (...args: never[]) => unknown
  /** What its result belongs to; see `MemoryOwner`. */
  readonly origin: unknown
  fenced = false
  #calling = false
  #callers = 0
  #settled: Promise<unknown> | undefined
  #controller: { readonly signal: Signal; abort(reason?: unknown): void } | undefined
  readonly #waitsFor = new Set<Flight>()
  readonly #registry: SingleFlight

  constructor(
    registry: SingleFlight,
    name: string,
    identity: string,
    generate: (...args: never[]) => unknown,
    origin: unknown,
  ) {
    this.#registry = registry
    this.name = name
    this.identity = identity
    this.generate = generate
    this.origin = origin
  }

  /** Aborted when every caller has given up. */
  get signal(): Signal {
    this.#controller ??= new platform.AbortController()
    return this.#controller.signal
  }

  /** Runs the generator, known as the current flight to whatever it calls. */
  call<R>(context: AsyncContext | undefined, task: () => R): R {
    const outer = onStack
    onStack = this
    this.#calling = true
    try {
      return context ? context.run(this, task) : task()
    } finally {
      this.#calling = false
      onStack = outer
    }
  }

  /** From now on the flight's result is that of `result`. */
  settleWith(result: PromiseLike<unknown>): void {
    const end = () => this.#registry.end(this)
    this.#settled = Promise.resolve(result)
    // Every caller receives the error through a promise of its own; this one only must not count as unhandled.
    this.#settled.then(end, end)
  }

  /**
   * The result, for one more caller, which was itself called from within the flight `from`.
   *
   * @throws GenerationCycleError if `from` would wait for itself.
   */
  join(from: Flight | undefined, patience: Patience): Promise<unknown> {
    this.#refuseCycle(from)
    const result = this.#settled as Promise<unknown>
    if (from) {
      from.#waitsFor.add(this)
      const over = () => from.#waitsFor.delete(this)
      result.then(over, over)
    }
    this.#callers++
    if (patience.signal === undefined && patience.maxWait === undefined) return result.then()
    return this.#wait(result, patience)
  }

  /** Refuses a call that comes from the generator itself, before anything was begun for it. */
  refuseReentry(): void {
    if (this.#calling) throw new GenerationCycleError([this.name, this.name])
  }

  #wait(result: Promise<unknown>, { signal, maxWait }: Patience): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown) => {
        stopWaiting()
        this.#leave(reason)
        reject(reason)
      }
      const aborted = () => giveUp(signal?.reason)
      const cancelTimer =
        maxWait === undefined
          ? undefined
          : after(maxWait, () => giveUp(new WaitTimeoutError(this.name, maxWait)))
      const stopWaiting = () => {
        cancelTimer?.()
        signal?.removeEventListener('abort', aborted)
      }
      signal?.addEventListener('abort', aborted, { once: true })
      result.then(resolve, reject).then(stopWaiting)
    })
  }

  // A generator that never asked for the signal cannot be stopped: it goes on, and others may still join it.
  #leave(reason: unknown): void {
    if (--this.#callers > 0 || !this.#controller) return
    this.fenced = true
    this.#registry.end(this)
    this.#controller.abort(reason)
  }

  #refuseCycle(from: Flight | undefined): void {
    this.refuseReentry()
    const path = from && this.#pathTo(from, new Set())
    if (path) throw new GenerationCycleError([...path.map(flight => flight.name), this.name])
  }

  #pathTo(target: Flight, visited: Set<Flight>): Flight[] | undefined {
    if (this === target) return [this]
    visited.add(this)
    for (const next of this.#waitsFor) {
      const path = visited.has(next) ? undefined : next.#pathTo(target, visited)
      if (path) return [this, ...path]
    }
    return undefined
  }
}

/** The flights in the air of one tier. */
export class SingleFlight {
  readonly #byName = new Map<string, Map<string, Flight>>()

  find(name: string, identity: string): Flight | undefined {
    return this.#byName.get(name)?.get(identity)
  }

  /** Registers a new flight; those of another identity are fenced, since another version was asked for after them. */
  begin(name: string, identity: string, generate: (...args: never[]) => unknown, origin?: unknown): Flight {
    this.fence(name, identity)
    const flight = new Flight(this, name, identity, generate, origin)
    this.register(flight)
    return flight
  }

  /** Gives a flight the place of its name and identity. */
  register(flight: Flight): void {
    const flights = this.#byName.get(flight.name) ?? new Map<string, Flight>()
    this.#byName.set(flight.name, flights.set(flight.identity, flight))
  }

  end(flight: Flight): void {
    const flights = this.#byName.get(flight.name)
    if (flights?.get(flight.identity) !== flight) return
    flights.delete(flight.identity)
    if (flights.size === 0) this.#byName.delete(flight.name)
  }

  /** The entry changed: what is being generated for it now is not kept, but for one identity. */
  fence(name: string, except?: string): void {
    const flights = this.#byName.get(name)
    if (!flights) return
    for (const flight of flights.values()) if (flight.identity !== except) flight.fenced = true
  }

  /** What `origin` stands for is over: its flights are fenced, and joined by nobody any more. */
  abandon(origin: unknown): void {
    for (const flights of [...this.#byName.values()]) {
      for (const flight of [...flights.values()]) {
        if (flight.origin !== origin) continue
        flight.fenced = true
        this.end(flight)
      }
    }
  }

  /** Every entry changed. */
  fenceAll(): void {
    for (const name of this.#byName.keys()) this.fence(name)
  }
}
