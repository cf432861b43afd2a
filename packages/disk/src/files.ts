import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FileSystem } from './network.ts'
import {
  type DraftFile,
  identityOf,
  type LogFile,
  OpenDraft,
  OpenFile,
  openForAppending,
  type ReadFile,
} from './open-files.ts'
import {
  absent,
  codeOf,
  openAnyRegular,
  partBytes,
  systemError,
  type WholeFiles,
  wholeFiles,
} from './whole-files.ts'

export type { DraftFile, LogFile, LogStatus, ReadFile } from './open-files.ts'

/** What stands at a path. */
export interface Standing {
  readonly kind: 'file' | 'folder' | 'socket' | 'other'
  /** The bits of its permissions. */
  readonly mode: number
  /** Bytes of a file. */
  readonly size: number
}

/** Another, short path to a folder. */
export interface Shortcut {
  readonly path: string
  remove(): void
}

/** Every operation on the file system that the store does. Passed in, so that tests can make each of them fail. */
export interface Files extends WholeFiles {
  makeDirectory(path: string): void
  /** The names in a directory; none where there is no such directory. */
  list(path: string): string[]
  /** `undefined` where there is no such file. Anything but a regular file is an error. */
  openLog(path: string): LogFile | undefined
  /** `undefined` where there is no regular file. */
  openToRead(path: string): ReadFile | undefined
  /** What {@link LogFile.identity} is of the file at a path now. */
  identityAt(path: string): string | undefined
  /** Begins a file that is to appear at a path. The number of the store that writes it becomes part of its name until then. */
  createDraft(path: string, writer: bigint): DraftFile
  /**
   * Resolves when the names in a directory survive a loss of power. Does nothing where the platform cannot do so, or where
   * this process may not look into the directory: then it has not made it either.
   */
  syncDirectory(path: string): Promise<void>
  syncDirectoryNow(path: string): void
  /**
   * All bytes of a file at once, at the beginning of an `ArrayBuffer`; `undefined` where there is none, or where its size
   * is not the one that is given.
   */
  readNow(path: string, size: number): Uint8Array<ArrayBuffer> | undefined
  /** The parts of a file of any size, in order. */
  readParts(path: string): AsyncIterable<Uint8Array>
  /** When a file was written last, in milliseconds since 1970; `undefined` where there is none. */
  modifiedAt(path: string): number | undefined
  /** Removes a file, if there is one. */
  remove(path: string): Promise<void>
  /** The same at once. */
  removeNow(path: string): void
  /** Makes an empty file, if there is nothing at its path. */
  mark(path: string): void
  /** Gives a file another path, in the place of whatever is there. */
  move(from: string, to: string): void
  /** What stands at a path, `undefined` where there is nothing. No link is followed. */
  look(path: string): Standing | undefined
  /** On which file system a directory lies. */
  fileSystemOf(path: string): Promise<FileSystem>
  /** Whether a socket is at a path. A link to one is not. */
  isSocket(path: string): boolean
  /**
   * A short path to a folder, for what cannot take its own: a link in a private folder among the temporary ones. To be
   * removed by the caller.
   */
  shortcut(path: string): Shortcut
}

const directoryMode = 0o700

const fileMode = 0o600

const { O_RDONLY } = fs.constants

const syncFile = promisify(fs.fsync)

// Windows opens no directories.
const canSyncDirectories = process.platform !== 'win32'

// What a directory answers that is read-only, of somebody else, or on a file system that cannot sync directories.
const notToBeSynced: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'EINVAL', 'EBADF'])

