import { nextTick } from 'node:process'
import type { StoreEvent } from '@stagcache/core'
import { type Change, changeOf } from './change.ts'
import { Contents, type Outcome } from './contents.ts'
import type { Directory } from './directory.ts'
import type { Durability } from './durability.ts'
import { ClosedStoreError } from './errors.ts'
import type { Followed } from './followed.ts'
import type { Place } from './key-index.ts'
import type { Log } from './log.ts'
import { LogWatch } from './log-watch.ts'
import { type Appended, OwnOutcomes } from './own-outcomes.ts'
import { recordType } from './record.ts'
import { atOnce, inSlices } from './slices.ts'
import { SnapshotKeeper } from './snapshot-keeper.ts'
import type { Stretch } from './stretch.ts'
import { toSeconds, type Use } from './uses-record.ts'
import { readValue, type ValueRecord } from './value-record.ts'

/** An entry as the log has it. */
export interface Found {
  readonly place: Place
  /** In the index, as long as nothing changes. */
  readonly row: number
  readonly record: ValueRecord
  /** The record's bytes, in a buffer that is used again by the next read. */
  readonly stretch: Stretch
}

const sharedForMilliseconds = 1
// Of one scan: what is damaged all over need not be told place by place.
const mostReports = 20
// So many logs may follow one another while one of them is being read.
const mostSuccessors = 100

/*
 * Follows the newest log of a directory: what every process has appended, in the one order that there is.
 *
 *   detached    there is no usable log (yet, or since it was removed)
 *   attached    the contents are what the records below `log.scanned` leave
 *   sealed      the same, and nothing counts that is appended any more; a successor exists or is being made
 *
 * What holds:
 *
 * - The contents change in `#apply` alone, by records in the order of the log.
 * - A lookup that waited for an outside event (a message, a timer, a file) sees whatever was appended before that event:
 *   a check is shared by the lookups of one uninterrupted run of the program only, and for a millisecond at most, since
 *   the program may have waited synchronously.
 */
