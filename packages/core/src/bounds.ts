import type { Resident } from './memory-entry.ts'
import type { Ranked } from './ranking.ts'

/** Decides who goes first. Pinned entries are not among those it knows. */
export interface EvictionPolicy {
  added(entry: Ranked, bytes: number): void
  used(entry: Ranked): void
  removed(entry: Ranked): void
  /** Who goes next; `removed` follows. `undefined` where there is nobody. */
  victim(): Ranked | undefined
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
 * - After each call there are no more entries and bytes than the limits say.
 */

/** Keeps what is in memory within its limits. */
export class Bounds {
  readonly #limits: Limits
  readonly #eviction: EvictionPolicy
  readonly #pins = new Map<Resident, number>()
  #pinnedBytes = 0
  #entries = 0
  #bytes = 0

  constructor(limits: Limits, eviction: EvictionPolicy) {
    this.#limits = limits
    this.#eviction = eviction
  }

  get bytes(): number {
    return this.#bytes
  }

  used(resident: Resident): void {
    if (!this.#isPinned(resident)) this.#eviction.used(resident)
  }

  /**
   * Lets one in, in the place of the one with its name, and `evict` is called with each who has to go for it. Where it has
   * no room even if all go who may, nobody goes, it stays outside, and the answer is false.
   */
  admit(resident: Resident, previous: Resident | undefined, evict: (victim: Resident) => void): boolean {
    this.remove(previous)
    const { maxEntries, maxBytes } = this.#limits
    if (this.#pins.size + 1 > maxEntries || this.#pinnedBytes + resident.bytes > maxBytes) return false
    this.#count(resident, 1)
    while (this.#entries > maxEntries || this.#bytes > maxBytes) {
      // Nobody else has come to it.
      const victim = this.#eviction.victim() as Resident | undefined
      if (!victim) break
      this.remove(victim)
      evict(victim)
    }
    this.#eviction.added(resident, resident.bytes)
    return true
  }

  remove(resident: Resident | undefined): void {
    if (!resident) return
    this.#count(resident, -1)
    if (!this.#release(resident)) this.#eviction.removed(resident)
  }

  pin(resident: Resident): void {
    const pins = this.#pins.get(resident) ?? 0
    this.#pins.set(resident, pins + 1)
    if (pins > 0) return
    this.#pinnedBytes += resident.bytes
    this.#eviction.removed(resident)
  }

  /** Takes back one pin. One that has gone is not pinned any more. */
  unpin(resident: Resident): void {
    const pins = this.#pins.get(resident) ?? 0
    if (pins > 1) this.#pins.set(resident, pins - 1)
    else if (this.#release(resident)) this.#eviction.added(resident, resident.bytes)
  }

  /** Takes back all its pins; answers whether there were any. */
  #release(resident: Resident): boolean {
    if (!this.#isPinned(resident)) return false
    this.#pins.delete(resident)
    this.#pinnedBytes = this.#pins.size === 0 ? 0 : this.#pinnedBytes - resident.bytes
    return true
  }

  // Hardly ever is any.
  #isPinned(resident: Resident): boolean {
    return this.#pins.size > 0 && this.#pins.has(resident)
  }

  #count({ bytes }: Resident, sign: 1 | -1): void {
    this.#entries += sign
    // Fractions do not add up exactly.
    this.#bytes = this.#entries === 0 ? 0 : this.#bytes + sign * bytes
  }
}
