import { Contents } from './contents.ts'
import type { Directory } from './directory.ts'
import type { Durability } from './durability.ts'
import type { ReadFile } from './files.ts'
import type { Followed } from './followed.ts'
import type { Log } from './log.ts'
import { inSlices } from './slices.ts'
import { type Extent, restore, Snapshot } from './snapshot.ts'

// A snapshot is worth writing when reading what has come since takes longer than reading it.
const snapshotEveryBytes = 4 << 20
// The same for a store that is being closed: a program that has just been started reads records at a tenth of the usual speed.
const fewestUnsavedBytes = 64 << 10

/** Where the contents of the log that is followed come from, and go to: its snapshot, as far as there is one. */
export class SnapshotKeeper {
  readonly #directory: Directory
  readonly #writer: bigint
  readonly #durability: Durability
  // What the contents may still have to be read from.
  #file: ReadFile | undefined
  // A log whose snapshot turned out to be damaged.
  #distrusted: bigint | undefined
  #savedBytes = 0
  #lastRecord = 0

  /** @param writer - The number of the store, for the names of drafts. */
  constructor(directory: Directory, writer: bigint, durability: Durability) {
    this.#directory = directory
    this.#writer = writer
    this.#durability = durability
  }

  /** Begins with a log: what is known of it, or what its snapshot says, or nothing yet. */
  begin(log: Log, known: Contents | undefined): Contents {
    this.#lastRecord = 0
    this.#savedBytes = log.scanned
    return known ?? this.#restore(log) ?? new Contents(log.salt, log)
  }

  /** The record at this place is the last one that was read. */
  noteRecord(position: number): void {
    this.#lastRecord = position
  }

  /** The snapshot of a log is not to be used again. */
  distrust(log: Log): void {
    this.#distrusted = log.id
  }

  /** Lets go of the file. */
  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  /** Whether so much was appended since the last snapshot that a new one is worth its while. */
  isDue(followed: Followed): boolean {
    return this.#unsavedBytes(followed) >= snapshotEveryBytes + 40 * followed.contents.index.count
  }

  /** Whether anything was appended since the last snapshot that would take some time to read. */
  isBehind(followed: Followed): boolean {
    return this.#unsavedBytes(followed) > fewestUnsavedBytes + 10 * followed.contents.index.count
  }

  /** Writes down what the log leaves, all of which is in memory, for who opens it next. */
  async save({ log, contents }: Followed): Promise<void> {
    const snapshot = new Snapshot(contents, this.#extent(log))
    this.#savedBytes = log.scanned
    // Otherwise it might survive records that it knows of, and hide those that they replaced.
    if (this.#durability === 'power') await log.sync()
    await this.#directory.saveSnapshot(log, this.#writer, file => inSlices(snapshot.write(file)))
  }

  // Of a log that is sealed none is saved any more.
  #unsavedBytes({ log }: Followed): number {
    return log.writable && !log.sealed ? log.scanned - this.#savedBytes : 0
  }

  #restore(log: Log): Contents | undefined {
    const file = log.id === this.#distrusted ? undefined : this.#open(log)
    // Whatever becomes of it, it is closed with the log.
    this.#file = file
    const restored = file && restore(file, log)
    if (!restored) return void this.close()
    this.#savedBytes = restored.extent.end
    this.#lastRecord = restored.extent.last
    return restored.contents
  }

  // A help only: where it cannot be had, the log is read from its beginning.
  #open(log: Log): ReadFile | undefined {
    try {
      return this.#directory.files.openToRead(this.#directory.snapshotPath(log))
    } catch {
      return undefined
    }
  }

  #extent(log: Log): Extent {
    const lastChecksum = this.#lastRecord === 0 ? 0n : (log.checksumAt(this.#lastRecord) ?? 0n)
    return { logId: log.id, end: log.scanned, last: this.#lastRecord, lastChecksum }
  }
}
