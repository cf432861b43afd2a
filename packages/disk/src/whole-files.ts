import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { promisify } from 'node:util'
import { patiently, patientlyNow } from './patience.ts'

/** Operations on files that appear as a whole, and do not change afterwards. */
export interface WholeFiles {
  /** Makes a complete file appear at a path at once, or answers false where there is one already. */
  publish(path: string, bytes: Uint8Array): boolean
  /**
   * Makes a complete file appear at a path at once, in the place of whatever is there. The next piece is asked for while
   * the one before it is being written; those before that may be used again. When a piece fails, there is no file.
   *
   * @param isSynced - Whether its bytes are to survive a loss of power before it appears. Its name is another matter. Default
   *   false.
   */
  writeWhole(
    path: string,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    isSynced?: boolean,
  ): Promise<void>
  /**
   * The bytes of a file, `undefined` where there is none or its size is another. Each part is passed on as soon as it is
   * read, while the next one is being read.
   */
  readWhole(path: string, size: number, onPart: (part: Uint8Array) => void): Promise<Buffer | undefined>
  /** The same without keeping them: the memory of a part is used again. Answers whether there is such a file. */
  readThrough(path: string, size: number, onPart: (part: Uint8Array) => void): Promise<boolean>
  /** Up to so many bytes at the beginning of a file; `undefined` where there is none or its size is another. */
  readBeginning(path: string, size: number, length: number): Buffer | undefined
  /** Tells the file at a path from any other, and from itself after a change, as far as the system notices one. */
  stateAt(path: string): string | undefined
  /** A file as a Blob: read when its bytes are asked for, where the runtime can do that. `undefined` where there is none. */
  openAsBlob(path: string): Promise<Blob | undefined>
}

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants

/** Added when opening: no link is followed, and a pipe that stands in the place of a file must not block. */
export const guarded: number = O_NOFOLLOW | O_NONBLOCK

/** How much of a file is read at once. */
export const partBytes: number = 512 << 10

const partsAhead = 4
const fileMode = 0o600

/** What opening a link, a socket, or a path through a file answers. */
export const noFile: ReadonlySet<string> = new Set(['ELOOP', 'ENXIO', 'ENOTDIR'])

// A File made of a Blob of a file has another time there, and one of two such Blobs no bytes.
const isBun = process.versions['bun'] !== undefined

const readAt = promisify(fs.read)

export const wholeFiles: WholeFiles = {
  publish(path, bytes) {
    const draft = draftOf(path)
    try {
      fs.writeFileSync(draft, bytes, { flag: 'wx', mode: fileMode })
      return patientlyNow(() => linked(draft, path))
    } finally {
      removeIfPossible(draft)
    }
  },

  async writeWhole(path, pieces, isSynced = false) {
    const draft = draftOf(path)
    try {
      const file = await open(draft, 'wx', fileMode)
      try {
        await writeOverlapped(file, pieces)
        if (isSynced) await file.sync()
      } finally {
        await file.close()
      }
      await patiently(() => rename(draft, path))
    } catch (error) {
      removeIfPossible(draft)
      throw error
    }
  },

  async readWhole(path, size, onPart) {
    const descriptor = openRegular(path, size)
    if (descriptor === undefined) return undefined
    try {
      const bytes = Buffer.allocUnsafeSlow(size)
      const memoryOf = (part: number) => bytes.subarray(part * partBytes, (part + 1) * partBytes)
      return (await readOverlapped(descriptor, size, memoryOf, onPart)) ? bytes : undefined
    } finally {
      fs.closeSync(descriptor)
    }
  },

  async readThrough(path, size, onPart) {
    const descriptor = openRegular(path, size)
    if (descriptor === undefined) return false
    try {
      const memory = Array.from({ length: partsAhead + 1 }, () => Buffer.allocUnsafeSlow(partBytes))
      const memoryOf = (part: number) =>
        (memory[part % memory.length] as Buffer).subarray(0, Math.max(0, size - part * partBytes))
      return await readOverlapped(descriptor, size, memoryOf, onPart)
    } finally {
      fs.closeSync(descriptor)
    }
  },

  readBeginning(path, size, length) {
    const descriptor = openRegular(path, size)
    if (descriptor === undefined) return undefined
    try {
      const bytes = Buffer.allocUnsafeSlow(Math.min(size, length))
      return fs.readSync(descriptor, bytes, 0, bytes.length, 0) === bytes.length ? bytes : undefined
    } finally {
      fs.closeSync(descriptor)
    }
  },

  stateAt(path) {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false, bigint: true })
    return stats && [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':')
  },

  async openAsBlob(path) {
    try {
      return isBun ? new Blob([await readFile(path)]) : await fs.openAsBlob(path)
    } catch (error) {
      // Of a file that is not there, Node says that its path is no valid argument.
      if (fs.existsSync(path)) throw error
      return undefined
    }
  },
}

/** `undefined` where there is no regular file of this size. */
function openRegular(path: string, size: number): number | undefined {
  const file = openAnyRegular(path)
  if (!file || file.size === size) return file?.descriptor
  fs.closeSync(file.descriptor)
  return undefined
}

/** A file that is opened to be read; `undefined` where there is no regular one. */
export function openAnyRegular(path: string): { descriptor: number; size: number } | undefined {
  let descriptor: number
  try {
    descriptor = fs.openSync(path, O_RDONLY | guarded)
  } catch (error) {
    return noFile.has(codeOf(error) ?? '') ? undefined : absent(error, undefined)
  }
  const stats = fs.fstatSync(descriptor)
  if (stats.isFile()) return { descriptor, size: stats.size }
  fs.closeSync(descriptor)
  return undefined
}

// Some reads are under way at any time, so that they go on while the program looks at the part that has just come. Small
// parts are still in the processor's cache then.
async function readOverlapped(
  descriptor: number,
  size: number,
  memoryOf: (part: number) => Buffer,
  onPart: (part: Uint8Array) => void,
): Promise<boolean> {
  const parts = Math.ceil(size / partBytes)
  const begin = (part: number) => {
    const read = readPart(descriptor, memoryOf(part), part)
    read.catch(() => {}) // It may fail while an earlier part is still waited for.
    return read
  }
  const ahead = Array.from({ length: partsAhead }, (_, part) => begin(part))
  try {
    for (let part = 0; part < parts; part++) {
      const read = (await ahead.shift()) as Uint8Array | undefined
      if (!read) return false
      ahead.push(begin(part + partsAhead))
      onPart(read)
    }
    return true
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

// What the system answers to a link where the file system has none: FAT, exFAT, some in user space. Only on Windows may EPERM
// mean that somebody is in the way.
const noLinks = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'])
if (process.platform !== 'win32') noLinks.add('EPERM')

/** Gives a file a second name, or answers false where there is something of that name. */
export function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (noLinks.has(codeOf(error) ?? '')) throw systemError('ENOLINKS', (error as Error).message, error)
    throw error
  }
}

/** For what is of no use any more: a sweep removes it where this cannot. */
export function removeIfPossible(path: string): void {
  try {
    fs.rmSync(path, { force: true })
  } catch {
    // Somebody holds it open, or the disk has failed.
  }
}

/** An error as the system would make it. */
export function systemError(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code })
}

/** An answer in the place of the error that there is no such file. */
export function absent<T>(error: unknown, answer: T): T {
  if (codeOf(error) === 'ENOENT') return answer
  throw error
}

export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code
}
