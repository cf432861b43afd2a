import { setTimeout as delay } from 'node:timers/promises'
import type { Directory } from './directory.ts'
import type { DraftFile } from './files.ts'
import type { Follower } from './follower.ts'
import type { Log } from './log.ts'
import { sleep } from './patience.ts'
import { type Origin, recordType, sealRecord, signRecord } from './record.ts'
import { atOnce, inSlices, type Steps } from './slices.ts'
import { Snapshot } from './snapshot.ts'
import { type DroppedBlob, type Judge, keepAll, Successor } from './successor.ts'

// What is copied at once, between the last look at the old log and its seal.
const littleBytes = 256 << 10
const mostRounds = 20
// How long who has sealed a log may take to publish the next one, before somebody else does it too.
const patienceMilliseconds = 20
const pollMilliseconds = 2

/** What the reclaiming of one log left over. */
export interface Reclaimed {
  /** Blobs of entries that were dropped. */
  readonly blobs: readonly DroppedBlob[]
  /** How much room the log takes and its blobs, without what was written meanwhile. */
  readonly bytes: number
}

/*
 * Gives back the room of what is no longer live, by letting a new log follow the old one.
 *
 *   1  write     what is live goes to a draft, in slices, until little is missing
 *   2  seal      a record that ends the old log; the first one counts
 *   3  publish   the rest goes to the draft, which gets the next number, if there is none of that number yet
 *   4  unlink    once the new log is safe, the old one goes; or the new one, where others were so much faster that it is
 *                outdated already
 *
 * A process that dies before 2 leaves a draft; between 2 and 3 a sealed log, and who wants to write next does 3 from a
 * draft of its own; between 3 and 4 an old log, which is garbage. Publishing before sealing, or sealing before the rest is
 * known, would lose what others append meanwhile. Two at once do no harm: only one of them publishes what all go on with.
 */
export class Reclaimer {
  readonly #directory: Directory
  readonly #follower: Follower
  readonly #writer: bigint
  readonly #origin: () => Origin
  #running: Promise<unknown> | undefined

  /** @param origin - Of the next record that is written here. */
  constructor(directory: Directory, follower: Follower, writer: bigint, origin: () => Origin) {
    this.#directory = directory
    this.#follower = follower
    this.#writer = writer
    this.#origin = origin
  }

  /** Lets a log follow the present one, without the entries that `judge` gives a reason to drop; `undefined` if somebody else was faster. */
  reclaim(judge: Judge): Promise<Reclaimed | undefined> {
    const running = this.#reclaim(judge)
    this.#running = running
    const end = () => {
      this.#running = undefined
    }
    running.then(end, end)
    return running
  }

  /** Resolves when a sealed log has a successor: that of who has sealed it, or else one that is made here. */
  async succeed(log: Log): Promise<void> {
    await this.#running?.catch(() => undefined)
    await this.#succeed(log)
  }

  async #succeed(log: Log): Promise<void> {
    for (let waited = 0; waited < patienceMilliseconds; waited += pollMilliseconds) {
      if (!this.#isStillSealed(log)) return
      await delay(pollMilliseconds)
    }
    await this.#follower.load()
    if (!this.#isStillSealed(log)) return
    await this.#withDraft(log, async (file, successor) => {
      await inSlices(successor.writePrefix(keepAll))
      await this.#safe(file, successor)
      if (this.#isStillSealed(log)) await this.#publish(file, successor)
    })
  }

