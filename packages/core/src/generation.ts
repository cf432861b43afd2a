import { isCacheError } from './errors.ts'
import { expiryOf } from './freshness.ts'
import { costOf, runGenerator, type Shared, type Task } from './generate.ts'
import { isSameInfo, type Look, type Seen } from './look.ts'
import { platform, type Signal } from './platform.ts'
import type { Request } from './request.ts'
import { type Flight, throwIfAborted } from './single-flight.ts'
import type { Claim, ClaimAnswer, Entry, EntryInfo, Store } from './store.ts'

/*
 * How a flight of the persistent tier comes to its value, after a look into the store that found none:
 *
 *   claim  ->  look again  ->  generate  ->  write or release
 *     ^            |
 *     +------------+  another process has changed the entry, but not left a valid one
 *
 * What holds:
 *
 * - A claim that was granted is written or released, whichever way the generation ends.
 * - Up to the generator, everything ends when the last caller has given up.
 * - A store that cannot claim, now or at all, does not keep anybody from generating and storing.
 */

/** What a generation begins with: what the last look has shown, and how its result is stored. */
interface Start {
  readonly look: Look
  readonly claim: Claim
}

/** A store, and how to look into it without ever failing. */
export interface Stock {
  readonly store: Store
  look(request: Request, migrates: boolean): Promise<Look>
}

const nothing = async (): Promise<void> => {}

/** For results that are not stored. */
const noClaim: Claim = { write: async () => false, release: nothing }

/** One run of a generator, unless another process turns out to have run it. */
export class Generation {
  readonly #shared: Shared
  readonly #stock: Stock
  readonly #flight: Flight
  readonly #request: Request
  readonly #task: Task
  readonly #first: Seen
  readonly #isRenewal: boolean
  #trouble: unknown
  readonly #asked: number = platform.performance.now()

  /**
   * @param first - What its caller saw of the entry whose place the result is to take, valid or not.
   * @param isRenewal - Its caller was served already.
   */
  constructor(
    shared: Shared,
    stock: Stock,
    flight: Flight,
    request: Request,
    task: Task,
    first: Seen,
    isRenewal: boolean,
  ) {
    this.#shared = shared
    this.#stock = stock
    this.#flight = flight
    this.#request = request
    this.#task = task
    this.#first = first
    this.#isRenewal = isRenewal
  }

