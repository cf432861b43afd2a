import { type Change, changeOf } from './change.ts'
import { type ClaimChange, type Wanted, wantsSame } from './claim-record.ts'
import { shortHash } from './hash.ts'
import { KeyIndex, type Place } from './key-index.ts'
import { RecentNames } from './recent-names.ts'
import { isSame, type Origin, recordType } from './record.ts'
import type { Stretch } from './stretch.ts'
import { toSeconds } from './uses-record.ts'
import { nameOfValue, type ValueChange } from './value-record.ts'

/** What was written to a log. */
export interface Records {
  /** The record at a place where an intact one was found earlier, in a buffer that is used again by the next read. */
  knownRecordAt(position: number, length: number): Stretch | undefined
}

/** Why a claim stands no more. */
export type ClaimEnd =
  /** Its entry was stored or deleted. */
  | 'changed'
  /** Something else is wanted under its name. */
  | 'superseded'
  /** Another claim for the same took its place. */
  | 'replaced'
  /** It was released, since there is no result. */
  | 'failed'
  /** It was released with a result that is not stored. */
  | 'unstored'

/** A claim on a name: its owner is generating the entry. */
export interface StandingClaim {
  readonly name: string
  readonly wanted: Wanted
  readonly claim: Origin
  readonly place: Place
  /** Set when it ends. */
  ended: ClaimEnd | undefined
  /** The one that took its place. */
  replacement: StandingClaim | undefined
}

/** What applying a record has done. */
export interface Outcome {
  /** False for a value whose claim did not stand any more. */
  readonly counted: boolean
  /** Whether it put an end to any entry. */
  readonly existed: boolean
  /** Places of the records whose blobs nobody needs from now on. */
  readonly garbage: readonly Place[]
  /** Of a claim: the one that stands on its name now, itself or another. */
  readonly standing?: StandingClaim
}

const noPlaces: readonly Place[] = []
const fresh: Outcome = { counted: true, existed: false, garbage: noPlaces }
const replacing: Outcome = { counted: true, existed: true, garbage: noPlaces }
/** What a change has done that came too late. */
export const uncounted: Outcome = { counted: false, existed: false, garbage: noPlaces }

/**
 * What the records of a log leave: the live entries and the standing claims. The same records in the same order leave the
 * same, in every process.
 *
 * - At most one claim stands for each name.
 * - A claim ends with a value, a delete or a clear on its name, with its release, and with a claim that wants something
 *   else or names it as the one that it replaces.
 * - A value that carries a claim counts only if that claim stands.
 */
export class Contents {
  readonly index: KeyIndex
  /** Where the records are. */
  records: Records
  readonly #claims = new Map<string, StandingClaim>()
  readonly #recentNames = new RecentNames()
  readonly #seed: number

  /** @param salt - That of the log. */
  constructor(salt: bigint, records: Records, index: KeyIndex = new KeyIndex()) {
    this.index = index
    this.records = records
    this.#seed = Number(salt & 0xffffffffn)
  }

  get claims(): ReadonlyMap<string, StandingClaim> {
    return this.#claims
  }

  /** Lets a claim stand whose record was known to stand there. */
  restoreClaim(place: Place): void {
    const stretch = this.records.knownRecordAt(place.position, place.length)
    const change = stretch && changeOf(stretch.bytes.subarray(stretch.start, stretch.end))
    if (change?.type === recordType.claim) this.#claim(change, place)
  }

  /** Whether there is an entry or a claim of a name. */
  concerns(name: string): boolean {
    return this.#claims.has(name) || this.#rowOf(name, this.hashOf(name)) >= 0
  }

