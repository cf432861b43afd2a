import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { patiently, patientlyNow } from './patience.ts'
import { SharedSync } from './shared-sync.ts'
import { codeOf, guarded, linked, removeIfPossible, systemError } from './whole-files.ts'

/** What of a log's status is watched. */
export interface LogStatus {
  readonly size: number
  /** In how many places the file stands: none once it has been removed. */
  readonly links: number
}

/** An open log. All its operations are synchronous: they take microseconds, a promise would take a hundred times that. */
export interface LogFile {
  readonly writable: boolean
  /** Why it could not be opened for writing, where the system said so. */
  readonly refusal?: unknown
  /** Tells this file from any other that may come to stand at its path. */
  readonly identity: string
  status(): LogStatus
  /** Reads up to `bytes.length` bytes and answers how many there were. */
  read(bytes: Uint8Array, position: number): number
  /** Writes at the end of the file, whoever else writes there too, and answers how many bytes were written. */
  append(bytes: Uint8Array): number
  /** Resolves when everything in the file survives a loss of power. Calls at the same time share one wait. */
  sync(): Promise<void>
  syncNow(): void
  close(): void
}

/** A file that is only read. What is open stays the same, whatever comes to stand at its path. */
export interface ReadFile {
  readonly size: number
  /** Reads up to `bytes.length` bytes and answers how many there were. */
  read(bytes: Uint8Array, position: number): number
  close(): void
}

/** A file that is being written, which nobody reads until it has got its name. */
export interface DraftFile {
  /** Appends all of the bytes. */
  write(bytes: Uint8Array): void
  /** Reads up to `bytes.length` bytes of what was written and answers how many there were. */
  read(bytes: Uint8Array, position: number): number
  /** Resolves when everything that was written survives a loss of power. */
  sync(): Promise<void>
  syncNow(): void
  /** Lets the file appear at its path, or answers false where there is one already. Ends the draft. */
  publish(): Promise<boolean>
  publishNow(): boolean
  /** Lets the file appear at its path, in the place of whatever is there. Ends the draft. */
  replace(): Promise<void>
  replaceNow(): void
  /** Removes the draft, if it has not ended yet; leaves it to the next sweep where that fails. */
  discard(): void
}

const { O_RDONLY, O_RDWR, O_APPEND } = fs.constants

const syncFile = promisify(fs.fsync)
const syncData = promisify(fs.fdatasync)

/** An open log. */
export class OpenLog implements LogFile {
  readonly writable: boolean
  readonly refusal: unknown
  readonly identity: string
  readonly #descriptor: number
  readonly #sync = new SharedSync(() => syncData(this.#descriptor))
  #syncs = 0
  #closed = false

  constructor(descriptor: number, refusal?: unknown) {
    this.#descriptor = descriptor
    this.writable = refusal === undefined
    this.refusal = refusal
    const stats = fs.fstatSync(descriptor)
    this.identity = identityOf(stats)
    if (stats.isFile()) return
    fs.closeSync(descriptor)
    throw systemError('ENOTFILE', 'what stands in the place of a log is not a file')
  }

  status(): LogStatus {
    const { size, nlink } = fs.fstatSync(this.#descriptor)
    return { size, links: nlink }
  }

  // The number of a closed file may be given to another one, which must not be read in its place.
  read(bytes: Uint8Array, position: number): number {
    return this.#closed ? 0 : readFully(this.#descriptor, bytes, position)
  }

  append(bytes: Uint8Array): number {
    if (this.#closed) throw systemError('EBADF', 'the log is closed')
    return fs.writeSync(this.#descriptor, bytes)
  }

  async sync(): Promise<void> {
    if (this.#closed) throw systemError('EBADF', 'the log is closed')
    this.#syncs++
    try {
      await this.#sync.run()
    } finally {
      this.#syncs--
      this.#closeIfUnused()
    }
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#descriptor)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closeIfUnused()
  }

  #closeIfUnused(): void {
    if (!this.#closed || this.#syncs > 0) return
    closeLater(this.#descriptor)
  }
}

/** A file that is open to be read. */
export class OpenFile implements ReadFile {
  readonly size: number
  readonly #descriptor: number
  #closed = false

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor
    this.size = size
  }

  read(bytes: Uint8Array, position: number): number {
    return this.#closed ? 0 : readFully(this.#descriptor, bytes, position)
  }

  close(): void {
    if (!this.#closed) closeLater(this.#descriptor)
    this.#closed = true
  }
}

/** A file that is being written under another name than it will have. */
export class OpenDraft implements DraftFile {
  readonly #descriptor: number
  readonly #draft: string
  readonly #path: string
  #ended = false

  constructor(descriptor: number, draft: string, path: string) {
    this.#descriptor = descriptor
    this.#draft = draft
    this.#path = path
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; )
      done += fs.writeSync(this.#descriptor, bytes, done, bytes.length - done)
  }

  read(bytes: Uint8Array, position: number): number {
    return readFully(this.#descriptor, bytes, position)
  }

  sync(): Promise<void> {
    return syncFile(this.#descriptor)
  }

  syncNow(): void {
    fs.fsyncSync(this.#descriptor)
  }

  async publish(): Promise<boolean> {
    try {
      return await patiently(async () => linked(this.#draft, this.#path))
    } finally {
      this.discard()
    }
  }

  publishNow(): boolean {
    try {
      return patientlyNow(() => linked(this.#draft, this.#path))
    } finally {
      this.discard()
    }
  }

  // Right behind whatever the caller has looked at. Closing is left to a thread: giving back the room of 40 MB takes 10 ms.
  async replace(): Promise<void> {
    this.#ended = true
    const replaced = openToBeReplaced(this.#path)
    try {
      await patiently(async () => fs.renameSync(this.#draft, this.#path))
    } catch (error) {
      removeIfPossible(this.#draft)
      throw error
    } finally {
      closeLater(this.#descriptor)
      if (replaced !== undefined) closeLater(replaced)
    }
  }

  replaceNow(): void {
    this.#ended = true
    try {
      // Some file systems say only now that something was not written.
      fs.closeSync(this.#descriptor)
      patientlyNow(() => fs.renameSync(this.#draft, this.#path))
    } catch (error) {
      removeIfPossible(this.#draft)
      throw error
    }
  }

  discard(): void {
    if (this.#ended) return
    this.#ended = true
    removeIfPossible(this.#draft)
    closeLater(this.#descriptor)
  }
}

// On a thread: who closes a removed file last gives back its room, and that may take a tenth of a second.
function closeLater(descriptor: number): void {
  fs.close(descriptor, () => {})
}

// Whose last descriptor is closed by a thread does not give back its room here.
function openToBeReplaced(path: string): number | undefined {
  // Windows replaces no open file.
  if (process.platform === 'win32') return undefined
  try {
    return fs.openSync(path, O_RDONLY | guarded)
  } catch {
    return undefined
  }
}

function readFully(descriptor: number, bytes: Uint8Array, position: number): number {
  let done = 0
  while (done < bytes.length) {
    const read = fs.readSync(descriptor, bytes, done, bytes.length - done, position + done)
    if (read === 0) break
    done += read
  }
  return done
}

/** Opens a log to append to it, or only to read it where that is refused. A log is never created by opening it. */
export function openForAppending(path: string): OpenLog {
  try {
    return new OpenLog(fs.openSync(path, O_RDWR | O_APPEND | guarded))
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) throw error
    return new OpenLog(fs.openSync(path, O_RDONLY | guarded), error)
  }
}

/** Tells a file from any other that may come to stand at its path. */
export function identityOf({ dev, ino }: fs.Stats): string {
  return `${dev}:${ino}`
}
