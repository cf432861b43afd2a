import { nextTick } from 'node:process'
import type { StoreEvent } from '@stagcache/core'
import type { Directory } from './directory.ts'
import { KeyIndex, type Place } from './key-index.ts'
import type { Log } from './log.ts'
import { type Change, changeOf, isOf, type Origin, recordType } from './record.ts'
import type { Stretch } from './stretch.ts'

/** A record that was just appended from here. */
export interface Appended {
  readonly record: Buffer
  readonly change: Change
  readonly origin: Origin
}

const nothing: readonly Place[] = []
const sharedForMilliseconds = 1
const pathCheckedEveryMilliseconds = 1000
// Of one scan: what is damaged all over need not be told place by place.
const mostReports = 20

/*
 * Follows the newest log of a directory: what every process has appended, in the one order that there is.
 *
 *   detached    there is no usable log (yet, or since it was removed); the index is empty
 *   attached    the index is what the records below `log.scanned` leave
 *
 * What holds:
 *
 * - The index changes in `#apply` alone, by records in the order of the log.
 * - A lookup that waited for an outside event (a message, a timer, a file) sees whatever was appended before that event:
 *   a check is shared by the lookups of one uninterrupted run of the program only, and for a millisecond at most, since
 *   the program may have waited synchronously.
 */
export class Follower {
  readonly #directory: Directory
  readonly #report: (event: StoreEvent) => void
  readonly #index = new KeyIndex()
  #log: Log | undefined
  #checkedAt = Number.NEGATIVE_INFINITY
  #pathCheckedAt = Number.NEGATIVE_INFINITY
  #attachedAt = Number.NEGATIVE_INFINITY
  readonly #forget = () => {
    this.#checkedAt = Number.NEGATIVE_INFINITY
  }

  constructor(directory: Directory, report: (event: StoreEvent) => void) {
    this.#directory = directory
    this.#report = report
  }

  /** Where the entry of a name lies now. */
  find(name: string): Place | undefined {
    const looked = this.#keepUp(false)
    const place = this.#index.find(name)
    return place || looked ? place : this.findAnew(name)
  }

  /** Where it lies, whatever was checked a moment ago. */
  findAnew(name: string): Place | undefined {
    this.#keepUp(true)
    return this.#index.find(name)
  }

  /** The record at a place, if it is intact, in a buffer that is used again by the next read. */
  read({ position, length }: Place): Stretch | undefined {
    return this.#log?.recordAt(position, length)
  }

  /** An entry turned out to be unreadable: it counts as absent from now on. */
  forget(name: string, place: Place): void {
    if (this.#index.find(name) === place) this.#index.drop(name)
  }

  /** The log to append to; made, with the directory, where there is none. */
  attach(): Log {
    const now = performance.now()
    if (this.#log && (this.#isGone(this.#log, now) || this.#mayHaveBecomeWritable(this.#log, now)))
      this.#detach()
    if (this.#log) return this.#log
    this.#log = this.#directory.makeLog(this.#onBadLog)
    this.#pathCheckedAt = now
    this.#attachedAt = now
    return this.#log
  }

  /**
   * Takes note of what was just appended to the log: as it is, if nobody else appended in the meantime, and otherwise by
   * reading on. Tells `onStanding` of each record that stands, with the entries that it put an end to, and answers how
   * many there are: all, or the first ones of a write that fell short, or none if the log turns out to have been removed.
   */
  catchUp<T extends Appended>(
    log: Log,
    appended: readonly T[],
    written: number,
    onStanding: (one: T, displaced: readonly Place[]) => void,
  ): number {
    const { size, linked } = log.status()
    const total = appended.reduce((sum, { record }) => sum + record.length, 0)
    // Removed, or cut off by somebody: nothing of it counts, and the log has to be read anew.
    if (!linked || size < log.scanned) {
      this.#detach()
      return 0
    }
    if (written === total && size === log.scanned + total) return this.#applyOwn(log, appended, onStanding)
    let standing = 0
    this.#scan(log, size, (record, displaced) => {
      const next = appended[standing]
      if (!next || !isOf(record, next.origin)) return
      standing++
      onStanding(next, displaced)
    })
    return standing
  }

  close(): void {
    this.#detach()
  }

  /** Answers whether it looked, or relied on what was seen a moment ago. */
  #keepUp(always: boolean): boolean {
    const now = performance.now()
    if (!always && now - this.#checkedAt < sharedForMilliseconds) return false
    if (this.#log && this.#isGone(this.#log, now)) this.#detach()
    if (!this.#log) this.#open(now)
    if (this.#log) this.#scanNew(this.#log)
    // Not before: a check that failed is none.
    if (this.#checkedAt === Number.NEGATIVE_INFINITY) nextTick(this.#forget)
    this.#checkedAt = now
    return true
  }

  #mayHaveBecomeWritable(log: Log, now: number): boolean {
    return !log.writable && now - this.#attachedAt > pathCheckedEveryMilliseconds
  }

  #isGone(log: Log, now: number): boolean {
    if (now - this.#pathCheckedAt < pathCheckedEveryMilliseconds) return false
    this.#pathCheckedAt = now
    return this.#directory.hasLost(log)
  }

  #open(now: number): void {
    this.#log = this.#directory.openLog(this.#onBadLog)
    this.#pathCheckedAt = now
    this.#attachedAt = now
  }

  #scanNew(log: Log): void {
    const { size, linked } = log.status()
    if (linked && size >= log.scanned) return this.#scan(log, size)
    // Removed, or cut off by somebody: whatever there is now is read from its beginning.
    this.#detach()
    this.#log = this.#directory.openLog(this.#onBadLog)
    if (this.#log) this.#scan(this.#log, this.#log.status().size)
  }

  #scan(log: Log, size: number, onRecord?: (record: Buffer, displaced: readonly Place[]) => void): void {
    let reports = 0
    const reportCorrupt = (place: string, reason: string) => {
      if (++reports < mostReports) this.#report({ type: 'corrupt', place: `${log.path}:${place}`, reason })
      else if (reports === mostReports)
        this.#report({ type: 'corrupt', place: log.path, reason: 'and more places' })
    }
    log.scan(size, {
      record: (record, position) => {
        const change = changeOf(record)
        if (!change) return reportCorrupt(String(position), 'a record contradicts itself')
        const displaced = this.#apply(change, position, record.length)
        onRecord?.(record, displaced)
      },
      damage: (from, to) => reportCorrupt(`${from}-${to}`, 'these bytes are no record'),
    })
  }

  #applyOwn<T extends Appended>(
    log: Log,
    appended: readonly T[],
    onStanding: (one: T, displaced: readonly Place[]) => void,
  ): number {
    let position = log.scanned
    for (const one of appended) {
      onStanding(one, this.#apply(one.change, position, one.record.length))
      position += one.record.length
    }
    log.skipTo(position)
    return appended.length
  }

  #apply({ type, name, hasBlob }: Change, position: number, length: number): readonly Place[] {
    if (type === recordType.clear) return this.#index.clear()
    if (name === undefined) return nothing
    const previous =
      type === recordType.delete
        ? this.#index.drop(name)
        : this.#index.put(name, { position, length, hasBlob })
    return previous ? [previous] : nothing
  }

  #detach(): void {
    this.#log?.close()
    this.#log = undefined
    this.#index.clear()
  }

  readonly #onBadLog = (path: string, reason: string): void => {
    this.#report({ type: 'corrupt', place: path, reason })
  }
}
