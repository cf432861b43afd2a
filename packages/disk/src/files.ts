import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { patiently } from './patience.ts'

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
export interface Files {
  makeDirectory(path: string): void
  /** The names in a directory; none where there is no such directory. */
  list(path: string): string[]
  /** `undefined` where there is no such file. Anything but a regular file is an error. */
  openLog(path: string): LogFile | undefined
  /** What {@link LogFile.identity} is of the file at a path now. */
  identityAt(path: string): string | undefined
  /** Makes a complete file appear at a path at once, or answers false where there is one already. */
  publish(path: string, bytes: Uint8Array): boolean
  /**
   * Makes a complete file appear at a path at once, in the place of whatever is there. The next piece is asked for while
   * the one before it is being written; those before that may be used again. When a piece fails, there is no file.
   */
  writeWhole(path: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>
  /**
   * The bytes of a file, `undefined` where there is none or its size is another. Each part is passed on as soon as it is
   * read, while the next one is being read.
   */
  readWhole(path: string, size: number, onPart: (part: Uint8Array) => void): Promise<Buffer | undefined>
  /** The parts of a file of any size, in order. */
  readParts(path: string): AsyncIterable<Uint8Array>
  /** Removes a file, if there is one. */
  remove(path: string): Promise<void>
}

const directoryMode = 0o700
const fileMode = 0o600
const partBytes = 512 << 10
const partsAhead = 4

// A log is never created by opening it, never followed through a link, and a pipe in its place must not block.
const { O_RDONLY, O_RDWR, O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
const guarded = O_NOFOLLOW | O_NONBLOCK

// What opening a link, a socket, or a path through a file answers.
const noFile: ReadonlySet<string> = new Set(['ELOOP', 'ENXIO', 'ENOTDIR'])

const readAt = promisify(fs.read)

export const nodeFiles: Files = {
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

  publish(path, bytes) {
    const draft = draftOf(path)
    try {
      fs.writeFileSync(draft, bytes, { flag: 'wx', mode: fileMode })
      fs.linkSync(draft, path)
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    } finally {
      fs.rmSync(draft, { force: true })
    }
  },

  async writeWhole(path, pieces) {
    const draft = draftOf(path)
    try {
      const file = await open(draft, 'wx', fileMode)
      try {
        await writeOverlapped(file, pieces)
      } finally {
        await file.close()
      }
      await patiently(() => rename(draft, path))
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  },

  async readWhole(path, size, onPart) {
    let descriptor: number
    try {
      descriptor = fs.openSync(path, O_RDONLY | guarded)
    } catch (error) {
      return noFile.has(codeOf(error) ?? '') ? undefined : absent(error, undefined)
    }
    try {
      const stats = fs.fstatSync(descriptor)
      if (!stats.isFile() || stats.size !== size) return undefined
      return await readOverlapped(descriptor, size, onPart)
    } finally {
      fs.closeSync(descriptor)
    }
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

// Some reads are under way at any time, so that they go on while the program looks at the part that has just come. Small
// parts are still in the processor's cache then.
async function readOverlapped(
  descriptor: number,
  size: number,
  onPart: (part: Uint8Array) => void,
): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafeSlow(size)
  const parts = Math.ceil(size / partBytes)
  const begin = (part: number) => {
    const read = readPart(descriptor, bytes.subarray(part * partBytes, (part + 1) * partBytes), part)
    read.catch(() => {}) // It may fail while an earlier part is still waited for.
    return read
  }
  const ahead = Array.from({ length: partsAhead }, (_, part) => begin(part))
  try {
    for (let part = 0; part < parts; part++) {
      const read = (await ahead.shift()) as Uint8Array | undefined
      if (!read) return undefined
      ahead.push(begin(part + partsAhead))
      onPart(read)
    }
    return bytes
  } finally {
    // The file is closed next, and its number may be given to another one.
    await Promise.allSettled(ahead)
  }
}

async function writeOverlapped(
  file: FileHandle,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  let writing = Promise.resolve()
  try {
    for await (const piece of pieces) {
      await writing
      writing = writePiece(file, piece)
      writing.catch(() => {}) // It may fail while the next piece is still waited for.
    }
  } finally {
    await writing
  }
}

// The system may write less than it was given.
async function writePiece(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done)
    done += bytesWritten
  }
}

async function readPart(
  descriptor: number,
  part: Uint8Array,
  number: number,
): Promise<Uint8Array | undefined> {
  if (part.length === 0) return part
  const { bytesRead } = await readAt(descriptor, part, 0, part.length, number * partBytes)
  return bytesRead === part.length ? part : undefined
}

// Random, since threads of one process and machines that share a directory may have the same process id.
function draftOf(path: string): string {
  return `${path}.${randomBytes(8).toString('hex')}.draft`
}

function identityOf({ dev, ino }: fs.Stats): string {
  return `${dev}:${ino}`
}

function absent<T>(error: unknown, answer: T): T {
  if (codeOf(error) === 'ENOENT') return answer
  throw error
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