  /** The same, without leaving the program's run. */
  succeedNow(log: Log): void {
    const until = performance.now() + patienceMilliseconds
    while (this.#isStillSealed(log) && performance.now() < until) sleep(pollMilliseconds)
    this.#follower.loadNow()
    if (!this.#isStillSealed(log)) return
    const { file, successor } = this.#begin(log)
    try {
      atOnce(successor.writePrefix(keepAll))
      this.#publishNow(file, successor)
    } finally {
      file.discard()
    }
  }

  /** What `reclaim` does, without leaving the program's run, and without leaving a snapshot. */
  reclaimNow(judge: Judge): Reclaimed | undefined {
    const log = this.#follower.followed?.log
    if (!log?.writable || log.sealed) return undefined
    const { file, successor } = this.#begin(log)
    try {
      atOnce(successor.writePrefix(judge))
      if (!this.seal(log)) return undefined
      atOnce(successor.writeRest(log.scanned))
      return this.#publishNow(file, successor) ? reclaimedBy(successor) : undefined
    } finally {
      file.discard()
    }
  }

  async #reclaim(judge: Judge): Promise<Reclaimed | undefined> {
    const log = (await this.#follower.load())?.log
    if (!log?.writable) return undefined
    // Not `succeed`, which would wait for this.
    if (log.sealed) return void (await this.#succeed(log))
    return await this.#withDraft(log, (file, successor) =>
      this.#withSnapshot(log, async snapshot => {
        if (!(await this.#write(log, file, successor, judge, snapshot))) return undefined
        if (!this.seal(log)) return undefined
        atOnce(successor.writeRest(log.scanned))
        await this.#safe(file, successor)
        // Not earlier: who was faster has one of its own there.
        if (!this.#directory.hasSuccessor(log))
          await this.#directory.replaceSnapshot({ number: log.number + 1 }, snapshot)
        return (await this.#publish(file, successor)) ? reclaimedBy(successor) : undefined
      }),
    )
  }

  /** Step 1. Answers false if somebody else has ended the log. */
  async #write(
    log: Log,
    file: DraftFile,
    successor: Successor,
    judge: Judge,
    snapshot: DraftFile,
  ): Promise<boolean> {
    await this.#copy(log, successor.writePrefix(judge))
    // Much may have been appended meanwhile, which whoever begins with the snapshot would have to read.
    this.#follower.refresh()
    await this.#copy(log, successor.writeRest(log.scanned))
    await this.#writeSnapshot(snapshot, successor)
    for (let round = 0; round < mostRounds && this.#isFollowed(log); round++) {
      await this.#safe(file, successor)
      this.#follower.refresh()
      if (log.scanned - successor.position <= littleBytes) break
      await this.#copy(log, successor.writeRest(log.scanned))
    }
    return this.#isFollowed(log)
  }

  async #copy(log: Log, steps: Steps): Promise<void> {
    await inSlices(this.#whileFollowed(log, steps))
  }

  *#whileFollowed(log: Log, steps: Steps): Steps {
    while (this.#isFollowed(log) && !steps.next().done) yield
  }

  /** Ends a log: step 2, right behind the last look at it. Answers false if another one has taken its place. */
  seal(log: Log): boolean {
    const origin = this.#origin()
    const record = sealRecord(origin)
    signRecord(record, log.salt)
    const written = log.append(record)
    this.#follower.catchUp(log, [{ record, change: { type: recordType.seal }, origin }], written)
    return log.sealed && this.#follower.followed?.log === log
  }

  async #safe(file: DraftFile, successor: Successor): Promise<void> {
    successor.draft.flush()
    await file.sync()
  }

  /**
   * Steps 3 and 4, for a draft that is complete and survives a loss of power. Answers whether that is the log from which
   * all later ones come.
   */
  async #publish(file: DraftFile, successor: Successor): Promise<boolean> {
    if (!(await file.publish())) return false
    const newest = this.#moveTo(successor)
    try {
      await this.#directory.files.syncDirectory(this.#directory.folder)
      // Giving back the room of a large file takes the system a tenth of a second.
      for (const path of this.#outdated(newest)) await this.#directory.files.remove(path)
    } catch {
      // The newest log stands. The next sweep removes the others.
    }
    return newest?.id === successor.draft.id
  }

  /**
   * Goes on with the newest log, and answers which that is. Who was stopped for long right before it published may come too
   * late: others have published that number and later ones, and since outdated logs are removed, the number was free again.
   */
  #moveTo({ draft }: Successor): Log | undefined {
    this.#follower.moveTo(draft.contents, draft.size, draft.id)
    return (this.#follower.followed ?? this.#follower.refresh())?.log
  }

  #publishNow(file: DraftFile, successor: Successor): boolean {
    successor.draft.flush()
    file.syncNow()
    if (!file.publishNow()) return false
    const newest = this.#moveTo(successor)
    try {
      this.#directory.files.syncDirectoryNow(this.#directory.folder)
      for (const path of this.#outdated(newest)) this.#directory.files.removeNow(path)
    } catch {
      // As above.
    }
    return newest?.id === successor.draft.id
  }

  /** What step 4 removes. Whatever has followed the log that was the newest may not be safe yet. */
  #outdated(newest: Log | undefined): string[] {
    return newest ? this.#directory.outdated(newest) : []
  }

  // Where somebody else publishes the log of this number, its id differs, and the snapshot is not used.
  async #writeSnapshot(file: DraftFile, { draft }: Successor): Promise<void> {
    await inSlices(new Snapshot(draft.contents, draft.extent).write(file))
  }

  async #withSnapshot<T>(log: Log, use: (file: DraftFile) => Promise<T>): Promise<T> {
    const file = this.#directory.draftSnapshot({ number: log.number + 1 }, this.#writer)
    try {
      return await use(file)
    } finally {
      file.discard()
    }
  }

  async #withDraft<T>(
    log: Log,
    use: (file: DraftFile, successor: Successor) => Promise<T>,
  ): Promise<T | undefined> {
    const { file, successor } = this.#begin(log)
    try {
      return await use(file, successor)
    } finally {
      file.discard()
    }
  }

  #begin(log: Log): { file: DraftFile; successor: Successor } {
    const followed = this.#follower.followed
    if (followed?.log !== log) throw new Error('the log is not followed any more')
    const file = this.#directory.draftSuccessor(log, this.#writer)
    return { file, successor: new Successor(file, log, followed.contents, this.#origin) }
  }

  #isFollowed(log: Log): boolean {
    return this.#follower.followed?.log === log && !log.sealed
  }

  #isStillSealed(log: Log): boolean {
    return this.#follower.refresh()?.log === log
  }
}

function reclaimedBy({ droppedBlobs, prefixBytes }: Successor): Reclaimed {
  return { blobs: droppedBlobs, bytes: prefixBytes }
}
