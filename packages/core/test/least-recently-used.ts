import type { EvictionPolicy } from '../src/bounds.ts'
import type { Ranked } from '../src/ranking.ts'

/** Whoever was used longest ago goes first. */
export class LeastRecentlyUsed implements EvictionPolicy {
  // A set is in the order of insertion.
  readonly #residents = new Set<Ranked>()

  added(resident: Ranked): void {
    this.#residents.add(resident)
  }

  used(resident: Ranked): void {
    if (this.#residents.delete(resident)) this.#residents.add(resident)
  }

  removed(resident: Ranked): void {
    this.#residents.delete(resident)
  }

  victim(): Ranked | undefined {
    return this.#residents.values().next().value
  }
}
