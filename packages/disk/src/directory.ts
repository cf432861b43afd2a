import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { DraftFile, Files } from './files.ts'
import { emptyLog, Log } from './log.ts'
import { despiteRemovalNow } from './patience.ts'

/*
 * The layout of a cache directory.
 *
 *   CACHEDIR.TAG      backups leave the directory alone (https://bford.info/cachedir/)
 *   .gitignore        so does git
 *   store-v1/         everything of format 1
 *     00000001.log    the newest log is the one with the highest number; all lower ones are garbage
 *     00000001.idx    snapshot of what the log of that number leaves; can always be rebuilt from it
 *     blobs/3f/…      one file per large value, in the folder that its name begins with
 *     live/…          who is alive
 */
const formatFolder = 'store-v1'
// What lies beside the folder of a format, or is on its way there.
const markerName = /^(?:CACHEDIR\.TAG|\.gitignore)(?:\.[0-9a-f]{16}\.draft)?$/

const logName = /^(\d{8,15})\.log$/
const numbered = /^(\d{8,15})\.(?:log|idx)$/
// That of a small file that is published at once is named after nobody.
const draftName = /\.([0-9a-f]{16})(?:-[0-9a-z]+)?\.draft$/
const anyDraftName = /\.draft$/
const foldersInside: ReadonlySet<string> = new Set(['blobs', 'live'])
const highestNumber = 999_999_999_999_999

const tag =
  'Signature: 8a477f597d28d172789f06886806bc55\n# This directory holds a cache of StagCache. It can be removed at any time.\n'
const ignore = '# Made by StagCache: a cache is not kept under version control.\n*\n'

/** What a name in the folder of format 1 is the name of. */
export type FileRole =
  | { readonly role: 'folder' }
  | { readonly role: 'unknown' }
  | { readonly role: 'log' | 'snapshot'; readonly number: number }
  | { readonly role: 'draft'; readonly writer: bigint }

export function roleOf(name: string): FileRole {
  if (foldersInside.has(name)) return { role: 'folder' }
  const number = numbered.exec(name)?.[1]
  if (number !== undefined) return { role: logName.test(name) ? 'log' : 'snapshot', number: Number(number) }
  const writer = writerOf(name)
  return writer === undefined ? { role: 'unknown' } : { role: 'draft', writer }
}

/** The number of the store whose draft has a name. */
function writerOf(name: string): bigint | undefined {
  const writer = draftName.exec(name)?.[1]
  return writer === undefined ? undefined : BigInt(`0x${writer}`)
}

/** Told which log cannot be used, and why. */
export type BadLogListener = (path: string, reason: string) => void

/** A cache directory: where its parts lie, and which log is the newest. */
export class Directory {
  readonly path: string
  readonly files: Files
  /** The folder with everything of this format. */
  readonly folder: string
  readonly #reported = new Set<string>()

  constructor(files: Files, path: string) {
    this.files = files
    this.path = path
    this.folder = join(path, formatFolder)
  }

  get blobs(): string {
    return join(this.folder, 'blobs')
  }

  get live(): string {
    return join(this.folder, 'live')
  }

  /** Opens the newest log, if there is one that can be used. */
  openLog(onBadLog: BadLogListener): Log | undefined {
    let number = 0
    // Between the look at the names and the opening, another log may have followed the newest one.
    for (let newest = this.#newest(); newest > number; newest = this.#newest()) {
      number = newest
      const log = this.#open(number, onBadLog)
      if (log) return log
    }
    return undefined
  }

  /** Opens the newest log; makes the directory and a first log where there is none that can be used. */
  makeLog(onBadLog: BadLogListener): Log {
    // Each attempt begins with the directory.
    return despiteRemovalNow(() => this.#makeLog(onBadLog))
  }

  #makeLog(onBadLog: BadLogListener): Log {
    for (let number = this.#newest(); number < highestNumber; number = this.#newest()) {
      const log = number === 0 ? undefined : this.#open(number, onBadLog)
      if (log) return log
      this.#make()
      // Another process may publish the same number first; then that one is opened.
      const head = { salt: randomNumber(), id: randomNumber(), madeAt: Date.now() }
      this.files.publish(this.logPath(number + 1), emptyLog(head))
    }
    throw new Error(`there is no number left for a log after ${this.logPath(highestNumber)}`)
  }

  /** Whether a log that could only be read can be appended to by now. */
  isWritable({ path }: Log): boolean {
    const file = this.files.openLog(path)
    file?.close()
    return file?.writable === true
  }

  /** Whether a sealed log has been followed by another one. */
  hasSuccessor({ number }: Log): boolean {
    return this.files.identityAt(this.logPath(number + 1)) !== undefined
  }

