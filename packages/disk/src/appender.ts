import { nextTick } from 'node:process'
import { Arena } from './arena.ts'
import type { Change } from './change.ts'
import type { Outcome } from './contents.ts'
import type { Durability } from './durability.ts'
import { DiskError } from './errors.ts'
import type { Follower } from './follower.ts'
import type { Log } from './log.ts'
import type { Appended } from './own-outcomes.ts'
import { despiteRemoval, despiteRemovalNow } from './patience.ts'
import { type Origin, recordType, signRecord } from './record.ts'

interface Pending extends Appended {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** What an appender needs from around it. */
export interface AppenderContext {
  readonly follower: Follower
  readonly dir: string
  readonly durability: Durability
  /** The origin of the next record. */
  readonly origin: () => Origin
  /** Ends a log, and answers whether that is done. */
  readonly seal: (log: Log) => boolean
  /** Makes a sealed log have a successor. */
  readonly succeed: (log: Log) => Promise<void>
  readonly succeedNow: (log: Log) => void
  /** Resolves when the names of the logs survive a loss of power. */
  readonly syncNames: () => Promise<void>
  readonly syncNamesNow: () => void
  /** Told of what records from here have done, after each write, and whether they are as safe as was asked for. */
  readonly onWritten: (outcomes: readonly Outcome[], isSafe: boolean | Promise<boolean>) => void
}

/** Makes the record of a change, in a buffer that was allocated so. */
export type Build = (origin: Origin, allocate: (bytes: number) => Buffer) => Buffer

// What outlives its process. Nobody is left of those who claims and uses are about when the power is lost.
const lasting: ReadonlySet<Change['type']> = new Set([recordType.value, recordType.delete, recordType.clear])

const batchBytes = 1 << 20
const attempts = 20

/*
 * Appends records: all of one tick in one write, in the order in which they were given.
 *
 *   waiting    in the batch of this tick, or until a sealed log has a successor
 *   written    handed to the kernel, not yet seen in the log
 *   standing   seen in the log; its promise resolves, with `durability: "power"` after the log was synced
 *
 * What was only partly written, or written behind a seal or to a log that had been removed, is appended again as a whole.
 */
export class Appender {
  readonly #context: AppenderContext
  readonly #arena = new Arena()
  readonly #syncing = new Set<Promise<boolean>>()
  #waiting: Pending[] = []
  #bytes = 0
  #blocked: Promise<void> | undefined
  #namesSafeOf: Log | undefined

  constructor(context: AppenderContext) {
    this.#context = context
  }

  /** The origin of a record that is still to be made. */
  nextOrigin(): Origin {
    return this.#context.origin()
  }

  /** Resolves once the record of a change stands, with the answer to what it has done. */
  append<T>(
    change: Change,
    build: Build,
    answer: (outcome: Outcome) => T,
    origin: Origin = this.#context.origin(),
  ): Promise<T> {
    const record = build(origin, this.#arena.allocate)
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) nextTick(() => this.flush())
      this.#waiting.push({ change, record, origin, resolve: outcome => resolve(answer(outcome)), reject })
      this.#bytes += record.length
      if (this.#bytes >= batchBytes) this.flush()
    })
  }

