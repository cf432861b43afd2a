import { GenerationCycleError, GenerationTimeoutError, WaitTimeoutError } from './errors.ts'
import { platform, type Signal } from './platform.ts'
import type { AsyncContext, Entry, Patience } from './store.ts'
import { after } from './timer.ts'

/*
 * One generation at a time.
 *
 * A flight is one run of a generator, for one name and one identity (stamp and hashed params).
 *
 *   preparing   it looks again whether it has to generate, and waits for its turn where the store gives out turns; callers
 *               with the same identity join
 *   calling     the generator's synchronous part is on the call stack
 *   in the air  its promise is pending; callers with the same identity join
 *   settled     no longer registered
 *
 * A flight is *fenced* once something changed its entry: a set, delete or clear, another result, or the beginning of a
 * flight of the same name with another identity. A fenced flight serves its callers, but its result is not kept.
 *
 * A flight is *detached* once nobody may join it any more:
 *
 * - the entry was deleted, so that who asks later wants what is generated later;
 * - its last caller gave up, and it could be stopped or had taken too long for that caller. One that cannot be stopped
 *   goes on otherwise, and who asks after that joins it;
 * - what it was generated for is over;
 * - its result is being stored, and would not do for who asks if it were: it is too old, or a new one was asked for;
 * - it turned out that nothing has to be generated, since a result is stored or there is nothing left to renew. Who asks
 *   from then on may want something newer.
 *
 * What holds:
 *
 * - At most one flight per name and identity is registered; at most one per name is not fenced.
 * - A detached flight is fenced.
 * - A flight leaves the registry when it settles, whatever the way, or is detached.
 */

/** How one caller waits, for a flight or for the store. */
export interface Waiting extends Patience {
  /** The milliseconds after which it gives up, and if it was the last one, takes the flight for lost. */
  readonly hard?: number | undefined
  /** How many of these have passed already. Default 0. */
  readonly waited?: number | undefined
  /** The milliseconds after which it looks for something else to be served with, which `instead` then answers. */
  readonly late?: { readonly after: number; instead(): Promise<(() => unknown) | undefined> } | undefined
  /** It was served already, and nothing has to go on running for its sake. */
  readonly isIdle?: boolean
}

/** What distinguishes generations of one name: the stamp, and the params where they count. */
export function identityOf({ stamp, params }: { stamp: string; params: string | undefined }): string {
  return `${stamp}\0${params ?? ''}`
}

export function throwIfAborted({ signal }: Patience): void {
  if (signal?.aborted) throw signal.reason
}

/**
 * What `result` comes to, for one who waits for it in this way; the same promise for one who does so for ever. `left` is
 * called when another end came first, with the reason, and whether that is one to take the result for lost.
 */
