import { disagreements, type LeftOut } from './agreement.ts'
import type { BlobCheck } from './blob-check.ts'
import type { Contents } from './contents.ts'
import type { Directory } from './directory.ts'
import type { ReadFile } from './files.ts'
import { indexFaults } from './index-check.ts'
import { Log } from './log.ts'
import type { Replay } from './replay.ts'
import type { Steps } from './slices.ts'
import { type Extent, extentIn, isWithin, restore } from './snapshot.ts'
import type { ProblemKind, Problems } from './verify-report.ts'

// It may be replaced at any time, so that a bad one is looked at again.
const attempts = 3
const mostLeftOut = 1000

const noHead: [ProblemKind, string] = ['bad-snapshot', 'it has no valid head']

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
  #file: ReadFile | undefined
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
    const { index } = this.#contents
    yield* index.load()
    if (index.isDamaged) this.#problems.add('bad-snapshot', this.#path, 'a part of it is damaged')
    else if (log.sealed && log.scanned < this.end) this.#wrong('it reaches beyond the seal of its log')
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
    this.#file?.close()
    this.#log = undefined
    this.#file = undefined
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
    if (!directory.files.look(this.#path)) return undefined
    const file = directory.files.openToRead(this.#path)
    const extent = file && extentIn(file)
    const problem = extent ? this.#open(directory, log, file, extent) : noHead
    if (!this.#contents) file?.close()
    return problem
  }

  // With a log of its own, since that goes on behind what the snapshot is of.
  #open(
    directory: Directory,
    log: Log,
    file: ReadFile,
    extent: Extent,
  ): [kind: ProblemKind, message: string] | undefined {
    if (extent.logId !== log.id) return ['unused-snapshot', 'it is of another log']
    if (!isWithin(extent, log))
      return [
        'cut-log',
        `its log had ${extent.end} bytes when it was made, of which some are not there any more`,
      ]
    const again = Log.open(directory.files, log.path, log.number)
    if (!(again instanceof Log)) return undefined
    // Then everything begins anew.
    const restored = again.identity === log.identity ? restore(file, again) : undefined
    if (restored) {
      this.#log = again
      this.#file = file
      this.#contents = restored.contents
      this.exists = true
      this.end = extent.end
      return undefined
    }
    again.close()
    return again.identity === log.identity ? ['bad-snapshot', 'what follows its head is damaged'] : undefined
  }

  #wrong(message: string): void {
    this.#problems.add('wrong-snapshot', this.#path, message)
  }
}
