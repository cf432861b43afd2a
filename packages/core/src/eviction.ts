import { FrequencySketch, hashOf } from './frequency-sketch.ts'
import { type Manner, Ranked, Ranking } from './ranking.ts'

/** What bounds a cache. */
export interface Bounds {
  readonly maxEntries?: number | undefined
  readonly maxBytes?: number | undefined
}

// Loops and what is always wanted; recency; a mixture; what is used, expensive and small. Of equal ones the first is followed.
const manners: readonly Manner[] = [
  { window: 0.01, byUses: false },
  { window: 1, byUses: false },
  { window: 0.2, byUses: false },
  { window: 1, byUses: true },
  // The first one again, but it forgets.
  { window: 0.01, byUses: false },
]
const byRecency = 1
const byWorth = 3
const forgetful = 4
const mostlyAlike = 0.9
const sampleSize = 256
// Of fewer entries, a hundredth is none: nobody would be safe who has just come.
const fewestForWindow = 16
// Sums of some thousands of it are exact, whatever bound was given, also none.
const largestUnit = 2 ** 32
// Bits that are not among those that choose the columns of the sketch.
const sampleShift = 20

/**
 * Chooses what goes first when a cache is full.
 *
 * No single manner of choosing is good at everything: on a loop LRU keeps nothing, and where interests shift TinyLFU keeps what
 * nobody wants any more. So each is tried on a sample of the names in a shadow, a cache of names without values that has the
 * room which the sample has in the real one. When a shadow has saved more than that of the present manner, by as much as it would
 * cost to fill its room anew, the real cache goes over to its manner. `docs/decisions/0014-eviction.md` has the measurements.
 *
 * Before the first entry has to go, nothing is counted and no shadow is there.
 */
export class Eviction {
  readonly #seed: number
  readonly #unit: number
  readonly #frequencies = new FrequencySketch()
  readonly #ranking: Ranking
  #shadows: readonly Shadow[] = []
  #present = 0
  #entries = 0
  // For how many entries sketch and sample were made; 0 before the first had to go.
  #planned = 0
  // Hits since an entry had to go. After many there is nothing to choose, and nothing to learn for it.
  #quiet = 0
  #sampleMask = 0
  // What of the sample is in the real cache.
  #sampledEntries = 0
  #sampledSize = 0
  // How much that is usually. At each moment it is a little more or less, which would turn the shadows over.
  #room = 0
  #usualCost = 0
  // What a lead has to come to, in times of what the room of the sample costs to fill. Nothing speaks for the first manner yet.
  #patience = 0.5

  /** @param seed - Any number. With the same one, the same requests have the same outcome. */
  constructor({ maxBytes = 1, maxEntries = maxBytes }: Bounds, seed: number) {
    this.#seed = seed
    this.#unit = Math.min(Math.ceil(maxBytes / maxEntries) || 1, largestUnit)
    this.#ranking = new Ranking(this.#frequencies, manners[0] as Manner)
  }