export function inTime<T>(
  name: string,
  result: Promise<T>,
  { signal, maxWait, hard, waited = 0, late, isIdle }: Waiting,
  left?: (reason: unknown, isLost: boolean) => void,
): Promise<T> {
  if ((signal ?? maxWait ?? hard ?? late) === undefined) return result
  return new Promise((resolve, reject) => {
    const cancels: (() => void)[] = []
    let isOver = false
    const stopWaiting = () => {
      isOver = true
      for (const cancel of cancels) cancel()
    }
    const giveUp = (reason: unknown, isLost = false) => {
      stopWaiting()
      left?.(reason, isLost)
      reject(reason)
    }
    const limit = (time: number | undefined, task: (time: number) => void, passed = 0) => {
      if (time !== undefined) cancels.push(after(time - passed, () => task(time), isIdle))
    }
    limit(maxWait, time => giveUp(new WaitTimeoutError(name, time)))
    limit(hard, time => giveUp(new GenerationTimeoutError(name, time), true), waited)
    limit(late?.after, async () => {
      const serve = await late?.instead()
      if (!serve || isOver) return
      stopWaiting()
      resolve(serve() as T)
      left?.(undefined, false)
    })
    const settle = () => {
      stopWaiting()
      resolve(result)
    }
    result.then(settle, settle)
    const aborted = () => giveUp(signal?.reason)
    // The generator itself may have aborted it.
    if (signal?.aborted) return aborted()
    signal?.addEventListener('abort', aborted, { once: true })
    cancels.push(() => signal?.removeEventListener('abort', aborted))
  })
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
  detached = false
  /** What callers who joined it have seen, and asked to be replaced: that is no result for it. */
  readonly refreshed: unknown[] = []
  /** For whose results it waits, and who waits for its own: one for each call. */
  readonly waits: Set<Wait> = new Set()
  readonly waiters: Set<Wait> = new Set()
  /** The last error of it that was told to those who listen; it is none itself. */
  reported: unknown = this
  /** Its result, while that is being stored. */
  made: Entry | undefined
  /** The entry that its result was made from, rather than generated. */
  migrated:
    | { readonly storedAt: number; readonly cost: number; readonly expiresAt?: number | undefined }
    | undefined
  #calling = false
  #callers = 0
  /** Those of the callers that were served already. */
  #idle = 0
  /** Those of these who never give up. */
  #endless = 0
  #givenUp: { readonly reason: unknown } | undefined
  #settled: Promise<unknown> | undefined
  #controller: { readonly signal: Signal; abort(reason?: unknown): void } | undefined
  /** Whether what runs for it now can be stopped. */
  #stoppable = false
  readonly #flights: SingleFlight

  constructor(
    registry: SingleFlight,
    name: string,
    identity: string,
    generate: (...args: never[]) => unknown,
    origin: unknown,
  ) {
    this.#flights = registry
    this.name = name
    this.identity = identity
    this.generate = generate
    this.origin = origin
  }

  /** Aborted when every caller has given up. Whoever asks for it is expected to stop then. */
  get signal(): Signal {
    this.#stoppable = true
    this.#controller ??= new platform.AbortController()
    if (this.#givenUp) this.#abort(this.#givenUp.reason)
    return this.#controller.signal
  }

  /** Whether somebody waits for its result now, who was not served already. */
  get isInUse(): boolean {
    return this.#callers > this.#idle
  }

  /**
   * Runs what has to be done before the generator is called. It stops, and nothing comes after it, when every caller
   * has given up.
   */
  async prepare<R>(task: (signal: Signal) => Promise<R>): Promise<R> {
    const { signal } = this
    const result = await task(signal)
    throwIfAborted({ signal })
    this.#stoppable = false
    return result
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
    const end = () => {
      this.#flights.end(this)
      // What the generator has started, and still runs in its context, must not keep the result alive.
      this.#settled = undefined
      this.made = undefined
    }
    this.#settled = Promise.resolve(result)
    // Every caller receives the error through a promise of its own; this one only must not count as unhandled.
    this.#settled.then(end, end)
  }

  /**
   * The result, for one more caller, which was itself called from within the flight `from`.
   *
   * @throws GenerationCycleError if `from` would wait for itself.
   */
  join(from: Flight | undefined, waiting: Waiting): Promise<unknown> {
    this.#refuseCycle(from)
    this.#callers++
    this.#givenUp = undefined
    const settled = this.#settled as Promise<unknown>
    if (waiting.isIdle) {
      this.#idle++
      if (waiting.hard === undefined) this.#endless++
    }
    const limited = inTime(this.name, settled, waiting, (reason, isLost) => {
      if (waiting.isIdle) this.#idle--
      this.#leave(reason, isLost)
    })
    const result = limited === settled ? settled.then() : limited
    if (from) from.waitFor(this, result)
    return result
  }

  /** Its result is not kept, and nobody may join it any more. */
  detach(): void {
    this.fenced = true
    this.detached = true
    this.#flights.end(this)
  }

  /** Refuses a call that comes from the generator itself, before anything was begun for it. */
  refuseReentry(): void {
    if (this.#calling) throw new GenerationCycleError([this.name, this.name])
  }

  // A generator that has not asked for the signal cannot be stopped: it goes on, and others may still join it. But for one
  // that is lost: whoever joined it would wait in vain as well. Then it does not go on for those either who were served
  // already, and would never find it lost themselves. What is being stored has nothing left to be stopped.
  #leave(reason: unknown, isLost: boolean): void {
    if (--this.#callers > (isLost ? this.#endless : 0) || this.made) return
    this.#givenUp = { reason }
    if (this.#stoppable || isLost) this.#abort(reason)
  }

  #abort(reason: unknown): void {
    this.detach()
    this.#controller?.abort(reason)
  }

  /** Its result waits for that of another flight, as far as `result` is pending. */
  waitFor(flight: Flight, result: Promise<unknown>): void {
    const [wait, waiter] = [{ flight }, { flight: this }]
    this.waits.add(wait)
    flight.waiters.add(waiter)
    const over = () => {
      this.waits.delete(wait)
      flight.waiters.delete(waiter)
    }
    result.then(over, over)
  }

  // Thousands may wait for a flight that waits for nobody, and one for thousands. So the search goes from both ends, a
  // step from each in turn, and is over when it comes to an end at either.
  #refuseCycle(from: Flight | undefined): void {
    this.refuseReentry()
    if (!from) return
    const [ahead, behind] = [new Map([[this as Flight, this as Flight]]), new Map([[from, from]])]
    const [onward, back] = [spread(ahead, 'waits'), spread(behind, 'waiters')]
    while (!behind.has(this)) {
      if (onward.next().done && !ahead.has(from)) return
      if (back.next().done) return
    }
    const names = [this.name]
    for (let flight: Flight = this; flight !== from; names.push(flight.name)) {
      flight = behind.get(flight) as Flight
    }
    throw new GenerationCycleError([...names, this.name])
  }
}

interface Wait {
  readonly flight: Flight
}

/** Adds to the flights that are reached, each with the one it is reached from, all that can be; each step is one wait. */
function* spread(reached: Map<Flight, Flight>, by: 'waits' | 'waiters'): Generator<void, void> {
  for (const [from] of reached) {
    for (const { flight } of from[by]) {
      if (!reached.has(flight)) reached.set(flight, from)
      yield
    }
  }
}

/** The flights in the air of one tier. */
export class SingleFlight {
  /** Grows with everything that may have changed an entry, so that an earlier look at the store may be out of date. */
  changes = 0
  readonly #byName = new Map<string, Map<string, Flight>>()

  /** Whether anything is being generated under a name. */
  has(name: string): boolean {
    return this.#byName.has(name)
  }

  find(name: string, identity: string): Flight | undefined {
    return this.#byName.get(name)?.get(identity)
  }

  /** Registers a new flight; those of another identity are fenced, since another version was asked for after them. */
  begin(name: string, identity: string, generate: (...args: never[]) => unknown, origin?: unknown): Flight {
    for (const other of this.#named(name)) other.fenced ||= other.identity !== identity
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
    this.changes++
    flights.delete(flight.identity)
    if (flights.size === 0) this.#byName.delete(flight.name)
  }

  /** Ends one that may have stood in the place of another: what happened to the entry meanwhile happened to that. */
  giveBack(flight: Flight, running: Flight | undefined): void {
    this.end(flight)
    if (!running) return
    running.fenced ||= flight.fenced
    running.detached ||= flight.detached
    if (!running.detached) this.register(running)
  }

  /** The entry changed: what is being generated for it now is not kept. */
  fence(name: string): void {
    this.changes++
    for (const flight of this.#named(name)) flight.fenced = true
  }

  /** What `origin` stands for is over: its flights are fenced, and joined by nobody any more. */
  abandon(origin: unknown): void {
    for (const flight of this.#all()) if (flight.origin === origin) flight.detach()
  }

  /** The entry was deleted: what is being generated for it now is not kept, and joined by nobody any more. */
  detach(name: string): void {
    this.changes++
    for (const flight of this.#named(name)) flight.detach()
  }

  /** Every entry was deleted whose name begins so. */
  detachAll(prefix = ''): void {
    this.changes++
    for (const flight of this.#all()) if (flight.name.startsWith(prefix)) flight.detach()
  }

  #all(): readonly Flight[] {
    return [...this.#byName.values()].flatMap(flights => [...flights.values()])
  }

  #named(name: string): readonly Flight[] {
    const flights = this.#byName.get(name)
    return flights ? [...flights.values()] : none
  }
}

// Every set asks, and hardly ever is anything in the air.
const none: readonly Flight[] = []