  /** The value. `seen` is what is known of the entry already, where it cannot have changed since. */
  async run(seen: Look | undefined): Promise<unknown> {
    const look = seen ?? (await this.#flight.prepare(() => this.#look()))
    const start = this.#stock.store.claim
      ? await this.#flight.prepare(signal => this.#prepare(look, signal))
      : { look, claim: this.#unclaimed() }
    const entry = this.#resultIn(start.look)
    if (!entry && !this.#isPointless(start.look)) return this.#generate(start)
    // Who comes before this is told everywhere may want something newer.
    this.#flight.detach()
    void this.#release(start.claim, 'failed')
    if (entry && !this.#isRenewal) this.#shared.ledger.hit(this.#request.name, 'persistent', entry)
    return entry?.value
  }

  // What was to be renewed has gone, or another version has taken its place: nobody wants it back.
  #isPointless({ info }: Look): boolean {
    return this.#isRenewal && !this.#flight.isInUse && !isSameInfo(info, this.#first.info)
  }

  /** What somebody else has stored meanwhile. */
  #resultIn({ standing, entry, info }: Look): Entry | undefined {
    return standing === 'fresh' && !this.#isToBeReplaced(info) ? entry : undefined
  }

  #isToBeReplaced(info: EntryInfo | undefined): boolean {
    const known = [this.#first, ...(this.#flight.refreshed as readonly Seen[])]
    return known.some(seen => seen.isLost || isSameInfo(info, seen.info))
  }

  async #prepare(first: Look, signal: Signal): Promise<Start> {
    let look = first
    while (!this.#resultIn(look)) {
      const answer = await this.#claim(signal)
      if (answer === undefined) return { look, claim: this.#unclaimed() }
      if (answer === 'alone') return { look, claim: noClaim }
      look = await this.#look()
      if (answer !== 'look-again') return { look, claim: answer }
    }
    return { look, claim: noClaim }
  }

  #look(): Promise<Look> {
    return this.#stock.look(this.#request, this.#task.migrate !== undefined)
  }

  /** The store's answer, or `undefined` if it could give none. */
  async #claim(signal: Signal): Promise<ClaimAnswer | undefined> {
    // Nobody should wait for a result that will not be stored.
    if (this.#flight.fenced) return 'alone'
    const { name, stamp, params } = this.#request
    try {
      const patience = { signal, maxWait: this.#patienceLeft(), waiting: this.#task.waiting }
      const answer = await this.#stock.store.claim?.(name, { stamp, params }, patience)
      if (typeof answer === 'object') this.#releaseOnAbort(answer, signal)
      return answer
    } catch (error) {
      throwIfAborted({ signal })
      this.#failed(error)
      return undefined
    }
  }

  // At once, since who asks after an abort begins anew, and would wait for a generator that need not ever end.
  #releaseOnAbort(claim: Claim, signal: Signal): void {
    const release = () => void this.#release(claim, 'failed')
    if (signal.aborted) release()
    else signal.addEventListener('abort', release, { once: true })
  }

  #patienceLeft(): number | undefined {
    const { maxWait } = this.#task
    return maxWait === undefined ? undefined : Math.max(0, this.#asked + maxWait - platform.performance.now())
  }

  #unclaimed(): Claim {
    const { store } = this.#stock
    const write = async (entry: Entry) => {
      await store.write(this.#request.name, entry)
      return true
    }
    return { write, release: nothing }
  }

  async #generate({ look, claim }: Start): Promise<unknown> {
    if (!this.#isRenewal) this.#shared.ledger.missed(this.#request, look.reason)
    const started = platform.performance.now()
    const value = await this.#run(claim, look)
    const cost = costOf(this.#flight, this.#shared, this.#request, this.#task.started?.() ?? started)
    await this.#keep(claim, value, cost)
    return value
  }

  async #run(claim: Claim, look: Look): Promise<unknown> {
    const { refreshed } = this.#flight
    const isAnew = this.#task.refresh || refreshed.length > 0 || look.served !== undefined
    const older = isAnew ? undefined : look.entry
    try {
      return await runGenerator(this.#shared, this.#flight, this.#request, this.#task, older)
    } catch (error) {
      void this.#release(claim, 'failed')
      throw error
    }
  }

  async #keep(claim: Claim, value: unknown, cost: number): Promise<void> {
    const { name, stamp } = this.#request
    if (this.#flight.fenced) return void this.#release(claim, 'failed')
    if (value === undefined) return void this.#release(claim, 'unstored')
    try {
      const entry = entryFor(this.#request, value, cost, this.#shared, this.#flight.migrated)
      this.#flight.made = entry
      if (await claim.write(entry)) this.#shared.ledger.stored(name, 'persistent', stamp)
    } catch (error) {
      this.#failed(error, 'StagCache has not kept a value')
      void this.#release(claim, 'unstored')
    }
  }

  // No caller waits for it, since it concerns other processes only.
  async #release(claim: Claim, reason: 'failed' | 'unstored'): Promise<void> {
    try {
      await claim.release(reason)
    } catch (error) {
      this.#failed(error)
    }
  }

  // A disk that is full is so for claiming, storing and releasing: to be told of it once is enough.
  #failed(error: unknown, what?: string): void {
    if (isSameTrouble(this.#trouble, error)) return
    this.#trouble = error
    this.#shared.ledger.failed(this.#request.name, error, what)
  }
}

function isSameTrouble(one: unknown, other: unknown): boolean {
  return isCacheError(one) && isCacheError(other, one.code) && reasonOf(one) === reasonOf(other)
}

function reasonOf({ cause }: Error): unknown {
  return (cause as { code?: unknown } | undefined)?.code
}

/** What is stored for a request. */
export function entryFor(
  { stamp, params, freshness }: Request,
  value: unknown,
  cost: number,
  { clock }: Shared,
  migrated?: Flight['migrated'],
): Entry {
  const storedAt = migrated ? migrated.storedAt : clock()
  const entry = { value, stamp, params, storedAt, cost }
  const expiresAt = expiryOf(storedAt, freshness, migrated?.expiresAt)
  return expiresAt === undefined ? entry : { ...entry, expiresAt }
}
