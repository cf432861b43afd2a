import * as fs from 'node:fs'
import { rm } from 'node:fs/promises'
import { absent, codeOf, guarded, partBytes, type WholeFiles, wholeFiles } from './whole-files.ts'

/** What of a log's status is watched. */
export interface LogStatus {
  readonly size: number
  /** False once the file has been removed from its directory. */
  readonly linked: boolean
}

/** An open log. All its operations are synchronous: they take microseconds, a promise would take a hundred times that. */
export interface LogFile {
  readonly writable: boolean
  /** Tells this file from any other that may come to stand at its path. */
  readonly identity: string
  status(): LogStatus
  /** Reads up to `bytes.length` bytes and answers how many there were. */
  read(bytes: Uint8Array, position: number): number
  /** Writes at the end of the file, whoever else writes there too, and answers how many bytes were written. */
  append(bytes: Uint8Array): number
  close(): void
}

/** Every operation on the file system that the store does. Passed in, so that tests can make each of them fail. */
export interface Files extends WholeFiles {
  makeDirectory(path: string): void
  /** The names in a directory; none where there is no such directory. */
  list(path: string): string[]
  /** `undefined` where there is no such file. Anything but a regular file is an error. */
  openLog(path: string): LogFile | undefined
  /** What {@link LogFile.identity} is of the file at a path now. */
  identityAt(path: string): string | undefined
  /** The parts of a file of any size, in order. */
  readParts(path: string): AsyncIterable<Uint8Array>
  /** Removes a file, if there is one. */
  remove(path: string): Promise<void>
}

const directoryMode = 0o700

// A log is never created by opening it.
const { O_RDONLY, O_RDWR, O_APPEND } = fs.constants

export const nodeFiles: Files = {
  ...wholeFiles,

  makeDirectory(path) {
    fs.mkdirSync(path, { recursive: true, mode: directoryMode })
    // What is stored must not go where somebody's link points.
    if (!fs.lstatSync(path).isDirectory())
      throw systemError('ENOTDIR', 'what stands in the place of a folder is a link')
  },

  list(path) {
    try {
      return fs.readdirSync(path)
    } catch (error) {
      return absent(error, [])
    }
  },

  openLog(path) {
    try {
      return openForAppending(path) ?? new OpenLog(fs.openSync(path, O_RDONLY | guarded), false)
    } catch (error) {
      return absent(error, undefined)
    }
  },

  identityAt(path) {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false })
    return stats && identityOf(stats)
  },

  readParts(path) {
    return fs.createReadStream(path, { highWaterMark: partBytes })
  },

  async remove(path) {
    await rm(path, { force: true })
  },
}

class OpenLog implements LogFile {
  readonly writable: boolean
  readonly identity: string
  readonly #descriptor: number

  constructor(descriptor: number, writable: boolean) {
    this.#descriptor = descriptor
    this.writable = writable
    const stats = fs.fstatSync(descriptor)
    this.identity = identityOf(stats)
    if (stats.isFile()) return
    fs.closeSync(descriptor)
    throw systemError('ENOTFILE', 'what stands in the place of a log is not a file')
  }

  status(): LogStatus {
    const { size, nlink } = fs.fstatSync(this.#descriptor)
    return { size, linked: nlink > 0 }
  }

  read(bytes: Uint8Array, position: number): number {
    let done = 0
    while (done < bytes.length) {
      const read = fs.readSync(this.#descriptor, bytes, done, bytes.length - done, position + done)
      if (read === 0) break
      done += read
    }
    return done
  }

  append(bytes: Uint8Array): number {
    return fs.writeSync(this.#descriptor, bytes)
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }
}

function openForAppending(path: string): LogFile | undefined {
  try {
    return new OpenLog(fs.openSync(path, O_RDWR | O_APPEND | guarded), true)
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) return undefined
    throw error
  }
}

function identityOf({ dev, ino }: fs.Stats): string {
  return `${dev}:${ino}`
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
