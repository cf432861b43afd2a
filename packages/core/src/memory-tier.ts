import type { MissReason } from './events.ts'
import { Expiry } from './expiry.ts'
import { type Explanation, explainAbsence, explainEntry } from './explain.ts'
import {
  expiryOf,
  type Freshness,
  isDue,
  isFresh,
  isMigratable,
  isServed,
  lasting,
  reasonOf,
  standingOf,
} from './freshness.ts'
import { costOf, isPromise, runGenerator, type Shared, type Task } from './generate.ts'
import { isMemoryName, type KeyLike } from './key.ts'
import { MemoryEntries, type MemoryOwner } from './memory-entries.ts'
import type { MemoryEntry, NewEntry } from './memory-entry.ts'
import type { MemoryOptions } from './memory-options.ts'
import { platform } from './platform.ts'
import type { GetOptions, Otherwise, Request } from './request.ts'
import type { Revisions } from './revisions.ts'
import { type Shares, sharesOf } from './sharing.ts'
import { currentFlight, Flight, identityOf, SingleFlight, throwIfAborted } from './single-flight.ts'
import type { Stamp } from './stamp.ts'
import type { Stamps } from './stamps.ts'
import type { Entry } from './store.ts'
import { type Caller, waitFor, waitInBackground } from './waiting.ts'
import { asWritten, codeOf, isDeclaredAsync, isHidden } from './with-context.ts'

/** The entries that live as long as the program runs. Answers synchronously wherever no generator is asynchronous. */
export class MemoryTier {
  readonly #shared: Shared
  readonly #owner: MemoryOwner
  readonly #stamps: Stamps
  readonly #entries: MemoryEntries
  readonly #shares: Shares
  readonly #flights = new SingleFlight()
  readonly #expiry: Expiry
  /** What is about to be generated in the background. */
  readonly #due = new Set<MemoryEntry>()
  #watches = 0

  constructor(shared: Shared, stamps: Stamps, owner: MemoryOwner, options: MemoryOptions = {}) {
    this.#shared = shared
    this.#stamps = stamps
    this.#owner = owner
    this.#entries = new MemoryEntries(shared, owner, options)
    this.#shares = sharesOf(options.sharing)
    this.#expiry = new Expiry(this.#entries, name => this.#expire(name))
  }

  /** What the entries take; `undefined` where nobody counts. */
  get bytes(): number | undefined {
    return this.#entries.bytes
  }

