import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Files } from './files.ts'
import { emptyLog, Log } from './log.ts'

/*
 * The layout of a cache directory.
 *
 *   CACHEDIR.TAG      backups leave the directory alone (https://bford.info/cachedir/)
 *   .gitignore        so does git
 *   store-v1/         everything of format 1
 *     00000001.log    the newest log is the one with the highest number; all lower ones are garbage
 *     blobs/3f/…      one file per large value, in the folder that its name begins with
 */
const formatFolder = 'store-v1'
const ownNames = ['CACHEDIR.TAG', '.gitignore', formatFolder]
const logName = /^(\d{8,15})\.log$/
const highestNumber = 999_999_999_999_999

const tag =
  'Signature: 8a477f597d28d172789f06886806bc55\n# This directory holds a cache of StagCache. It can be removed at any time.\n'
const ignore = '# Made by StagCache: a cache is not kept under version control.\n*\n'

/** Told which log cannot be used, and why. */
export type BadLogListener = (path: string, reason: string) => void

/** A cache directory: where its parts lie, and which log is the newest. */
export class Directory {
  readonly path: string
  readonly #files: Files
  readonly #reported = new Set<string>()

  constructor(files: Files, path: string) {
    this.#files = files
    this.path = path
  }

  get blobs(): string {
    return join(this.path, formatFolder, 'blobs')
  }

  /** Opens the newest log, if there is one that can be used. */
  openLog(onBadLog: BadLogListener): Log | undefined {
    const number = this.#newest()
    return number === 0 ? undefined : this.#open(number, onBadLog)
  }

  /** Opens the newest log; makes the directory and a first log where there is none that can be used. */
  makeLog(onBadLog: BadLogListener): Log {
    this.#make()
    for (let number = this.#newest(); number < highestNumber; number = this.#newest()) {
      const log = number === 0 ? undefined : this.#open(number, onBadLog)
      if (log) return log
      // Another process may publish the same number first; then that one is opened.
      const salt = randomBytes(8).readBigUInt64LE()
      this.#files.publish(this.#logPath(number + 1), emptyLog(salt, Date.now()))
    }
    throw new Error(`there is no number left for a log after ${this.#logPath(highestNumber)}`)
  }

  /** Whether `log` is no longer the newest log of this directory: it was removed, moved, replaced or superseded. */
  hasLost(log: Log): boolean {
    return this.#logPath(this.#newest()) !== log.path || this.#files.identityAt(log.path) !== log.identity
  }

  #open(number: number, onBadLog: BadLogListener): Log | undefined {
    const path = this.#logPath(number)
    const log = Log.open(this.#files, path)
    if (typeof log !== 'string') return log
    if (!this.#reported.has(path)) onBadLog(path, log)
    this.#reported.add(path)
    return undefined
  }

  #newest(): number {
    const numbers = this.#files
      .list(join(this.path, formatFolder))
      .map(name => Number(logName.exec(name)?.[1] ?? 0))
    return numbers.reduce((newest, number) => Math.max(newest, number), 0)
  }

  #logPath(number: number): string {
    return join(this.path, formatFolder, `${String(number).padStart(8, '0')}.log`)
  }

  #make(): void {
    // In a directory that holds other things too, these files would hide them from backups and git.
    const isOurs = this.#files.list(this.path).every(name => ownNames.includes(name))
    this.#files.makeDirectory(join(this.path, formatFolder))
    if (!isOurs) return
    this.#files.publish(join(this.path, 'CACHEDIR.TAG'), Buffer.from(tag))
    this.#files.publish(join(this.path, '.gitignore'), Buffer.from(ignore))
  }
}