export class Follower {
  readonly #directory: Directory
  readonly #report: (event: StoreEvent) => void
  readonly #watch: LogWatch
  readonly #snapshot: SnapshotKeeper
  #followed: Followed | undefined
  // The places of records that this process cannot read.
  readonly #skipped = new Set<number>()
  #checkedAt = Number.NEGATIVE_INFINITY
  #isClosed = false
  // The next operation opens what is there then.
  readonly #letGo = () => {
    try {
      if (this.#followed && this.#directory.hasLost(this.#followed.log)) this.#detach()
    } catch {
      // The next look may succeed.
    }
  }
  readonly #forget = () => {
    this.#checkedAt = Number.NEGATIVE_INFINITY
  }

  /** @param writer - The number of the store, for the names of drafts. */
  constructor(
    directory: Directory,
    writer: bigint,
    report: (event: StoreEvent) => void,
    durability: Durability = 'process',
  ) {
    this.#directory = directory
    this.#report = report
    this.#watch = new LogWatch(directory, this.#letGo)
    this.#snapshot = new SnapshotKeeper(directory, writer, durability)
  }

  /** The log and what it leaves, as far as it has been read. */
  get followed(): Followed | undefined {
    return this.#followed
  }

  /** The entry of a name. */
  find(name: string): Found | undefined {
    const looked = this.#keepUp(false)
    const found = this.#look(name)
    return (found || looked) && !this.#isDamaged ? found : this.findAnew(name)
  }

  /** The entry of a name, whatever was checked a moment ago. */
  findAnew(name: string): Found | undefined {
    this.#keepUp(true)
    const found = this.#look(name)
    if (!this.#isDamaged) return found
    this.#keepUp(true)
    return this.#look(name)
  }

  /** Reads what has been appended until now, and answers where that leads. */
  refresh(): Followed | undefined {
    this.#keepUp(true)
    return this.#followed
  }

  /** The same with all of it in memory. */
  async load(): Promise<Followed | undefined> {
    let followed = this.refresh()
    for (let loaded: Followed | undefined; followed !== loaded; followed = this.refresh()) {
      loaded = followed
      if (loaded) await inSlices(loaded.contents.index.load())
    }
    return followed
  }

  loadNow(): void {
    const followed = this.refresh()
    if (followed) atOnce(followed.contents.index.load())
    this.refresh()
  }

  /** What `refresh` does, and looks at once whether the log is still the one of its directory. */
  refreshByPath(): Followed | undefined {
    this.#watch.lookAgain()
    return this.refresh()
  }

  /** Whether a log lies in another directory too; says so once in a while only. */
  isShared(log: Log): boolean {
    return this.#watch.isShared(log)
  }

  /** The record at a place, if it is intact, in a buffer that is used again by the next read. */
  read({ position, length }: Place): Stretch | undefined {
    return this.#followed?.log.recordAt(position, length)
  }

  /** Counts a use of what was found right before. */
  use({ row }: Found): void {
    this.#followed?.contents.index.touch(row)
  }

  /** What was counted and not taken yet, of so many entries at most. */
  takeUses(most: number): Use[] {
    return this.#followed?.contents.index.takeTouched(most, toSeconds(Date.now())) ?? []
  }

  /** An entry turned out to be lost: it counts as absent from now on, for all who come to know what is known here. */
  forget(name: string, { position }: Place): void {
    const row = this.#rowAt(name, position)
    if (row >= 0) this.#followed?.contents.index.remove(row)
  }

  /**
   * An entry cannot be read by this process, which may not know its classes or its encoding: it counts as absent here, and
   * stays for others.
   */
  skip(name: string, { position }: Place): void {
    // In a log that has followed meanwhile, something else may lie there.
    if (this.#rowAt(name, position) >= 0) this.#skipped.add(position)
  }

  /**
   * The log to append to; made, with the directory, where there is none; `undefined` where it is sealed and has no
   * successor yet.
   */
  attach(): Log | undefined {
    const now = performance.now()
    const log = this.#followed?.log
    if (log && (this.#watch.isGone(log, now) || this.#watch.hasBecomeWritable(log, now))) this.#detach()
    if (this.#followed?.log.sealed || this.#isDamaged) this.#keepUp(true)
    if (this.#isClosed) throw new ClosedStoreError(this.#directory.path)
    if (!this.#followed) this.#follow(this.#directory.makeLog(this.#onBadLog))
    return this.#followed?.log.sealed ? undefined : this.#followed?.log
  }

  /**
   * Takes note of what was just appended to the log: as it is, if nobody else appended in the meantime, and otherwise by
   * reading on. Answers what each record that stands has done: all, or the first ones of a write that fell short or came
   * upon a seal, or none if the log turns out to have been removed.
   */
  catchUp(log: Log, appended: readonly Appended[], written: number): Outcome[] {
    const { size, links } = this.#watch.statusOf(log)
    // Cut off by somebody: nothing of it counts, and the log has to be read anew.
    if (size < log.scanned || this.#followed?.log !== log) {
      this.#detach()
      return []
    }
    const total = appended.reduce((sum, { record }) => sum + record.length, 0)
    const isAlone = links > 0 && written === total && size === log.scanned + total
    const outcomes = isAlone ? this.#applyOwn(log, appended) : this.#applyAll(log, size, appended)
    // What lies before a seal is in the successor. A log that is gone without one was removed.
    if (links > 0 || log.sealed) return this.#isDamaged ? this.#replay(log, appended) : outcomes
    this.#detach()
    return []
  }

  /** Goes on with the successor of the present log, which was made here. */
  moveTo(contents: Contents, end: number, logId: bigint): void {
    this.#detach()
    const log = this.#openNewest()
    if (log?.id !== logId) return log?.close()
    log.skipTo(end)
    contents.records = log
    this.#follow(log, contents)
  }

  /** Whether so much was appended since the last snapshot that a new one is worth its while. */
  get wantsSnapshot(): boolean {
    return this.#followed !== undefined && this.#snapshot.isDue(this.#followed)
  }

  /** Whether anything was appended since the last snapshot that would take some time to read. */
  get hasUnsavedRecords(): boolean {
    return this.#followed !== undefined && this.#snapshot.isBehind(this.#followed)
  }

  /** Writes down what the log leaves, for who opens it next. */
  async saveSnapshot(): Promise<void> {
    const followed = await this.load()
    if (followed && !followed.log.sealed) await this.#snapshot.save(followed)
  }

  /** Lets go of the log. From now on there is none, whoever looks. */
  close(): void {
    this.#isClosed = true
    this.#detach()
  }

  #rowAt(name: string, position: number): number {
    if (!this.#followed) return -1
    const { contents } = this.#followed
    return contents.index.findAt(contents.hashOf(name), position)
  }

  #look(name: string): Found | undefined {
    if (!this.#followed) return undefined
    const { log, contents } = this.#followed
    const { index } = contents
    let damaged: Place[] | undefined
    const hash = contents.hashOf(name)
    for (let row = index.first(hash); row >= 0; row = index.next(hash)) {
      const place = index.placeOf(row)
      if (this.#skipped.size > 0 && this.#skipped.has(place.position)) continue
      const stretch = log.recordAt(place.position, place.length)
      const record = stretch && readValue(stretch)
      if (stretch && record?.name === name) return { place, row, record, stretch }
      if (!record) damaged = [...(damaged ?? []), place]
    }
    for (const place of damaged ?? []) this.#lose(name, place)
    return undefined
  }

  // Only the hash says that it was the one of this name. That is as good as certain, and nothing hangs on it.
  #lose(name: string, place: Place): void {
    if (this.read(place)) this.skip(name, place)
    else this.forget(name, place)
    this.#report({
      type: 'corrupt',
      place: this.#directory.path,
      reason: 'its record is damaged or unknown',
      name,
    })
  }

  /** Answers whether it looked, or relied on what was seen a moment ago. */
  #keepUp(always: boolean): boolean {
    const now = performance.now()
    if (!always && now - this.#checkedAt < sharedForMilliseconds) return false
    if (this.#isDamaged) this.#distrust()
    else if (this.#followed && this.#watch.isGone(this.#followed.log, now)) this.#detach()
    for (let logs = 0; logs < mostSuccessors && !this.#readOn(); logs++) this.#detach()
    // Not before: a check that failed is none.
    if (this.#checkedAt === Number.NEGATIVE_INFINITY) nextTick(this.#forget)
    this.#checkedAt = now
    return true
  }

  /** Reads the log to its end; answers false where another one has taken its place. */
  #readOn(): boolean {
    if (!this.#followed) this.#open()
    const log = this.#followed?.log
    if (!log) return true
    const { size, links } = this.#watch.statusOf(log)
    if (links === 0 || size < log.scanned) return false
    if (!log.sealed) this.#scan(log, size)
    return !(log.sealed && this.#directory.hasSuccessor(log))
  }

  get #isDamaged(): boolean {
    return this.#followed?.contents.index.isDamaged ?? false
  }

  // What was found missing so far may have been there. The log is read from its beginning.
  #distrust(): void {
    if (this.#followed) this.#snapshot.distrust(this.#followed.log)
    this.#detach()
  }

  #open(): void {
    const log = this.#openNewest()
    if (log) this.#follow(log)
  }

  #openNewest(): Log | undefined {
    return this.#isClosed ? undefined : this.#directory.openLog(this.#onBadLog)
  }

  #follow(log: Log, contents?: Contents): void {
    this.#skipped.clear()
    try {
      this.#watch.begin(log)
      this.#followed = { log, contents: this.#snapshot.begin(log, contents) }
    } catch (error) {
      this.#letGoOf(log)
      throw error
    }
  }

  #scan(log: Log, size: number, onRecord?: (record: Buffer, outcome: Outcome) => void): void {
    let reports = 0
    const reportCorrupt = (place: string, reason: string) => {
      if (++reports < mostReports) this.#report({ type: 'corrupt', place: `${log.path}:${place}`, reason })
      else if (reports === mostReports)
        this.#report({ type: 'corrupt', place: log.path, reason: 'and more places' })
    }
    log.scan(size, {
      record: (record, position) => {
        const change = changeOf(record)
        if (!change) reportCorrupt(String(position), 'a record contradicts itself')
        const outcome = this.#apply(change ?? { type: 'none' }, position, record.length)
        onRecord?.(record, outcome)
        return !log.sealed
      },
      damage: (from, to) => reportCorrupt(`${from}-${to}`, 'these bytes are no record'),
    })
  }

  #applyOwn(log: Log, appended: readonly Appended[]): Outcome[] {
    let end = log.scanned
    return appended.map(({ change, record }) => {
      const position = end
      end += record.length
      const outcome = this.#apply(change, position, record.length)
      // Each on its own, since the next one may look at this one.
      log.skipTo(end)
      return outcome
    })
  }

  #applyAll(log: Log, size: number, appended: readonly Appended[]): Outcome[] {
    const own = new OwnOutcomes(appended)
    this.#scan(log, size, (record, outcome) => own.note(record, outcome))
    return own.outcomes
  }

  // An index that turned out to be damaged may have lacked what a record ended: all of the log tells what it did.
  #replay(log: Log, appended: readonly Appended[]): Outcome[] {
    const contents = new Contents(log.salt, log)
    const own = new OwnOutcomes(appended)
    const record = (bytes: Buffer, position: number) => {
      own.note(bytes, contents.apply(changeOf(bytes) ?? { type: 'none' }, position, bytes.length))
      return true
    }
    log.scanAnew().run(log.scanned, { record, damage: () => {} })
    this.#snapshot.distrust(log)
    this.#snapshot.close()
    this.#followed = { log, contents }
    return own.outcomes
  }

  #apply(change: Change, position: number, length: number): Outcome {
    const { log, contents } = this.#followed as Followed
    this.#snapshot.noteRecord(position)
    if (change.type === recordType.seal) log.sealed = true
    return contents.apply(change, position, length)
  }

  #detach(): void {
    if (this.#followed) this.#letGoOf(this.#followed.log)
    this.#followed = undefined
  }

  #letGoOf(log: Log): void {
    this.#watch.stop()
    this.#snapshot.close()
    log.close()
  }

  readonly #onBadLog = (path: string, reason: string): void => {
    this.#report({ type: 'corrupt', place: path, reason })
  }
}
