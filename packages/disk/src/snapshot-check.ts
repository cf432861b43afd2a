import { disagreements, type LeftOut } from './agreement.ts'
import type { BlobCheck } from './blob-check.ts'
import type { Contents } from './contents.ts'
import type { Directory } from './directory.ts'
import { indexFaults } from './index-check.ts'
import { Log } from './log.ts'
import type { Replay } from './replay.ts'
import type { Steps } from './slices.ts'
import { type Extent, extentIn, isWithin, restore, snapshotHeadBytes } from './snapshot.ts'
import type { ProblemKind, Problems } from './verify-report.ts'

// It may be replaced at any time, so that a bad one is looked at again.
const attempts = 3
const mostLeftOut = 1000

/** Compares the snapshot of a log with what the log leaves. */
export class SnapshotCheck {
  /** Whether there is one of this log. */
  exists = false
  /** Up to where it reaches. */
  end = 0
  readonly #path: string
  readonly #problems: Problems
  readonly #leftOut: LeftOut[] = []
  #log: Log | undefined
  #contents: Contents | undefined

  constructor(directory: Directory, log: Log, problems: Problems) {
    this.#path = directory.snapshotPath(log)
    this.#problems = problems
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const problem = this.#read(directory, log)
      if (!problem) return
      if (attempt === attempts || problem[0] === 'unused-snapshot')
        problems.add(problem[0], this.#path, problem[1])
      if (problem[0] === 'unused-snapshot') return
    }
  }

  /** Compares, when the log was read up to its end. */
  *compare({ log, contents }: Replay): Steps {
    if (!this.#contents) return
    if (log.sealed && log.scanned < this.end) this.#wrong('it reaches beyond the seal of its log')
    else yield* this.#compare(contents, this.#contents)
    this.close()
  }

  /** Judges the entries that it does not have, once the log was read on. */
  conclude({ contents }: Replay, blobs: BlobCheck): void {
    for (const { hash, position } of this.#leftOut) {
      if (blobs.isSuspect(position) || contents.index.findAt(hash, position) < 0) continue
      this.#wrong(`it does not have the entry at ${position}`)
    }
  }

  close(): void {
    this.#log?.close()
    this.#log = undefined
    this.#contents = undefined
  }

  *#compare(replayed: Contents, restored: Contents): Steps {
    for (const fault of indexFaults(restored.index)) {
      if (fault) this.#wrong(fault)
      yield
    }
    const leaveOut = (entry: LeftOut) =>
      void (this.#leftOut.length < mostLeftOut && this.#leftOut.push(entry))
    for (const disagreement of disagreements(replayed, restored, leaveOut)) {
      if (disagreement) this.#wrong(disagreement)
      yield
    }
  }

  #read(directory: Directory, log: Log): [kind: ProblemKind, message: string] | undefined {
    const standing = directory.files.look(this.#path)
    if (!standing) return undefined
    const bytes = directory.readSnapshot(log)
    const head = bytes ?? directory.files.readBeginning(this.#path, standing.size, snapshotHeadBytes)
    const extent = head && extentIn(head)
    if (!extent) return ['bad-snapshot', 'it has no valid head']
    if (extent.logId !== log.id) return ['unused-snapshot', 'it is of another log']
    if (!isWithin(extent, log))
      return [
        'cut-log',
        `its log had ${extent.end} bytes when it was made, of which some are not there any more`,
      ]
    if (!bytes) return ['bad-snapshot', 'it is larger than that of such a log can be']
    return this.#restore(directory, log, bytes, extent)
  }

  // With a log of its own, since that goes on behind what the snapshot is of.
  #restore(
    directory: Directory,
    log: Log,
    bytes: Uint8Array<ArrayBuffer>,
    { end }: Extent,
  ): [kind: ProblemKind, message: string] | undefined {
    const again = Log.open(directory.files, log.path, log.number)
    if (!(again instanceof Log)) return undefined
    // Then everything begins anew.
    const restored = again.identity === log.identity ? restore(bytes, again) : undefined
    if (restored) {
      this.#log = again
      this.#contents = restored.contents
      this.exists = true
      this.end = end
      return undefined
    }
    again.close()
    return again.identity === log.identity ? ['bad-snapshot', 'what follows its head is damaged'] : undefined
  }

  #wrong(message: string): void {
    this.#problems.add('wrong-snapshot', this.#path, message)
  }
}
