import type { Appender } from './appender.ts'
import type { Directory } from './directory.ts'
import { ExpiredBytes } from './expired.ts'
import type { Followed } from './followed.ts'
import type { Follower } from './follower.ts'
import type { Garbage } from './garbage.ts'
import type { Liveness } from './liveness.ts'
import { networkOf } from './network.ts'
import type { Pins } from './pins.ts'
import type { Reclaimer } from './reclaimer.ts'
import { recordType } from './record.ts'
import { Retention } from './retention.ts'
import { atOnce, inSlices, type Steps } from './slices.ts'
import type { DroppedBlob } from './successor.ts'
import { allInTurn, type Sweeper } from './sweeper.ts'
import { usesRecord } from './uses-record.ts'

/** What the upkeep of a store needs from around it. */
export interface UpkeepContext {
  readonly directory: Directory
  readonly follower: Follower
  readonly appender: Appender
  readonly reclaimer: Reclaimer
  readonly sweeper: Sweeper
  readonly garbage: Garbage
  readonly pins: Pins
  readonly liveness: Liveness
  readonly writer: bigint
  /** How many bytes the logs and blobs may take. */
  readonly maxBytes: number
  /** Told of what went wrong where nobody waits. */
  readonly failed: (error: unknown) => void
  /** Told of which kind the network file system is on which the directory lies. */
  readonly isOnNetwork: (network: string) => void
}

// Below this, garbage is not worth the trouble.
const fewestGarbageBytes = 1 << 20
const fewestNewBytes = 64 << 10
const outOfHand = 2
const pauseAfterFailure = 60_000
const usesToldEvery = 30_000
// What is read much more than that in this time is told of later.
const usesToldAtOnce = 4096
// What others have left may be too young to be swept up at the first look.
const lookEvery = 10 * 60_000
// Another process that has begun to reclaim may be stopped, and never go on.
const patienceWithOthers = 30_000

/**
 * Keeps a directory small and quick to open, in the background: decides when to reclaim, to sweep up after processes that
 * were killed, to save a snapshot, and to tell how often entries were used.
 */