  /** An entry has come, or is not pinned any more; `bytes` is 0 where nobody counts them. */
  added(entry: Ranked, bytes: number): void {
    entry.hash = hashOf(entry.name, this.#seed)
    // An entry takes its part of whichever of both bounds it takes more of.
    entry.size = Math.max(Math.ceil(bytes), this.#unit)
    if (this.#planned > 0) this.#asked(entry)
    entry.uses = this.#usesOf(entry.hash)
    this.#ranking.add(entry)
    this.#entries++
    this.#sampled(entry, 1)
  }

  /** An entry was handed out. */
  used(entry: Ranked): void {
    if (++this.#quiet <= 2 * this.#planned) this.#asked(entry)
    this.#ranking.use(entry)
  }

  /** An entry has gone, or is pinned. */
  removed(entry: Ranked): void {
    this.#ranking.remove(entry)
    this.#entries--
    this.#sampled(entry, -1)
  }

  /** Which entry is to go; it may be the newest. `undefined` where there is none that is not pinned. */
  victim(): Ranked | undefined {
    this.#quiet = 0
    if (this.#entries > 2 * this.#planned) this.#plan()
    return this.#ranking.victim()
  }

  #asked(entry: Ranked): void {
    if (this.#frequencies.count(entry.hash)) this.#shadows[forgetful]?.ranking.forget()
    if (this.#isInSample(entry)) this.#compare(entry)
  }

  #usesOf(hash: number): number {
    return this.#planned === 0 ? 1 : Math.max(1, Math.round(this.#frequencies.frequencyOf(hash)))
  }

  #isInSample({ hash }: Ranked): boolean {
    return ((hash >>> sampleShift) & this.#sampleMask) === 0
  }

  #sampled(entry: Ranked, sign: number): void {
    if (!this.#isInSample(entry)) return
    this.#sampledEntries += sign
    this.#sampledSize += sign * entry.size
  }

  // Sketch and sample for as many entries as there are now.
  #plan(): void {
    const isFirst = this.#planned === 0
    this.#planned = this.#entries
    this.#frequencies.grow(this.#entries)
    this.#sampleMask = 0
    while (this.#entries / (this.#sampleMask + 1) > 2 * sampleSize)
      this.#sampleMask = 2 * this.#sampleMask + 1
    this.#sampledEntries = this.#sampledSize = 0
    this.#shadows = manners.map(manner => new Shadow(new Ranking(this.#frequencies, manner)))
    let alike = 0
    let list = -1
    let most = 0
    this.#ranking.each(entry => {
      if (isFirst)
        for (let uses = Math.min(entry.uses, 16); uses > 0; uses--) this.#frequencies.count(entry.hash)
      this.#sampled(entry, 1)
      alike = entry.list === list ? alike + 1 : 1
      list = entry.list
      most = Math.max(most, alike)
    })
    if (isFirst && most < mostlyAlike * this.#entries) this.#goOver(byWorth)
    else if (isFirst && this.#entries < fewestForWindow) this.#goOver(byRecency)
    this.#room = this.#sampledSize
  }

  #compare(entry: Ranked): void {
    const cost = Math.max(entry.cost, 1)
    this.#room += (this.#sampledSize - this.#room) / 1024
    const uses = this.#usesOf(entry.hash)
    this.#usualCost += (cost - this.#usualCost) / (this.#usualCost === 0 ? 1 : 256)
    const saved = (this.#shadows[this.#present] as Shadow).ask(entry, uses, this.#room) ? cost : 0
    const enough = this.#patience * this.#usualCost * this.#sampledEntries
    let best = this.#present
    let lead = enough
    for (let index = 0; index < this.#shadows.length; index++) {
      if (index === this.#present) continue
      const shadow = this.#shadows[index] as Shadow
      const its = shadow.ask(entry, uses, this.#room) ? cost : 0
      shadow.lead = Math.max(0, shadow.lead + its - saved)
      if (shadow.lead > lead) {
        best = index
        lead = shadow.lead
      }
    }
    if (best !== this.#present) this.#goOver(best)
  }

  #goOver(best: number): void {
    if (best === forgetful) this.#ranking.forget()
    this.#present = best === forgetful ? 0 : best
    this.#ranking.manner = manners[best] as Manner
    for (const shadow of this.#shadows) shadow.lead = 0
    this.#patience = Math.min(1, 2 * this.#patience)
  }
}

/** A cache of names without values. */
class Shadow {
  readonly ranking: Ranking
  /** By how much it has saved more than the one that is followed, since it was behind it. */
  lead = 0
  readonly #held = new Map<number, Ranked>()
  // Taken for the next one, so that a hit of the real cache leaves no garbage.
  #spare: Ranked | undefined

  constructor(ranking: Ranking) {
    this.ranking = ranking
  }

  /** Asks for a name, which is kept then if it is worth it, with so much room for all; answers whether it was there. */
  ask({ hash, cost, size }: Ranked, uses: number, room: number): boolean {
    const held = this.#held.get(hash)
    if (held) this.ranking.use(held)
    else this.#add(hash, cost, size, uses)
    while (this.ranking.total > room) this.#drop(this.ranking.victim() as Ranked)
    return held !== undefined
  }

  #add(hash: number, cost: number, size: number, uses: number): void {
    const entry = this.#spare ?? new Ranked('', cost, size)
    this.#spare = undefined
    entry.hash = hash
    entry.cost = cost
    entry.size = size
    entry.uses = uses
    this.#held.set(hash, entry)
    this.ranking.add(entry)
  }

  #drop(entry: Ranked): void {
    this.ranking.remove(entry)
    this.#held.delete(entry.hash)
    this.#spare = entry
  }
}