  /**
   * The names of all claims and entries; `undefined` for one whose record cannot be read. What changes between two of them
   * may come twice or not at all, and what does not change comes.
   */
  *names(): Generator<string | undefined> {
    yield* [...this.#claims.keys()]
    // From the last one down, since the last one takes the place of one that is removed.
    for (let row = this.index.count - 1; row >= 0; row--) {
      if (row < this.index.count) yield this.#nameOf(row, this.index.hashOf(row))
    }
  }

  hashOf(name: string): number {
    return shortHash(name, this.#seed)
  }

  apply(change: Change, position: number, length: number): Outcome {
    switch (change.type) {
      case recordType.value:
        return this.#store(change, position, length)
      case recordType.delete:
        this.#endClaim(change.name, 'changed')
        return this.#remove(change.name)
      case recordType.clear:
        return this.#clear()
      case recordType.claim:
        return { ...fresh, standing: this.#claim(change, { position, length, hasBlob: false }) }
      case recordType.release: {
        const standing = this.#claims.get(change.name)
        if (standing && isSame(standing.claim, change.claim))
          this.#endClaim(change.name, change.unstored ? 'unstored' : 'failed')
        return fresh
      }
      case recordType.uses:
        for (const { hash, position: used, uses, usedAt } of change.uses) {
          const row = this.index.findAt(hash, used)
          if (row >= 0) this.index.use(row, uses, usedAt)
        }
        return fresh
      default:
        return fresh
    }
  }

  #store({ name, blobBytes, cost, storedAt, claim }: ValueChange, position: number, length: number): Outcome {
    if (claim && !this.#stands(name, claim))
      return blobBytes > 0 ? { ...uncounted, garbage: [{ position, length, hasBlob: true }] } : uncounted
    if (this.#claims.size > 0) this.#endClaim(name, 'changed')
    const hash = this.hashOf(name)
    const values = { position, length, blobBytes, cost, storedAt: toSeconds(storedAt) }
    const row = this.#rowOf(name, hash)
    this.#recentNames.add(hash, position, name)
    if (row < 0) {
      this.index.add(hash, values)
      return fresh
    }
    const outcome = this.#outcomeOf(row)
    this.index.replace(row, values)
    return outcome
  }

  #remove(name: string): Outcome {
    const row = this.#rowOf(name, this.hashOf(name))
    if (row < 0) return fresh
    const outcome = this.#outcomeOf(row)
    this.index.remove(row)
    return outcome
  }

  #clear(): Outcome {
    for (const name of [...this.#claims.keys()]) this.#endClaim(name, 'changed')
    const garbage = [...this.index.blobPlaces()]
    const existed = this.index.count > 0
    this.index.clear()
    return { counted: true, existed, garbage }
  }

  #claim({ name, wanted, claim, replaces }: ClaimChange, place: Place): StandingClaim {
    const standing = this.#claims.get(name)
    const isTaken = standing && wantsSame(standing.wanted, wanted)
    if (isTaken && !(replaces && isSame(standing.claim, replaces))) return standing
    this.#endClaim(name, isTaken ? 'replaced' : 'superseded')
    const next: StandingClaim = { name, wanted, claim, place, ended: undefined, replacement: undefined }
    if (isTaken) standing.replacement = next
    this.#claims.set(name, next)
    return next
  }

  #stands(name: string, claim: Origin): boolean {
    const standing = this.#claims.get(name)
    return standing !== undefined && isSame(standing.claim, claim)
  }

  #endClaim(name: string, end: ClaimEnd): void {
    const standing = this.#claims.get(name)
    if (!standing) return
    standing.ended = end
    this.#claims.delete(name)
  }

  #rowOf(name: string, hash: number): number {
    let row = this.index.first(hash)
    while (row >= 0 && this.#nameOf(row, hash) !== name) row = this.index.next(hash)
    return row
  }

  #nameOf(row: number, hash: number): string | undefined {
    const { position, length } = this.index.placeOf(row)
    const known = this.#recentNames.at(hash, position)
    if (known !== undefined) return known
    const stretch = this.records.knownRecordAt(position, length)
    return stretch && nameOfValue(stretch)
  }

  #outcomeOf(row: number): Outcome {
    const place = this.index.placeOf(row)
    return place.hasBlob ? { ...replacing, garbage: [place] } : replacing
  }
}