  /**
   * The short way of the commonest call, a text key without version and options, to its valid entry. Answers `undefined`
   * where it cannot tell, and the long way has to be gone.
   */
  hit(key: KeyLike): Entry | undefined {
    const entry = this.#entries.get(key as string)
    if (entry?.validAsKey !== this.#stamps.ofSession) return undefined
    if (!this.#isSurelyFresh(entry, this.#shared.freshness)) return undefined
    this.#used(key as string, entry)
    return entry
  }

  /** Whether the same call is a miss for certain, which is counted. */
  miss(key: KeyLike): boolean {
    if (!isMemoryName(key) || this.#entries.get(key)) return false
    this.#shared.ledger.missed({ name: key, tier: 'memory', stamp: this.#stamps.ofSession.stamp }, 'absent')
    return true
  }

  /** The same for any name, the stamp it must have and what `cache()` asks of it. */
  find(name: string, stamp: Stamp, freshness: Freshness): Entry | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined || entry.stamp !== stamp || this.#shares.give) return undefined
    if (!this.#isSurelyFresh(entry, freshness)) return undefined
    this.#used(name, entry)
    return entry
  }

  cache(request: Request, task: Task): unknown {
    const entry = this.#entries.get(request.name)
    const { clock, random } = this.#shared
    const standing = standingOf(entry, request, clock)
    if (entry === undefined || task.refresh || !isServed(standing)) {
      return this.#generate(request, task, reasonOf(standing))
    }
    const isStale = standing === 'stale'
    const value = this.#served(request.name, entry, isStale)
    if (isStale || isDue(entry, request.freshness, clock, random)) this.#renew(entry, request, task)
    return value
  }

  get(request: Request, options: GetOptions<unknown> | undefined, otherwise: Otherwise): unknown {
    const entry = this.#entries.get(request.name)
    const standing = standingOf(entry, request, this.#shared.clock)
    if (entry === undefined || standing !== 'fresh') {
      const reason = reasonOf(standing)
      this.#shared.ledger.missed(request, reason)
      return otherwise(reason, request, options)
    }
    return this.#served(request.name, entry)
  }

  has(request: Request): boolean {
    return standingOf(this.#entries.get(request.name), request, this.#shared.clock) === 'fresh'
  }

  /** A flight that generates nothing and is joined by nobody: it is fenced by whatever changes the entry until it is detached. */
  watch(name: string): Flight {
    const flight = new Flight(this.#flights, name, `${this.#watches++}`, () => {}, undefined)
    this.#flights.register(flight)
    return flight
  }

  isGenerating(request: Request): boolean {
    return this.#flights.find(request.name, identityOf(request)) !== undefined
  }

  explain(request: Request): Explanation {
    const entry = this.#entries.get(request.name)
    return entry ? explainEntry(request, entry, this.#shared.clock) : explainAbsence(request, 'absent')
  }

  set(request: Request, value: unknown): void {
    this.#keep(request, value, 0, this.#originOf(request.name))
  }

  delete(name: string): boolean {
    this.#flights.detach(name)
    const existed = this.#entries.delete(name)
    this.#shared.ledger.deleted(name, 'memory', existed)
    return existed
  }

  deletePrefix(prefix: string): number {
    return this.clear(prefix)
  }

  /** All entries, or those whose names begin so. */
  clear(prefix?: string): number {
    this.#flights.detachAll(prefix)
    const count = this.#entries.clear(prefix)
    this.#shared.ledger.cleared('memory', prefix)
    return count
  }

  get revisions(): Revisions {
    return this.#entries.revisions
  }

  /** See `MemoryEntries.pin`. */
  pin(name: string): () => void {
    return this.#entries.pin(name)
  }

  /** What is being generated for `origin` serves those who wait for it, but nobody who asks later, and is not kept. */
  abandonGenerations(origin: unknown): void {
    this.#flights.abandon(origin)
  }

  #generate(request: Request, task: Task, reason: MissReason): unknown {
    throwIfAborted(task)
    const running = this.#flights.find(request.name, identityOf(request))
    running?.refuseReentry()
    if (running && isSameCode(running.generate, task.generate)) return this.#join(running, request, task)
    this.#shared.ledger.missed(request, reason)
    try {
      return this.#start(request, task, running, flight => this.#waitFor(flight, request, task, true))
    } catch (error) {
      const entry = request.freshness.spare > 0 && this.#standIn(request)
      if (!entry) throw error
      this.#shared.ledger.notRenewed(request.name, error)
      this.#shared.ledger.stoodIn(request, entry)
      return this.#copyOf(entry)
    }
  }

  // Not at once, since a synchronous generator would let the caller wait that is to be served at once.
  #renew(entry: MemoryEntry, request: Request, task: Task): void {
    if (this.#due.has(entry)) return
    this.#due.add(entry)
    platform.queueMicrotask(() => {
      this.#due.delete(entry)
      // Who changed the entry or asked for another version has come later, and wins.
      if (this.#entries.get(request.name) !== entry || this.#flights.has(request.name)) return
      try {
        const wait = (flight: Flight) => waitInBackground(flight, this.#shared, task.hard)
        this.#start(request, task, undefined, wait, false)
      } catch (error) {
        this.#shared.ledger.notRenewed(request.name, error)
      }
    })
  }

  #standIn(request: Request): Entry | undefined {
    const entry = this.#entries.get(request.name)
    const standing = standingOf(entry, request, this.#shared.clock)
    return isServed(standing) || standing === 'spare' ? entry : undefined
  }

  // `running` is an asynchronous generation of the same entry by other code. This code may be synchronous, and its
  // caller then expects the value and no promise of it; only running it tells. `wait` answers for a result that is pending;
  // `isInUse`: somebody gets one that is not.
  #start(
    request: Request,
    task: Task,
    running: Flight | undefined,
    wait: (flight: Flight) => unknown,
    isInUse = true,
  ): unknown {
    const origin = this.#originOf(request.name)
    const older = this.#olderThan(request, task)
    const flight = this.#flights.begin(request.name, identityOf(request), task.generate, origin)
    const started = platform.performance.now()
    let result: unknown
    let isPending: boolean
    try {
      result = runGenerator(this.#shared, flight, request, task, older, older && this.#copyOf(older))
      isPending = isPromise(result)
    } catch (error) {
      this.#flights.giveBack(flight, running)
      throw error
    }
    if (!isPending) {
      this.#flights.end(flight)
      if (running) running.fenced = true
      this.#keepGenerated(flight, request, result, task.started?.() ?? started, isInUse)
      return result
    }
    const promise = result as PromiseLike<unknown>
    if (running) return this.#yieldTo(running, flight, promise, request, task)
    flight.settleWith(this.#settle(flight, request, promise, () => task.started?.() ?? started))
    return wait(flight)
  }

  #olderThan(request: Request, { migrate, refresh }: Task): Entry | undefined {
    if (!migrate || refresh) return undefined
    const entry = this.#entries.get(request.name)
    return entry && isMigratable(entry, request, this.#shared.clock) ? entry : undefined
  }

  async #settle(
    flight: Flight,
    request: Request,
    result: PromiseLike<unknown>,
    started: () => number,
  ): Promise<unknown> {
    const value = await result
    this.#flights.end(flight)
    this.#keepGenerated(flight, request, value, started(), flight.isInUse)
    return value
  }

  // The later generator is asynchronous as well, so the one that began first serves both callers.
  #yieldTo(
    running: Flight,
    flight: Flight,
    result: PromiseLike<unknown>,
    request: Request,
    task: Task,
  ): unknown {
    this.#flights.giveBack(flight, running)
    let served: Promise<unknown> | undefined
    result.then(
      // Both may have generated one and the same value.
      async value => this.#discard(flight, value, (await served?.catch(() => {})) === value),
      (error: unknown) => this.#shared.ledger.failed(flight.name, error),
    )
    served = this.#join(running, request, task)
    return served
  }

  #join(running: Flight, request: Request, task: Task): Promise<unknown> {
    const result = this.#waitFor(running, request, task, false)
    this.#shared.ledger.joined()
    return result
  }

  #waitFor(flight: Flight, request: Request, task: Task, isFirst: boolean): Promise<unknown> {
    const shared = this.#shared
    const from = currentFlight(shared.asyncContext)
    const caller: Caller = { shared, request, task, from, standIn: () => this.#standIn(request) }
    return this.#given(request.name, waitFor(flight, caller, isFirst))
  }

  // Where each caller gets a copy, the first one too: what it does with its own must not reach the others.
  // But for what a copy would lose.
  #given(name: string, result: Promise<unknown>): Promise<unknown> {
    if (!this.#shares.give) return result
    return result.then(value => {
      try {
        return this.#shares.take(value, name)
      } catch {
        return value
      }
    })
  }

  #keepGenerated(flight: Flight, request: Request, value: unknown, started: number, isInUse: boolean): void {
    const cost = costOf(flight, this.#shared, request, started)
    if (flight.fenced) this.#discard(flight, value, isInUse)
    else if (value !== undefined) this.#tryToKeep(flight, request, value, cost, isInUse)
  }

  // The cache never makes a program fail that would work without it.
  #tryToKeep(flight: Flight, request: Request, value: unknown, cost: number, isInUse: boolean): void {
    try {
      this.#keep(request, value, cost, flight.origin, isInUse, flight.migrated)
    } catch (error) {
      this.#discard(flight, value, isInUse)
      this.#shared.ledger.failed(request.name, error, 'StagCache has not kept a value')
    }
  }

  #discard({ name, origin }: Flight, value: unknown, isInUse: boolean): void {
    if (value !== undefined) this.#entries.discard(name, value, origin, isInUse)
  }

  /** Whether an entry of the right stamp may be handed out without a closer look. */
  #isSurelyFresh(entry: MemoryEntry, freshness: Freshness): boolean {
    if (entry.expiresAt === undefined && freshness === lasting) return true
    return freshness.ahead === 0 && isFresh(entry, freshness, this.#shared.clock())
  }

  /** What is handed out. */
  #served(name: string, entry: MemoryEntry, isStale = false): unknown {
    this.#used(name, entry, isStale)
    return this.#copyOf(entry)
  }

  #used(name: string, entry: MemoryEntry, isStale = false): void {
    this.#shared.ledger.hit(name, 'memory', entry, isStale)
    this.#entries.used(entry)
  }

  #copyOf({ value }: Entry): unknown {
    const { give } = this.#shares
    return give ? give(value) : value
  }

  #originOf(name: string): unknown {
    return this.#owner.memoryOrigin?.(name, this.#entries.get(name)?.value)
  }