export const nodeFiles: Files = {
  ...wholeFiles,

  makeDirectory(path) {
    makeWithParents(path)
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
      return openForAppending(path)
    } catch (error) {
      return absent(error, undefined)
    }
  },

  openToRead(path) {
    const file = openAnyRegular(path)
    return file && new OpenFile(file.descriptor, file.size)
  },

  identityAt(path) {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false })
    return stats && identityOf(stats)
  },

  createDraft(path, writer) {
    const draft = `${path}.${writer.toString(16).padStart(16, '0')}-${randomBytes(4).toString('hex')}.draft`
    return new OpenDraft(fs.openSync(draft, 'wx+', fileMode), draft, path)
  },

  async syncDirectory(path) {
    if (!canSyncDirectories) return
    try {
      const descriptor = fs.openSync(path, O_RDONLY)
      await syncFile(descriptor).finally(() => fs.closeSync(descriptor))
    } catch (error) {
      if (!notToBeSynced.has(codeOf(error) ?? '')) throw error
    }
  },

  syncDirectoryNow(path) {
    if (!canSyncDirectories) return
    try {
      const descriptor = fs.openSync(path, O_RDONLY)
      try {
        fs.fsyncSync(descriptor)
      } finally {
        fs.closeSync(descriptor)
      }
    } catch (error) {
      if (!notToBeSynced.has(codeOf(error) ?? '')) throw error
    }
  },

  readNow(path, size) {
    const file = nodeFiles.openToRead(path)
    try {
      if (file?.size !== size) return undefined
      const bytes = new Uint8Array(size)
      return bytes.subarray(0, file.read(bytes, 0))
    } finally {
      file?.close()
    }
  },

  readParts(path) {
    return fs.createReadStream(path, { highWaterMark: partBytes })
  },

  modifiedAt(path) {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs
  },

  async remove(path) {
    await rm(path, { force: true })
  },

  removeNow(path) {
    fs.rmSync(path, { force: true })
  },

  mark(path) {
    try {
      fs.closeSync(fs.openSync(path, 'wx', fileMode))
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  },

  move(from, to) {
    fs.renameSync(from, to)
  },

  look(path) {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false })
    return stats && { kind: kindOf(stats), mode: stats.mode & 0o777, size: stats.size }
  },

  async fileSystemOf(path) {
    const [type, real] = await Promise.all([typeOf(path), fs.promises.realpath(path)])
    return { type, path: real }
  },

  isSocket(path) {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
  },

  shortcut(path) {
    // Nobody else has the new folder's name or may enter it, so that the link cannot be exchanged.
    const folder = fs.mkdtempSync(join(tmpdir(), 'stagcache-'))
    const shortcut = {
      path: join(folder, '-'),
      remove: () => fs.rmSync(folder, { recursive: true, force: true }),
    }
    try {
      fs.symlinkSync(path, shortcut.path)
      return shortcut
    } catch (error) {
      shortcut.remove()
      throw error
    }
  },
}

function makeWithParents(path: string): void {
  try {
    fs.mkdirSync(path, { recursive: true, mode: directoryMode })
  } catch (error) {
    // Node says so of a file system that is read-only, too. Without parents to make, it says what is the matter.
    if (codeOf(error) === 'ENOENT') makeAlone(path)
    else acceptWhatIsThere(path, error)
  }
}

function makeAlone(path: string): void {
  try {
    fs.mkdirSync(path, { mode: directoryMode })
  } catch (error) {
    acceptWhatIsThere(path, error)
  }
}

// Somebody else may have made it. And Node says so, too, of a folder that was moved away between two of its steps: it has
// found it there, and then looks what it is. It may be back by now.
function acceptWhatIsThere(path: string, error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error
  const there = fs.lstatSync(path, { throwIfNoEntry: false })
  if (!there) throw systemError('ENOENT', (error as Error).message, error)
  if (!there.isDirectory()) throw error
}

// Not every runtime has it.
async function typeOf(path: string): Promise<number | undefined> {
  try {
    const { type } = await fs.promises.statfs(path, { bigint: true })
    // Some systems extend the sign.
    return Number(BigInt.asUintN(32, type))
  } catch {
    return undefined
  }
}

function kindOf(stats: fs.Stats): Standing['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  return stats.isSocket() ? 'socket' : 'other'
}