  /** The same without leaving the program's run. */
  appendNow(change: Change, build: Build, origin: Origin = this.#context.origin()): Outcome {
    const settled: { outcome?: Outcome; error?: unknown } = {}
    this.#waiting.push({
      change,
      record: build(origin, this.#arena.allocate),
      origin,
      resolve: outcome => Object.assign(settled, { outcome }),
      reject: error => Object.assign(settled, { error }),
    })
    this.flushNow()
    if (settled.outcome) return settled.outcome
    throw settled.error
  }

  /** Until when nothing can be written, since the log is sealed and has no successor yet. */
  get blocked(): Promise<void> | undefined {
    return this.#blocked
  }

  /** Whether a change to a name is waiting. */
  concerns(name: string): boolean {
    return this.#waiting.some(({ change }) => {
      return change.type === recordType.clear || ('name' in change && change.name === name)
    })
  }

  /** Writes what is waiting, now; later, if the log has no successor yet. */
  flush(): void {
    if (this.#blocked) return
    const sealed = this.#write()
    if (sealed) this.#blocked = this.#waitForSuccessor(sealed)
  }

  /** Resolves when everything is written that was given until now, as safely as was asked for. */
  async drain(): Promise<void> {
    this.flush()
    while (this.#blocked) await this.#blocked
    await Promise.all(this.#syncing)
  }

  /** Writes what is waiting without leaving the program's run. */
  flushNow(): void {
    for (let sealed = this.#write(true); sealed; sealed = this.#write(true)) this.#succeedNow(sealed)
  }

  #succeedNow(log: Log): void {
    try {
      despiteRemovalNow(() => this.#isPresent(log) && this.#context.succeedNow(log))
    } catch (error) {
      this.#failWaiting(error)
    }
  }

  /** Writes everything that waits; answers the log that has to have a successor first. */
  #write(now = false): Log | undefined {
    if (this.#waiting.length === 0) return undefined
    let left = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    try {
      for (let attempt = 0; left.length > 0; attempt++) {
        if (attempt === attempts)
          throw new Error('again and again less was written than was given, or the log was removed')
        const { follower, seal } = this.#context
        const log = follower.attach()
        if (!log) return this.#putBack(left)
        if (follower.isShared(log) && (seal(log) || follower.followed?.log !== log)) continue
        const standing = this.#append(log, left, now)
        left = standing === left.length ? [] : left.slice(standing)
      }
      if (this.#waiting.length === 0) this.#arena.reset()
    } catch (error) {
      this.#fail(left, error)
    }
    return undefined
  }

  #putBack(left: Pending[]): Log | undefined {
    this.#waiting = left
    return this.#context.follower.followed?.log
  }

  #fail(pending: readonly Pending[], error: unknown): void {
    const failure = new DiskError('store-write', 'write', this.#context.dir, error)
    for (const { reject } of pending) reject(failure)
  }

  // Where it has gone with its directory, what waits begins another one.
  #isPresent(log: Log): boolean {
    return this.#context.follower.refreshByPath()?.log === log
  }

  #failWaiting(error: unknown): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    this.#fail(waiting, error)
  }

  async #waitForSuccessor(log: Log): Promise<void> {
    try {
      await despiteRemoval(async () => this.#isPresent(log) && this.#context.succeed(log))
    } catch (error) {
      this.#failWaiting(error)
    }
    this.#blocked = undefined
    this.flush()
  }

  /** Appends records and answers how many of them stand: the first ones. */
  #append(log: Log, pending: readonly Pending[], now: boolean): number {
    if (!log.writable) throw log.refusal
    let length = 0
    for (const { record } of pending) {
      signRecord(record, log.salt)
      length += record.length
    }
    const written = log.append(this.#arena.join(pending, length))
    const outcomes = this.#context.follower.catchUp(log, pending, written)
    const standing = outcomes.length === pending.length ? pending : pending.slice(0, outcomes.length)
    const isSafe =
      this.#isSafeAlready(standing) ||
      (now ? this.#makeSafe(log, standing) : this.#noted(this.#whenSafe(log, standing, outcomes)))
    if (isSafe === true) resolve(standing, outcomes)
    this.#context.onWritten(outcomes, isSafe)
    return outcomes.length
  }

  #isSafeAlready(standing: readonly Pending[]): boolean {
    return this.#context.durability === 'process' || !standing.some(({ change }) => lasting.has(change.type))
  }

  #noted(syncing: Promise<boolean>): Promise<boolean> {
    this.#syncing.add(syncing)
    // It never fails.
    void syncing.then(() => this.#syncing.delete(syncing))
    return syncing
  }

  async #whenSafe(log: Log, standing: readonly Pending[], outcomes: readonly Outcome[]): Promise<boolean> {
    try {
      await log.sync()
      await this.#syncNamesOf(log)
      resolve(standing, outcomes)
      return true
    } catch (error) {
      this.#fail(standing, error)
      return false
    }
  }

  async #syncNamesOf(log: Log): Promise<void> {
    if (this.#namesSafeOf === log) return
    await this.#context.syncNames()
    this.#namesSafeOf = log
  }

  #syncNamesOfNow(log: Log): void {
    if (this.#namesSafeOf === log) return
    this.#context.syncNamesNow()
    this.#namesSafeOf = log
  }

  #makeSafe(log: Log, standing: readonly Pending[]): boolean {
    try {
      log.syncNow()
      this.#syncNamesOfNow(log)
      return true
    } catch (error) {
      this.#fail(standing, error)
      return false
    }
  }
}

function resolve(standing: readonly Pending[], outcomes: readonly Outcome[]): void {
  for (let index = 0; index < outcomes.length; index++) standing[index]?.resolve(outcomes[index] as Outcome)
}
