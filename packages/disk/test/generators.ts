import type { Claim, ClaimAnswer } from '@stagcache/core'
import type * as fc from 'fast-check'
import { Claims } from '../src/claims.ts'
import type { Liveness } from '../src/liveness.ts'
import { LogProcess, stampOf, writing } from './log-process.ts'

/** How a generation ends: with a value, without one, with one that cannot be stored, or with the death of its process. */
export type Fate = 'value' | 'failed' | 'unstored' | 'killed'

export interface Plan {
  readonly fate: Fate
  readonly stamp: number
  /** Whether it waits for nobody. */
  readonly isImpatient: boolean
}

/** What a generator got in the end: an entry that somebody stored, its own result, or none. */
export type Got = 'entry' | 'own' | 'error' | 'killed'

/** Who is alive, without sockets. */
class Living {
  readonly #dead = new Set<bigint>()
  readonly #watchers = new Map<() => void, bigint>()

  kill(writer: bigint): void {
    this.#dead.add(writer)
    for (const [onDeath, watched] of [...this.#watchers]) if (watched === writer) onDeath()
  }

  /** What {@link Claims} uses of a `Liveness`. */
  of(announce: () => Promise<void>): Liveness {
    const watch = (writer: bigint, onDeath: () => void) => {
      this.#watchers.set(onDeath, writer)
      if (this.#dead.has(writer)) queueMicrotask(() => this.#watchers.has(onDeath) && onDeath())
      return () => void this.#watchers.delete(onDeath)
    }
    return { announce, watch } as Partial<Liveness> as Liveness
  }
}

/** Processes that want one entry, `./cold`, each step of which waits for a scheduler. */
export class Generators {
  static readonly wanted = 'cold'
  /** How many generators of one stamp ran at once with a claim, at most. */
  mostAtOnce = 0
  /** Generations that began with a claim. */
  generations = 0
  readonly #dir: string
  readonly #scheduler: fc.Scheduler
  readonly #living = new Living()
  readonly #running = new Map<number, number>()

  constructor(dir: string, scheduler: fc.Scheduler) {
    this.#dir = dir
    this.#scheduler = scheduler
  }

  async run({ fate, stamp, isImpatient }: Plan): Promise<Got> {
    const process = new LogProcess(this.#dir)
    const claims = this.#claimsOf(process)
    await this.#step('begin')
    for (;;) {
      if (process.read(Generators.wanted) === stamp) return 'entry'
      const patience = isImpatient ? { maxWait: 0 } : {}
      const answer: ClaimAnswer = await claims.claim(
        Generators.wanted,
        { stamp: stampOf(stamp), params: undefined },
        patience,
      )
      if (answer === 'alone') return 'own'
      if (answer === 'look-again') continue
      // As a cache does: a value may have been stored since.
      if (process.read(Generators.wanted) === stamp) {
        await answer.release('failed')
        return 'entry'
      }
      return await this.#generate(process, answer, fate, stamp)
    }
  }

  async #generate(process: LogProcess, claim: Claim, fate: Fate, stamp: number): Promise<Got> {
    this.generations++
    this.#count(stamp, 1)
    await this.#step('generate')
    this.#count(stamp, -1)
    if (fate === 'killed') {
      this.#living.kill(process.writer)
      return 'killed'
    }
    if (fate !== 'value') {
      await claim.release(fate)
      return fate === 'failed' ? 'error' : 'own'
    }
    await claim.write({ value: stamp, stamp: stampOf(stamp), params: undefined, storedAt: 0, cost: 0 })
    return 'own'
  }

  #claimsOf(process: LogProcess): Claims {
    return new Claims({
      follower: process.follower,
      appender: process.appender,
      liveness: this.#living.of(() => this.#step('announce')),
      longestWait: Number.POSITIVE_INFINITY,
      write: (name, { value }, claim) => {
        const { change, build } = writing(name, value, claim)
        return process.appender.append(change, build, ({ counted }) => counted)
      },
      inTurn: (_, operation) => operation({ isOutdated: false }),
    })
  }

  #count(stamp: number, change: number): void {
    const running = (this.#running.get(stamp) ?? 0) + change
    this.#running.set(stamp, running)
    this.mostAtOnce = Math.max(this.mostAtOnce, running)
  }

  async #step(label: string): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), label)
  }
}
