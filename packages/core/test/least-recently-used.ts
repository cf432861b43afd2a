import type { Eviction, Resident } from '../src/bounds.ts'

/** Whoever was used longest ago goes first. */
export class LeastRecentlyUsed implements Eviction {
  // A set is in the order of insertion.
  readonly #residents = new Set<Resident>()

  added(resident: Resident): void {
    this.#residents.add(resident)
  }

  used(resident: Resident): void {
    if (this.#residents.delete(resident)) this.#residents.add(resident)
  }

  removed(resident: Resident): void {
    this.#residents.delete(resident)
  }

  victim(): Resident | undefined {
    return this.#residents.values().next().value
  }
}
