import { BlobCheck } from './blob-check.ts'
import { type Directory, roleOf } from './directory.ts'
import { type BlobOfTheDead, FolderCheck } from './folder-check.ts'
import { indexFaults } from './index-check.ts'
import type { Liveness } from './liveness.ts'
import { type Log, logHeadBytes } from './log.ts'
import type { Pins } from './pins.ts'
import { Replay } from './replay.ts'
import { inSlices, type Steps } from './slices.ts'
import { SnapshotCheck } from './snapshot-check.ts'
import { type DirectoryReport, Problems } from './verify-report.ts'

/** One look at everything in a directory, by the log that is the newest when it begins. */
export class VerifyPass {
  readonly #directory: Directory
  readonly #pins: Pins
  readonly #problems = new Problems()
  readonly #folders: FolderCheck
  #log: Log | undefined
  #replay: Replay | undefined
  #snapshot: SnapshotCheck | undefined
  #blobs: BlobCheck | undefined
  #logBytes = 0

  constructor(directory: Directory, liveness: Liveness, pins: Pins) {
    this.#directory = directory
    this.#pins = pins
    this.#folders = new FolderCheck(directory, liveness, this.#problems)
  }

  /** Answers whether the log was still the newest in the end: if not, all has to be done again. */
  async run(): Promise<boolean> {
    const { path } = this.#directory
    if (this.#directory.files.look(path) === undefined) return true
    if (!this.#folders.checkFormatFolder()) return true
    this.#log = this.#directory.openLog((bad, reason) => this.#problems.add('bad-log', bad, reason))
    if (this.#log) return await this.#checkLog(this.#log)
    await this.#folders.checkBlobs()
    await this.#folders.checkLogs(0)
    await this.#folders.checkLive()
    return this.#problems.hasDamage || !this.#hasLogs()
  }

  report(): DirectoryReport {
    const { found: problems, omitted, hasDamage } = this.#problems
    const index = this.#replay?.contents.index
    const liveBytes = index?.recordBytes ?? 0
    return {
      dir: this.#directory.path,
      intact: !hasDamage,
      log: this.#log?.path,
      entries: index?.count ?? 0,
      logBytes: this.#logBytes,
      liveBytes,
      garbageBytes: Math.max(0, this.#logBytes - logHeadBytes - liveBytes),
      blobs: this.#blobs?.count ?? 0,
      blobBytes: this.#blobs?.bytes ?? 0,
      hasSnapshot: this.#snapshot?.exists ?? false,
      problems,
      omitted,
    }
  }

  end(): void {
    this.#snapshot?.close()
    this.#log?.close()
  }

  async #checkLog(log: Log): Promise<boolean> {
    const replay = new Replay(log, this.#problems)
    this.#replay = replay
    await this.#checkSnapshot(log, replay)
    await inSlices(replay.readUpTo(log.status().size))
    await inSlices(this.#checkIndex(replay))
    const blobs = new BlobCheck(this.#directory.files, this.#directory.blobs, replay, this.#problems)
    this.#blobs = blobs
    await blobs.readAll()
    const dead = await this.#folders.checkBlobs()
    const pinned = await this.#pins.pinned()
    this.#logBytes = log.status().size
    await inSlices(replay.readUpTo(this.#logBytes))
    if (this.#isLost(log)) return false
    await this.#conclude(log, replay, blobs)
    this.#judgeUnnamed(dead, pinned, blobs)
    await this.#folders.checkLogs(log.number)
    await this.#folders.checkLive()
    return true
  }

  async #checkSnapshot(log: Log, replay: Replay): Promise<void> {
    this.#snapshot = new SnapshotCheck(this.#directory, log, this.#problems)
    await inSlices(replay.readUpTo(this.#snapshot.end))
    await inSlices(this.#snapshot.compare(replay))
  }

  *#checkIndex({ log, contents }: Replay): Steps {
    for (const fault of indexFaults(contents.index)) {
      if (fault) this.#problems.add('wrong-index', log.path, fault)
      yield
    }
  }

  async #conclude(log: Log, replay: Replay, blobs: BlobCheck): Promise<void> {
    replay.checkTail(this.#logBytes)
    replay.checkValues()
    if (log.sealed) this.#problems.add('sealed-log', log.path, 'it is sealed and has no successor')
    await inSlices(blobs.conclude())
    this.#snapshot?.conclude(replay, blobs)
  }

  #judgeUnnamed(dead: readonly BlobOfTheDead[], pinned: ReadonlySet<string>, blobs: BlobCheck): void {
    for (const { file, path } of dead) {
      if (blobs.isNamed(file) || pinned.has(file) || !this.#directory.files.look(path)) continue
      this.#problems.add('unnamed-blob', path, 'no entry names it, and its writer is not alive')
    }
  }

  #isLost(log: Log): boolean {
    const { size, links } = log.status()
    return links === 0 || size < log.scanned || this.#directory.hasLost(log)
  }

  #hasLogs(): boolean {
    return this.#directory.files.list(this.#directory.folder).some(name => roleOf(name).role === 'log')
  }
}
