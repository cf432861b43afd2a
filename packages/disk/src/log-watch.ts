import type { Directory } from './directory.ts'
import type { LogStatus } from './files.ts'
import type { Log } from './log.ts'

const pathCheckedEveryMilliseconds = 1000
const separatedEveryMilliseconds = 60_000
// A log that was replaced takes up room for as long as anybody has it open.
const idleLookEvery = 10_000
// Why it cannot be seen whether a log is still the one of its directory, which says nothing about the log.
const blinding: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EACCES'])

/** Watches whether the log that is followed is still the one of its directory, and may be written to. */
export class LogWatch {
  readonly #directory: Directory
  readonly #letGo: () => void
  #pathCheckedAt = Number.NEGATIVE_INFINITY
  #openedAt = Number.NEGATIVE_INFINITY
  #separatedAt = Number.NEGATIVE_INFINITY
  // At the last look.
  #isLinkedTwice = false
  #idleLook: NodeJS.Timeout | undefined

  /** @param letGo - Called once in a while, whether or not anybody uses the log. */
  constructor(directory: Directory, letGo: () => void) {
    this.#directory = directory
    this.#letGo = letGo
  }

  /** Begins with a log that was just opened. */
  begin(log: Log): void {
    this.#pathCheckedAt = performance.now()
    this.#openedAt = this.#pathCheckedAt
    this.statusOf(log)
    this.#idleLook = setInterval(this.#letGo, idleLookEvery)
    this.#idleLook.unref()
  }

  stop(): void {
    clearInterval(this.#idleLook)
  }

  /** What the file system says of the log now. */
  statusOf(log: Log): LogStatus {
    const status = log.status()
    this.#isLinkedTwice = status.links > 1
    return status
  }

  /** The next look is not spared because of the last one. */
  lookAgain(): void {
    this.#pathCheckedAt = Number.NEGATIVE_INFINITY
  }

  /** Whether another file lies where the log was, or none. Looks once in a while only. */
  isGone(log: Log, now: number): boolean {
    if (now - this.#pathCheckedAt < pathCheckedEveryMilliseconds) return false
    this.#pathCheckedAt = now
    try {
      return this.#directory.hasLost(log)
    } catch (error) {
      // It is open, and can be read all the same. The next look may succeed.
      if (blinding.has((error as { code?: unknown }).code)) return false
      throw error
    }
  }

  /** Whether a log that was opened to read could be opened to write by now. Looks once in a while only. */
  hasBecomeWritable(log: Log, now: number): boolean {
    if (log.writable || now - this.#openedAt < pathCheckedEveryMilliseconds) return false
    this.#openedAt = now
    return this.#directory.isWritable(log)
  }

  /**
   * Whether the log lies in another directory too, as after `cp -al`, so that what is appended here would appear there. Says
   * so once in a while only: there may be file systems that count the places of a file as they like.
   */
  isShared(log: Log): boolean {
    const now = performance.now()
    if (!this.#isLinkedTwice || now - this.#separatedAt < separatedEveryMilliseconds) return false
    this.#isLinkedTwice = this.#directory.sharesWithOthers(log)
    if (this.#isLinkedTwice) this.#separatedAt = now
    return this.#isLinkedTwice
  }
}
