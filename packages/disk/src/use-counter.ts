import type { Log } from './log.ts'
import type { Use } from './uses-record.ts'

/** Counts how often entries of one log are read, until that is told to all processes. */
export class UseCounter {
  readonly #uses = new Map<number, { readonly hash: number; count: number }>()
  #log: Log | undefined

  /** How many entries there are to tell of. */
  get size(): number {
    return this.#uses.size
  }

  /** Counts a use of the entry whose record lies at a place in a log. */
  count(log: Log, hash: number, position: number): void {
    if (log !== this.#log) this.#begin(log)
    const known = this.#uses.get(position)
    if (known) known.count++
    else this.#uses.set(position, { hash, count: 1 })
  }

  /** What was counted in a log since the last call, as if it had been now. Places in any other log are of no use. */
  take(log: Log): Use[] {
    const usedAt = Math.round(Date.now() / 1000)
    const uses = log === this.#log ? [...this.#uses] : []
    this.#begin(log)
    return uses.map(([position, { hash, count }]) => ({ position, hash, uses: count, usedAt }))
  }

  #begin(log: Log): void {
    this.#log = log
    this.#uses.clear()
  }
}