export class Upkeep {
  readonly #context: UpkeepContext
  #running: Promise<void> | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #notBefore = 0
  // By the last reclaiming, of what was there when it was decided what goes.
  #bytesLeft = 0
  // What the last reclaiming had to keep beside entries: claims, notes of what was dropped, uses.
  #keptBytes = 0
  // Of what was there at the last look.
  #expiredShare = 0
  #othersSince: number | undefined
  #timer: NodeJS.Timeout | undefined
  #complainedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(context: UpkeepContext) {
    this.#context = context
  }

  /** Something was written: time to see whether there is anything to do. */
  written(): void {
    if (this.#running || this.#closed || !this.#isDue()) return
    this.#running = this.#quietly(() => this.#run()).finally(() => {
      this.#running = undefined
      // What was written meanwhile did not begin anything.
      this.written()
    })
  }

  /**
   * Something was written by a program that may end before anything happens in the background: what has got out of hand is
   * seen to at once.
   */
  writtenNow(): void {
    try {
      this.#context.garbage.removeNow()
      if (performance.now() >= this.#notBefore && this.#isWasteful(outOfHand)) this.#reclaimNow()
    } catch (error) {
      this.#notBefore = performance.now() + pauseAfterFailure
      this.#complain(error)
    }
  }

  /** An entry was read. */
  used(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#quietly(async () => {
        if ((await this.#tellUses()) >= usesToldAtOnce) this.used()
      })
    }, usesToldEvery).unref()
  }

  /** Finishes what is under way, and leaves to others what this process knows. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#running
    if (this.#isWasteful()) await this.#quietly(() => this.#reclaim())
    await this.#quietly(() => this.#tellAllUses())
    if (this.#context.follower.hasUnsavedRecords)
      await this.#quietly(() => this.#context.follower.saveSnapshot())
    await this.#cleanUp(() => this.#unpin())
  }

  // Whoever put an end to what was pinned here, and was closed before, leaves that to this store.
  async #unpin(): Promise<void> {
    const { garbage, pins, sweeper } = this.#context
    const pinned = pins.close()
    await allInTurn([async () => garbage.remove(await sweeper.outOfUse(pinned)), () => garbage.retry()])
  }

  #isDue(): boolean {
    if (performance.now() < this.#notBefore) return false
    const { follower, garbage } = this.#context
    return this.#isTimeToLook() || garbage.isDue || this.#isWasteful() || follower.wantsSnapshot
  }

  #isTimeToLook(): boolean {
    return performance.now() - this.#lookedAt > lookEvery
  }

  async #run(): Promise<void> {
    const { follower, garbage } = this.#context
    if (this.#isTimeToLook()) await this.#look()
    if (garbage.isDue) await this.#cleanUp(() => garbage.retry())
    if (this.#isWasteful()) await this.#reclaim()
    else if (follower.wantsSnapshot) await follower.saveSnapshot()
  }

  async #look(): Promise<void> {
    const isFirst = this.#lookedAt < 0
    this.#lookedAt = performance.now()
    if (isFirst) await this.#lookAtFileSystem()
    await this.#lookForExpired()
    const { sweeper } = this.#context
    if (await sweeper.hasLeftovers()) await this.#cleanUp(() => sweeper.sweep())
  }

  async #lookForExpired(): Promise<void> {
    const { followed } = this.#context.follower
    if (!followed) return
    const expired = new ExpiredBytes()
    await inSlices(expired.sample(followed.contents, Date.now()))
    this.#expiredShare = expired.share
  }

  async #lookAtFileSystem(): Promise<void> {
    const { directory, isOnNetwork } = this.#context
    try {
      const network = networkOf(await directory.files.fileSystemOf(directory.path))
      if (network) isOnNetwork(network)
    } catch {
      // Nobody knows, then.
    }
  }

  async #reclaim(): Promise<void> {
    const { follower, liveness, reclaimer, sweeper } = this.#context
    this.#expiredShare = 0
    if (await this.#isDoneByOthers()) return
    // Others see by it that the draft is not abandoned. Where there are no sockets, the worst is work done twice.
    await liveness.announce().catch(() => {})
    await this.#tellAllUses()
    const followed = await follower.load()
    if (!followed) return
    const retention = new Retention(followed, this.#context.maxBytes)
    await inSlices(retention.weigh())
    // Again, since all who write see at the same moment that it is time.
    if (await this.#isDoneByOthers()) return
    // What was weighed are rows of this log.
    if (follower.refresh()?.log !== followed.log) return
    const reclaimed = await reclaimer.reclaim(retention.judge)
    if (!reclaimed) return
    this.#noteWhatIsLeft(reclaimed.bytes)
    await this.#cleanUp(() => this.#removeBlobs(reclaimed.blobs))
    await this.#cleanUp(() => sweeper.sweep())
  }

  #reclaimNow(): void {
    const { follower, garbage, maxBytes, reclaimer } = this.#context
    follower.loadNow()
    if (!follower.followed) return
    const retention = new Retention(follower.followed, maxBytes)
    atOnce(retention.weigh())
    const reclaimed = reclaimer.reclaimNow(retention.judge)
    if (!reclaimed) return
    this.#noteWhatIsLeft(reclaimed.bytes)
    follower.refreshByPath()
    const files: string[] = []
    atOnce(this.#unnamed(reclaimed.blobs, files))
    void this.#cleanUp(() => garbage.remove(files))
    garbage.removeNow(files.length)
  }

  // A lock saves work, no more: two who reclaim at once do no harm.
  async #isDoneByOthers(): Promise<boolean> {
    const { directory, liveness, writer: own } = this.#context
    const others = directory.drafts().filter(({ writer }) => writer !== own)
    const areAlive = await Promise.all(others.map(({ writer }) => liveness.isAlive(writer)))
    const isDone = areAlive.includes(true)
    this.#othersSince = isDone ? (this.#othersSince ?? performance.now()) : undefined
    if (!isDone || performance.now() - (this.#othersSince ?? 0) > patienceWithOthers) return false
    this.#notBefore = performance.now() + 100
    return true
  }

  async #removeBlobs(dropped: readonly DroppedBlob[]): Promise<void> {
    const { follower, garbage } = this.#context
    if (dropped.length === 0) return
    follower.refreshByPath()
    const files: string[] = []
    await inSlices(this.#unnamed(dropped, files))
    await garbage.remove(files)
  }

  // What the newest log does not name, no later one will. Whether it is the newest is looked at anew, since all hangs on it.
  *#unnamed(dropped: readonly DroppedBlob[], files: string[]): Steps {
    for (const { name, file } of dropped) {
      if (this.#context.follower.findAnew(name)?.record.blob?.file !== file) files.push(file)
      yield
    }
  }

  /** Whether half of the log is garbage, half of what is stored has expired, or there is more than there may be; or so many times as much. */
  #isWasteful(times = 1): boolean {
    const { followed } = this.#context.follower
    if (!followed?.log.writable) return false
    // Where the last time was of little use, the next one has to wait until there is something new.
    if (Math.abs(this.#bytes() - this.#bytesLeft) < fewestNewBytes) return false
    const { recordBytes, blobBytes } = followed.contents.index
    const garbage = garbageIn(followed) - this.#keptBytes
    if (garbage > times * Math.max(fewestGarbageBytes, recordBytes)) return true
    const expired = this.#expiredShare * (recordBytes + blobBytes)
    if (expired > times * Math.max(fewestGarbageBytes, recordBytes + blobBytes - expired)) return true
    return this.#bytes() > times * this.#context.maxBytes
  }

  #noteWhatIsLeft(bytes: number): void {
    const { followed } = this.#context.follower
    this.#bytesLeft = bytes
    this.#keptBytes = followed ? garbageIn(followed) : 0
  }

  #bytes(): number {
    const { followed } = this.#context.follower
    return followed ? followed.log.scanned + followed.contents.index.blobBytes : 0
  }

  // What is not told when a log ends is not known in the next one.
  async #tellAllUses(): Promise<void> {
    const { followed } = this.#context.follower
    const most = followed?.contents.index.count ?? 0
    for (let told = 0; told < most; told += usesToldAtOnce) {
      if ((await this.#tellUses()) < usesToldAtOnce) return
    }
  }

  /** Answers how many entries it told of. */
  async #tellUses(): Promise<number> {
    const { appender, follower } = this.#context
    if (!follower.followed?.log.writable) return 0
    const uses = follower.takeUses(usesToldAtOnce)
    if (uses.length === 0) return 0
    await appender.append(
      { type: recordType.uses, uses },
      origin => usesRecord(origin, uses),
      () => {},
    )
    return uses.length
  }

  // What stays behind is removed the next time, and is no reason not to reclaim. Whoever holds a file open may do so for long.
  async #cleanUp(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const now = performance.now()
      if (now - this.#complainedAt < pauseAfterFailure) return
      this.#complainedAt = now
      this.#complain(error)
    }
  }

  // Nobody waits for it. Where the directory was removed meanwhile, there is nothing to keep up.
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#notBefore = performance.now() + pauseAfterFailure
      this.#complain(error)
    }
  }

  #complain(error: unknown): void {
    const cause = (error as { cause?: unknown }).cause ?? error
    if ((cause as { code?: string }).code !== 'ENOENT') this.#context.failed(error)
  }
}

/** How much of a log is no entry. */
function garbageIn({ log, contents }: Followed): number {
  return log.scanned - contents.index.recordBytes
}
