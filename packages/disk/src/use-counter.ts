import type { Use } from './uses-record.ts'

/** Counts how often entries of one log are read, until that is told to all processes. */
export class UseCounter {
  readonly #uses = new Map<number, { hash: number; uses: number }>()
  #logId: bigint | undefined
  #usedAt = 0

  get size(): number {
    return this.#uses.size
  }

  /** Counts a use of the entry whose record lies at a place in a log. */
  count(logId: bigint, hash: number, position: number): void {
    if (logId !== this.#logId) this.#begin(logId)
    const known = this.#uses.get(position)
    if (known) known.uses++
    else this.#uses.set(position, { hash, uses: 1 })
    this.#usedAt = Date.now()
  }

  /** What was counted in a log since the last call. Places in any other log are of no use. */
  take(logId: bigint): Use[] {
    const usedAt = Math.round(this.#usedAt / 1000)
    const uses = logId === this.#logId ? [...this.#uses] : []
    this.#begin(logId)
    return uses.map(([position, { hash, uses: count }]) => ({ position, hash, uses: count, usedAt }))
  }

  #begin(logId: bigint): void {
    this.#logId = logId
    this.#uses.clear()
  }
}
