/** An entry as its eviction policy sees it: the same object for as long as the entry is there. */
export interface Resident {
  readonly name: string
  /** What it takes, in the unit of `maxBytes`; 0 where that is not bounded. */
  readonly bytes: number
  /** How long its generator ran, in milliseconds; 0 where it was set. */
  readonly cost: number
}

/** Decides who goes first. Pinned entries are not among those it knows. */
export interface Eviction {
  added(resident: Resident): void
  used(resident: Resident): void
  /** `resident` has the name of `previous`, and its place. */
  replaced(resident: Resident, previous: Resident): void
  removed(resident: Resident): void
  /** Who goes next, who came last included; `removed` follows. `undefined` where there is nobody. */
  victim(): Resident | undefined
}

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

  replaced(resident: Resident, previous: Resident): void {
    this.#residents.delete(previous)
    this.#residents.add(resident)
  }

  removed(resident: Resident): void {
    this.#residents.delete(resident)
  }

  victim(): Resident | undefined {
    return this.#residents.values().next().value
  }
}

/** How much there may be. */
export interface Limits {
  readonly maxEntries: number
  readonly maxBytes: number
}

/*
 * What holds:
 *
 * - The policy knows all residents that are not pinned, and no others.
 * - After each call there are no more entries and bytes than the limits say, but for what is pinned.
 */

/** Keeps what is in memory within its limits. */
export class Bounds {
  readonly #limits: Limits
  readonly #eviction: Eviction
  readonly #pins = new Map<Resident, number>()
  #entries = 0
  #bytes = 0

  constructor(limits: Limits, eviction: Eviction = new LeastRecentlyUsed()) {
    this.#limits = limits
    this.#eviction = eviction
  }

  get bytes(): number {
    return this.#bytes
  }

  used(resident: Resident): void {
    if (!this.#pins.has(resident)) this.#eviction.used(resident)
  }

  /** Lets one in, in the place of the one with its name; answers who has to go for it, which may be itself. */
  admit(resident: Resident, previous: Resident | undefined): Resident[] {
    if (resident.bytes > this.#limits.maxBytes) {
      this.remove(previous)
      return [resident]
    }
    this.#count(resident, 1)
    if (previous && !this.#pins.has(previous)) {
      this.#count(previous, -1)
      this.#eviction.replaced(resident, previous)
    } else {
      this.remove(previous)
      this.#eviction.added(resident)
    }
    return this.#makeRoom()
  }

  remove(resident: Resident | undefined): void {
    if (!resident) return
    this.#count(resident, -1)
    if (!this.#pins.has(resident)) this.#eviction.removed(resident)
  }

  pin(resident: Resident): void {
    const pins = this.#pins.get(resident) ?? 0
    if (pins === 0) this.#eviction.removed(resident)
    this.#pins.set(resident, pins + 1)
  }

  /** Answers who has to go now. `isThere`: whether the resident still is. */
  unpin(resident: Resident, isThere: boolean): Resident[] {
    const pins = (this.#pins.get(resident) ?? 1) - 1
    if (pins > 0) this.#pins.set(resident, pins)
    else this.#pins.delete(resident)
    if (pins > 0 || !isThere) return []
    this.#eviction.added(resident)
    return this.#makeRoom()
  }

  #makeRoom(): Resident[] {
    const evicted: Resident[] = []
    const { maxEntries, maxBytes } = this.#limits
    while (this.#entries > maxEntries || this.#bytes > maxBytes) {
      const victim = this.#eviction.victim()
      if (!victim) break
      this.remove(victim)
      evicted.push(victim)
    }
    return evicted
  }

  #count({ bytes }: Resident, sign: 1 | -1): void {
    this.#entries += sign
    this.#bytes += sign * bytes
  }
}
