import type { FrequencySketch } from './frequency-sketch.ts'

/** What can be ranked. All fields but the first three belong to the ranking. */
export class Ranked {
  name: string
  /** Milliseconds to generate it again. */
  cost: number
  /** The room that it takes, in the unit of whoever ranks. */
  size: number
  hash = 0
  uses = 0
  list = -1
  rank = 0
  newer: Ranked = this
  older: Ranked = this

  constructor(name: string, cost: number, size: number) {
    this.name = name
    this.cost = cost
    this.size = size
  }
}

/** How a ranking decides. */
export interface Manner {
  /** The part of the room in which newcomers are safe from those that are there, from 0 to 1. */
  readonly window: number
  /** Whether in the window also counts how often something was used, not only when. */
  readonly byUses: boolean
}

const classes = 32
const protectedShare = 0.8

// Regions. The main one exists twice, 1 and 3, where probation is, with what is protected in 2 and 4: what is to be forgotten is
// in the other.
const window = 0

/**
 * Entries in the order in which they should go. The room has two regions.
 *
 * In the *window*, an entry's rank is what it saves by size, on top of the rank of what went last when it was used: GreedyDual,
 * and where all entries cost the same and are of one size, LRU. What leaves the window has to contend for a place in the *main* region
 * with what is worth least there, by requests of late, cost and size: TinyLFU. There, what was used again is protected from what was not.
 * Newcomers that are worth as much stay outside, so that a loop over more than there is room for does not turn everything over.
 *
 * Each region is a set of lists, one for each power of two of what an entry saves by size, from the oldest to the newest. Within
 * a list the oldest goes first, so that only one entry of each has to be looked at, and nothing is ever sorted.
 *
 * - An entry is in exactly one list, or in none, and then `list` is -1.
 * - `total` is the sum of all sizes, `sizeOf(region)` of those in its lists.
 * - A bit of `filled` is set for each list that has an entry; other bits may be.
 */
export class Ranking {
  manner: Manner
  total = 0
  readonly #frequencies: FrequencySketch
  readonly #ends: Ranked[] = []
  readonly #filled = [0, 0, 0, 0, 0]
  readonly #sizes = [0, 0, 0, 0, 0]
  #inflation = 0
  #main = 1

  constructor(frequencies: FrequencySketch, manner: Manner) {
    this.#frequencies = frequencies
    this.manner = manner
  }

  add(entry: Ranked): void {
    this.total += entry.size
    this.#link(entry, window)
  }

  use(entry: Ranked): void {
    entry.uses++
    this.#move(entry, this.#regionAfterUse(entry))
    const most = protectedShare * (1 - this.manner.window) * this.total
    while ((this.#sizes[this.#main + 1] as number) > most) {
      this.#move(this.#least(this.#main + 1) as Ranked, this.#main)
    }
  }

  remove(entry: Ranked): void {
    this.total -= entry.size
    this.#unlink(entry)
    entry.list = -1
    // What is garbage and old would keep all that came after it from being collected while it is young.
    entry.newer = entry.older = entry
  }

  /** What is in the main region goes before everything else, unless it is used again. */
  forget(): void {
    this.#main = this.#forgotten
  }

  /** Which entry is to go; `undefined` where there is none. It stays until it is removed. */
  victim(): Ranked | undefined {
    const share = this.manner.window
    for (;;) {
      const forgotten = this.#leastOf(this.#forgotten)
      const resident = forgotten ?? this.#leastOf(this.#main)
      const candidate = this.#least(window)
      const inWindow = this.#sizes[window] as number
      if (!candidate || (resident && inWindow <= share * this.total)) return resident
      this.#inflation = Math.max(this.#inflation, candidate.rank)
      const isFull = this.total - inWindow + candidate.size > (1 - share) * this.total
      if (isFull && !forgotten && !(resident && this.#yields(resident, candidate))) return candidate
      this.#move(candidate, this.#main)
      if (isFull) return resident
    }
  }

  each(visit: (entry: Ranked) => void): void {
    for (const end of this.#ends) {
      for (let entry = end?.newer; entry && entry !== end; entry = entry.newer) visit(entry)
    }
  }

  get #forgotten(): number {
    return 4 - this.#main
  }

  #regionAfterUse({ list, size }: Ranked): number {
    const region = Math.floor(list / classes)
    const hasRoom = (this.#sizes[window] as number) + size <= this.manner.window * this.total
    if (region === window || hasRoom) return window
    return region === this.#main || region === this.#main + 1 ? this.#main + 1 : this.#main
  }

  // The candidate has just been asked for, the resident is yet to be.
  #yields(resident: Ranked, candidate: Ranked): boolean {
    return this.#worthOf(candidate) > this.#worthOf(resident) + densityOf(resident)
  }

  #leastOf(main: number): Ranked | undefined {
    return this.#least(main) ?? this.#least(main + 1)
  }

  #least(region: number): Ranked | undefined {
    const isContended = region % 2 === 1
    let least: Ranked | undefined
    let lowest = Number.POSITIVE_INFINITY
    for (let rest = this.#filled[region] as number; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest
      const end = this.#ends[region * classes + 31 - Math.clz32(bit)] as Ranked
      const oldest = end.newer
      if (oldest === end) {
        ;(this.#filled[region] as number) &= ~bit
        continue
      }
      const rank = isContended ? this.#worthOf(oldest) : oldest.rank
      if (rank < lowest) {
        lowest = rank
        least = oldest
      }
    }
    return least
  }

  #worthOf(entry: Ranked): number {
    return this.#frequencies.frequencyOf(entry.hash) * densityOf(entry)
  }

  #move(entry: Ranked, region: number): void {
    this.#unlink(entry)
    this.#link(entry, region)
  }

  #link(entry: Ranked, region: number): void {
    const worth = densityOf(entry) * (this.manner.byUses && region === window ? entry.uses : 1)
    entry.rank = this.#inflation + worth
    const place = Math.floor(Math.log2(worth)) & (classes - 1)
    entry.list = region * classes + place
    ;(this.#filled[region] as number) |= 1 << place
    ;(this.#sizes[region] as number) += entry.size
    this.#ends[entry.list] ??= new Ranked('', 0, 0)
    const end = this.#ends[entry.list] as Ranked
    entry.newer = end
    entry.older = end.older
    end.older.newer = entry
    end.older = entry
  }

  #unlink(entry: Ranked): void {
    ;(this.#sizes[Math.floor(entry.list / classes)] as number) -= entry.size
    entry.newer.older = entry.older
    entry.older.newer = entry.newer
  }
}

// What takes less than a millisecond says more of the clock than of the value.
function densityOf({ cost, size }: Ranked): number {
  return Math.max(cost, 1) / size
}
