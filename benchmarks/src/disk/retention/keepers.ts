import type { Workload } from '../../accesses/workload.ts'
import type { Keeper } from './replay.ts'

/** Drops what ranks lowest. */
abstract class ByRank implements Keeper {
  protected readonly workload: Workload
  protected readonly held = new Set<number>()

  constructor(workload: Workload) {
    this.workload = workload
  }

  stored(key: number, turn: number): void {
    this.held.add(key)
    this.entered(key, turn)
  }

  abstract used(key: number, turn: number): void

  drop(toFree: number, turn: number): number[] {
    const keys = [...this.held]
    const ranked = keys.map(key => ({ key, rank: this.rankOf(key, turn) })).sort((a, b) => a.rank - b.rank)
    const gone: number[] = []
    let left = toFree
    for (const { key, rank } of ranked) {
      if (left <= 0) break
      left -= this.workload.bytes[key] as number
      gone.push(key)
      this.held.delete(key)
      this.dropped(rank)
    }
    return gone
  }

  protected abstract entered(key: number, turn: number): void
  protected abstract rankOf(key: number, turn: number): number
  protected dropped(_rank: number): void {}
}

/** What was stored first goes first. */
export class OldestFirst extends ByRank {
  readonly #storedAt = new Map<number, number>()

  used(): void {}

  protected entered(key: number, turn: number): void {
    this.#storedAt.set(key, turn)
  }

  protected rankOf(key: number): number {
    return this.#storedAt.get(key) as number
  }
}

/** What was not used for the longest time goes first. */
export class LeastRecentlyUsed extends ByRank {
  readonly #usedAt = new Map<number, number>()

  used(key: number, turn: number): void {
    this.#usedAt.set(key, turn)
  }

  protected entered(key: number, turn: number): void {
    this.#usedAt.set(key, turn)
  }

  protected rankOf(key: number): number {
    return this.#usedAt.get(key) as number
  }
}

/**
 * GreedyDual-Size-Frequency (Cherkasova 1998): uses by cost by byte, on top of what the last one that went was worth when
 * this one was used.
 */
export class GreedyDual extends ByRank {
  readonly #uses = new Map<number, number>()
  readonly #ranks = new Map<number, number>()
  #inflation = 0

  used(key: number): void {
    const uses = (this.#uses.get(key) as number) + 1
    this.#uses.set(key, uses)
    this.#rank(key, uses)
  }

  protected entered(key: number): void {
    this.#uses.set(key, 1)
    this.#rank(key, 1)
  }

  protected rankOf(key: number): number {
    return this.#ranks.get(key) as number
  }

  protected override dropped(rank: number): void {
    this.#inflation = rank
  }

  #rank(key: number, uses: number): void {
    const { costs, bytes } = this.workload
    const density = (costs[key] as number) / (bytes[key] as number)
    this.#ranks.set(key, this.#inflation + uses * density)
  }
}

/** Knows the future, and keeps what saves most by byte and by the time until it does. Not a limit, but near to it. */
export class Hindsight extends ByRank {
  readonly #nextTurn: Float64Array
  readonly #nextUse = new Map<number, number>()

  constructor(workload: Workload) {
    super(workload)
    const { requests, costs } = workload
    const seen = new Float64Array(costs.length).fill(Number.POSITIVE_INFINITY)
    this.#nextTurn = new Float64Array(requests.length)
    for (let turn = requests.length - 1; turn >= 0; turn--) {
      const key = requests[turn] as number
      this.#nextTurn[turn] = seen[key] as number
      seen[key] = turn
    }
  }

  used(key: number, turn: number): void {
    this.#nextUse.set(key, this.#nextTurn[turn] as number)
  }

  protected entered(key: number, turn: number): void {
    this.used(key, turn)
  }

  protected rankOf(key: number, turn: number): number {
    const { costs, bytes } = this.workload
    const wait = (this.#nextUse.get(key) as number) - turn
    return (costs[key] as number) / (bytes[key] as number) / wait
  }
}