  #keep(
    request: Request,
    value: unknown,
    cost: number,
    origin: unknown,
    isInUse = true,
    migrated?: Flight['migrated'],
  ): void {
    const { name, isNamedByKey, stamp, params } = request
    this.#flights.fence(name)
    const held = this.#shares.take(value, name)
    const current = this.#stamps.ofSession
    const isFound = isNamedByKey && stamp === current.stamp && !this.#shares.give
    const validAsKey = isFound ? current : undefined
    const now = this.#shared.clock()
    const storedAt = migrated ? migrated.storedAt : now
    const expiresAt = expiryOf(storedAt, request.freshness, migrated?.expiresAt)
    const entry: NewEntry = { value: held, stamp, params, storedAt, cost, expiresAt, validAsKey }
    if (!this.#entries.put(name, entry, origin, isInUse)) return
    this.#shared.ledger.stored(name, 'memory', stamp)
    this.#expiry.stored(entry, now)
  }

  #expire(name: string): void {
    if (this.#entries.delete(name, 'expire')) this.#shared.ledger.expired(name, 'memory')
  }
}

// Two closures of one place in the program have the same text, and so are both asynchronous or neither is, unless all
// they do is to call functions of both kinds. All bound functions have one text, and are told apart by their names. What
// is declared asynchronous can only wait, and joins whatever is running.
function isSameCode(running: object, generate: object): boolean {
  const [one, other] = [asWritten(running), asWritten(generate)] as [Named, Named]
  if (one === other || isDeclaredAsync(other)) return true
  const code = codeOf(one)
  if (code !== codeOf(other)) return false
  return !isHidden(code) || (/^bound ./.test(one.name) && one.name === other.name)
}

interface Named {
  readonly name: string
}
