import { type Change, changeOf } from './change.ts'
import type { Contents, StandingClaim } from './contents.ts'
import { randomNumber } from './directory.ts'
import { Draft } from './draft.ts'
import type { DraftFile } from './files.ts'
import type { Log } from './log.ts'
import type { LogScan } from './log-scan.ts'
import { type DropReason, deleteRecord, type Origin, readDelete, recordType, signRecord } from './record.ts'
import type { Steps } from './slices.ts'
import { stretchOf } from './stretch.ts'
import { type Use, usesRecord } from './uses-record.ts'
import {
  carriesClaim,
  detachFromClaim,
  readValue,
  readValueChange,
  type ValueChange,
} from './value-record.ts'

const stepBytes = 64 << 10
const rowsPerStep = 2000
// The newest of them. They only say why an entry is not there.
const mostDropped = 2000

/** Why an entry is to go, by its record and its row in the contents of the log; `undefined` if it stays. */
export type Judge = (row: number, record: Buffer) => DropReason | undefined

/** The blob of an entry that was dropped. */
export interface DroppedBlob {
  /** Of the entry. */
  readonly name: string
  readonly file: string
}

export const keepAll: Judge = () => undefined

/*
 * Writes the log that is to follow another one.
 *
 *   prefix   of what lay in the old log when this began: the values that are live as they are come upon
 *   claims   that stood when this began
 *   rest     what was appended since, up to the seal, but for values that are not live any more and what changes nothing
 *
 * Replaying that leaves what replaying the old log leaves: whatever ends an entry of the prefix, or one of the claims, lies
 * in the rest. An entry of the prefix that the rest has put an end to already may be left out.
 */
export class Successor {
  readonly draft: Draft
  readonly #log: Log
  readonly #contents: Contents
  readonly #claims: readonly StandingClaim[]
  readonly #prefixEnd: number
  readonly #scan: LogScan
  readonly #origin: () => Origin
  readonly #droppedBlobs: DroppedBlob[] = []
  #prefixBytes = 0
  readonly #dropped: { name: string; reason: DropReason }[] = []

  /** @param origin - Of the next record that is written here. */
  constructor(file: DraftFile, log: Log, contents: Contents, origin: () => Origin) {
    // With the same salt, records can be copied as they are.
    this.draft = new Draft(file, { salt: log.salt, id: randomNumber(), madeAt: Date.now() })
    this.#log = log
    this.#contents = contents
    this.#claims = [...contents.claims.values()]
    this.#prefixEnd = log.scanned
    this.#scan = log.scanAnew()
    this.#origin = origin
  }

  /** How much of the old log has been dealt with. */
  get position(): number {
    return this.#scan.position
  }

  /** The blobs of the entries that were dropped. */
  get droppedBlobs(): readonly DroppedBlob[] {
    return this.#droppedBlobs
  }

  /** How much room the prefix and the claims take, with the blobs of the entries. */
  get prefixBytes(): number {
    return this.#prefixBytes
  }

  /** Writes the prefix and the claims. */
  *writePrefix(judge: Judge): Steps {
    while (this.#scan.position < this.#prefixEnd) {
      this.#step(this.#prefixEnd, (record, position) => this.#copyIfLive(record, position, judge))
      yield
    }
    yield* this.#writeUses()
    this.#writeDropped()
    for (const { place } of this.#claims) {
      const stretch = this.#log.recordAt(place.position, place.length)
      if (stretch) this.draft.add(stretch.bytes.subarray(stretch.start, stretch.end))
    }
    this.#prefixBytes = this.draft.size + this.draft.contents.index.blobBytes
  }

  /** Writes what has been appended to the old log up to `end`, but for what changes nothing. */
  *writeRest(end: number): Steps {
    while (this.#scan.position < end) {
      this.#step(end, (record, position) => {
        const change = changeOf(record)
        if (change && this.#matters(record, change, position)) this.draft.add(record, change)
      })
      yield
    }
  }

  #matters(record: Buffer, change: Change, position: number): boolean {
    if (change.type === recordType.value) {
      // It may end a claim, or count by one.
      if (carriesClaim(record) || this.draft.contents.claims.has(change.name)) return true
      const { index } = this.#contents
      return index.findAt(this.#contents.hashOf(change.name), position) >= 0
    }
    if (change.type === recordType.delete) return this.draft.contents.concerns(change.name)
    // The places of uses are those of the old log.
    return change.type !== recordType.seal && change.type !== recordType.uses && change.type !== 'none'
  }

  #step(end: number, copy: (record: Buffer, position: number) => void): void {
    const until = this.#scan.position + stepBytes
    this.#scan.run(end, {
      record: (record, position) => {
        copy(record, position)
        return position + record.length < until
      },
      // Reported by who follows the log.
      damage: () => {},
    })
    // Behind it there is nothing more that is intact.
    if (this.#scan.position < until && this.#scan.position < end) this.#scan.skipTo(end)
  }

  #copyIfLive(record: Buffer, position: number, judge: Judge): void {
    if (record[16] === recordType.delete) return this.#remember(record)
    const change = record[16] === recordType.value ? readValueChange(record) : undefined
    if (!change) return
    const hash = this.#contents.hashOf(change.name)
    const { index } = this.#contents
    const row = index.findAt(hash, position)
    if (row < 0) return
    const reason = judge(row, record)
    if (reason) return this.#drop(record, change, reason)
    if (carriesClaim(record)) this.draft.add(this.#withoutClaim(record), { ...change, claim: undefined })
    else this.draft.add(record, change)
    const copied = this.draft.contents.index
    copied.use(copied.count - 1, index.usesOf(row), index.usedAtOf(row))
  }

  // Why it is not there holds until it is stored again.
  #remember(record: Buffer): void {
    const { name, dropped } = readDelete(record)
    if (dropped && !this.#contents.concerns(name)) this.#note(name, dropped)
  }

  #drop(record: Buffer, { name, blobBytes }: ValueChange, reason: DropReason): void {
    const blob = blobBytes > 0 ? readValue(stretchOf(record))?.blob : undefined
    if (blob) this.#droppedBlobs.push({ name, file: blob.file })
    this.#note(name, reason)
  }

  #note(name: string, reason: DropReason): void {
    this.#dropped.push({ name, reason })
    if (this.#dropped.length > 2 * mostDropped) this.#dropped.splice(0, mostDropped)
  }

  #withoutClaim(record: Buffer): Buffer {
    const copy = Buffer.from(record)
    detachFromClaim(copy)
    signRecord(copy, this.#log.salt)
    return copy
  }

  *#writeUses(): Steps {
    const { index } = this.draft.contents
    let uses: Use[] = []
    for (let row = 0; row < index.count; row++) {
      const used = index.usesOf(row)
      if (used > 0) {
        uses.push({
          position: index.positionOf(row),
          hash: index.hashOf(row),
          uses: Math.min(used, 0xffffffff),
          usedAt: index.usedAtOf(row),
        })
      }
      if ((row + 1) % rowsPerStep > 0 && row + 1 < index.count) continue
      if (uses.length > 0) this.#addOwn(usesRecord(this.#origin(), uses))
      uses = []
      yield
    }
  }

  #writeDropped(): void {
    for (const { name, reason } of this.#dropped.slice(-mostDropped))
      this.#addOwn(deleteRecord(this.#origin(), name, reason))
  }

  // Records that change nothing which has not been taken over already.
  #addOwn(record: Buffer): void {
    signRecord(record, this.#log.salt)
    this.draft.add(record, { type: 'none' })
  }
}