  /** Whether `log` is no longer the newest log of this directory: it was removed, moved, replaced or superseded. */
  hasLost(log: Log): boolean {
    return this.logPath(this.#newest()) !== log.path || this.files.identityAt(log.path) !== log.identity
  }

  /** Whether a log stands in another directory too, as after copying this one by hard links. */
  sharesWithOthers(log: Log): boolean {
    // Who has just published it may not have removed the draft yet, and may never do so.
    for (const path of this.#draftsLike(log)) this.files.removeNow(path)
    return log.status().links > 1
  }

  /** Begins the log that is to follow `log`. It lies beside it, so that it cannot get into any other directory. */
  draftSuccessor(log: Log, writer: bigint): DraftFile {
    return this.files.createDraft(this.logPath(log.number + 1), writer)
  }

  /** Begins a snapshot of a log. */
  draftSnapshot(log: Pick<Log, 'number'>, writer: bigint): DraftFile {
    return this.files.createDraft(this.snapshotPath(log), writer)
  }

  /** Puts a snapshot of a log in the place of the earlier one. */
  async saveSnapshot(
    log: Pick<Log, 'number'>,
    writer: bigint,
    write: (file: DraftFile) => Promise<void>,
  ): Promise<void> {
    const file = this.draftSnapshot(log, writer)
    try {
      await write(file)
      await this.replaceSnapshot(log, file)
    } finally {
      file.discard()
    }
  }

  /** Puts a snapshot of a log in the place of the earlier one, unless nobody needs that log any more. */
  async replaceSnapshot({ number }: Pick<Log, 'number'>, file: DraftFile): Promise<void> {
    await file.replace()
    // Whoever removed what belongs to outdated logs may have done so before it was there.
    if (this.#newest() > number) await this.files.remove(this.snapshotPath({ number }))
  }

  /**
   * Logs below `log` with what belongs to them, which nobody needs any more. The lowest first: who still follows one has
   * to find the next one, or its own gone.
   */
  outdated({ number }: Pick<Log, 'number'>): string[] {
    return this.files
      .list(this.folder)
      .filter(name => Number(numbered.exec(name)?.[1] ?? number) < number)
      .sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
      .map(name => join(this.folder, name))
  }

  /** What stores have begun to write here, and have not finished, with the number of each store. */
  drafts(): { path: string; writer: bigint }[] {
    const markers = this.files.list(this.path).filter(name => markerName.test(name))
    const paths = [
      ...markers.map(name => join(this.path, name)),
      ...this.files.list(this.folder).map(name => join(this.folder, name)),
    ]
    return paths.flatMap(path => {
      const writer = writerOf(path)
      return writer === undefined ? [] : [{ path, writer }]
    })
  }

  /** Resolves when the names of the logs survive a loss of power, and those of all directories above them. */
  async sync(): Promise<void> {
    for (const path of this.#parents()) await this.files.syncDirectory(path)
  }

  syncNow(): void {
    for (const path of this.#parents()) this.files.syncDirectoryNow(path)
  }

  logPath(number: number): string {
    return join(this.folder, `${String(number).padStart(8, '0')}.log`)
  }

  snapshotPath({ number }: Pick<Log, 'number'>): string {
    return join(this.folder, `${String(number).padStart(8, '0')}.idx`)
  }

  #draftsLike({ identity }: Log): string[] {
    return this.files
      .list(this.folder)
      .filter(name => anyDraftName.test(name))
      .map(name => join(this.folder, name))
      .filter(path => this.files.identityAt(path) === identity)
  }

  #parents(): string[] {
    // Any process may have made any of them, a moment ago.
    const parents = [this.folder, this.path]
    for (let path = this.path; path !== dirname(path); path = dirname(path)) parents.push(dirname(path))
    return parents
  }

  #open(number: number, onBadLog: BadLogListener): Log | undefined {
    const path = this.logPath(number)
    const log = Log.open(this.files, path, number)
    if (typeof log !== 'string') return log
    if (!this.#reported.has(path)) onBadLog(path, log)
    this.#reported.add(path)
    return undefined
  }

  #newest(): number {
    const numbers = this.files.list(this.folder).map(name => Number(logName.exec(name)?.[1] ?? 0))
    return numbers.reduce((newest, number) => Math.max(newest, number), 0)
  }

  #make(): void {
    // In a directory that holds other things too, these files would hide them from backups and git.
    const isOurs = this.files.list(this.path).every(name => name === formatFolder || markerName.test(name))
    this.files.makeDirectory(this.folder)
    if (!isOurs) return
    this.files.publish(join(this.path, 'CACHEDIR.TAG'), Buffer.from(tag))
    this.files.publish(join(this.path, '.gitignore'), Buffer.from(ignore))
  }
}

/** A random number of 64 bits. */
export function randomNumber(): bigint {
  return randomBytes(8).readBigUInt64LE()
}
