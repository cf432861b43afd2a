import { join } from 'node:path'
import type { Blobs } from './blobs.ts'
import type { Directory } from './directory.ts'
import type { Followed } from './followed.ts'
import type { Follower } from './follower.ts'
import type { Liveness } from './liveness.ts'
import type { Pins } from './pins.ts'
import { inSlices, type Steps } from './slices.ts'
import { readValue } from './value-record.ts'

/** What sweeping needs from around it. */
export interface SweeperContext {
  readonly directory: Directory
  readonly follower: Follower
  readonly blobs: Blobs
  readonly liveness: Liveness
  readonly pins: Pins
  readonly writer: bigint
}

// Blobs and drafts are written before anything names them. Their writer is known to be alive meanwhile, but not where there
// are no sockets, nor to who could not wait for one to be made.
const youngestMilliseconds = 10 * 60 * 1000

/**
 * Removes what processes have left behind that were killed: outdated logs, drafts, sockets, pins and blobs; and of the blobs
 * of this store what others have put an end to, and could not remove.
 */
export class Sweeper {
  readonly #context: SweeperContext

  constructor(context: SweeperContext) {
    this.#context = context
  }

  /** Whether a look at the names tells that something was left here. */
  async hasLeftovers(): Promise<boolean> {
    const { directory, follower, liveness } = this.#context
    const log = follower.followed?.log
    if (!log) return false
    const isCrowded = directory.outdated(log).length > 0 || directory.drafts().length > 0
    return (await liveness.sweep()) > 0 || isCrowded || (await this.#hasOrphans())
  }

  /** What cannot be removed stays until the next time, and keeps nothing else from being removed. Then it rejects. */
  async sweep(): Promise<void> {
    const { liveness, pins } = this.#context
    const steps = [
      () => liveness.sweep(),
      () => pins.sweep(),
      () => this.#drafts(),
      () => this.#outdatedLogs(),
      () => this.#orphans(),
    ]
    await allInTurn(steps)
  }

  async #drafts(): Promise<void> {
    const { directory, writer: own, liveness } = this.#context
    // Here, nothing takes so long.
    const isAlive = async (writer: bigint) => writer !== own && (await liveness.isAlive(writer))
    await allInTurn(
      directory.drafts().map(({ path, writer }) => async () => {
        if (this.#isOld(path) && !(await isAlive(writer))) await directory.files.remove(path)
      }),
    )
  }

  // Who published the newest log may have been killed before it was safe.
  async #outdatedLogs(): Promise<void> {
    const { directory, follower } = this.#context
    const log = follower.refresh()?.log
    if (!log || directory.outdated(log).length === 0) return
    await log.sync()
    await directory.files.syncDirectory(directory.folder)
    await allInTurn(directory.outdated(log).map(path => () => directory.files.remove(path)))
  }

  /**
   * Blobs that no record names, and none will: their writer is dead, or is this store and has settled them. That is found out
   * first. Whatever it has appended lies in the log by then.
   */
  async #orphans(): Promise<void> {
    const { blobs, pins } = this.#context
    if (!(await this.#hasOrphans())) return
    const orphans = await this.#unnamed(await this.#settled())
    for (const blob of await pins.pinned()) orphans.delete(blob)
    await allInTurn([...orphans].map(file => () => blobs.remove({ file })))
  }

  /** Which of some blobs that records once named are named no more; none, where others reclaim meanwhile. */
  async outOfUse(files: readonly string[]): Promise<Set<string>> {
    return files.length > 0 && (await this.#hasOrphans()) ? this.#unnamed(new Set(files)) : new Set()
  }

  async #unnamed(files: Set<string>): Promise<Set<string>> {
    const { follower } = this.#context
    if (files.size === 0) return files
    const followed = await follower.load()
    if (!followed) return new Set()
    await inSlices(this.#forgiveNamed(files, followed))
    // The places were those of another log.
    return follower.followed?.log === followed.log ? files : new Set()
  }

  // There are more blobs than entries that have one. Which ones these are takes reading the records of all.
  async #hasOrphans(): Promise<boolean> {
    const files = await countOf(this.#context.blobs.all())
    const followed = files > 0 ? await this.#context.follower.load() : undefined
    return followed !== undefined && files > (await countOf(followed.contents.index.blobPlaces()))
  }

  // All places at once: entries that are stored meanwhile are none of the dead ones', those that are deleted do no harm.
  *#forgiveNamed(orphans: Set<string>, { log, contents }: Followed): Steps {
    for (const { position, length } of [...contents.index.blobPlaces()]) {
      const stretch = log.recordAt(position, length)
      const blob = stretch && readValue(stretch)?.blob
      if (blob) orphans.delete(blob.file)
      yield
    }
  }

  async #settled(): Promise<Set<string>> {
    const { liveness, writer: own } = this.#context
    const byWriter = new Map<bigint, string[]>()
    await inSlices(this.#collectOld(byWriter))
    const found = new Set<string>()
    for (const [writer, files] of byWriter) {
      if (writer !== own && (await liveness.isAlive(writer))) continue
      for (const file of files) found.add(file)
    }
    return found
  }

  *#collectOld(byWriter: Map<bigint, string[]>): Steps {
    const { blobs, directory } = this.#context
    for (const { file, writer } of blobs.all()) {
      if (!blobs.isUnderWay(file) && this.#isOld(join(directory.blobs, file.slice(0, 2), file))) {
        const known = byWriter.get(writer)
        if (known) known.push(file)
        else byWriter.set(writer, [file])
      }
      yield
    }
  }

  #isOld(path: string): boolean {
    const modifiedAt = this.#context.directory.files.modifiedAt(path)
    return modifiedAt !== undefined && modifiedAt <= Date.now() - youngestMilliseconds
  }
}

async function countOf(things: Iterable<unknown>): Promise<number> {
  let count = 0
  const steps = function* (): Steps {
    for (const _ of things) {
      count++
      yield
    }
  }
  await inSlices(steps())
  return count
}

/** Does one thing after the other, all of them, and then fails if the first of them did that failed. */
export async function allInTurn(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
