import { join } from 'node:path'
import type { Files } from './files.ts'
import { runningChecksum } from './hash.ts'
import { Limit } from './limit.ts'
import type { BlobReference } from './record.ts'

// What this store has ever named a blob. A name from the log that differs does not come from here, and is never used as a path.
const fileName = /^[0-9a-f]{18}-[0-9a-z]{1,7}$/

// A process may not have many more files open than this, and the program wants some for itself.
const mostOpen = 64

/** Values too large for the log, each in a file of its own. */
export class Blobs {
  readonly #files: Files
  readonly #dir: string
  readonly #writer: string
  readonly #directories = new Set<string>()
  readonly #open = new Limit(mostOpen)
  #count = 0

  /** @param writer - The random number of the opened store, which becomes part of its blobs' names. */
  constructor(files: Files, dir: string, writer: bigint) {
    this.#files = files
    this.#dir = dir
    this.#writer = writer.toString(16).padStart(16, '0')
  }

  /** Stores a blob; nothing knows of it until a record names it. */
  async write(bytes: Uint8Array): Promise<BlobReference> {
    const checksum = checksumOf(bytes)
    const folder = Number(checksum & 0xffn)
      .toString(16)
      .padStart(2, '0')
    const file = `${folder}${this.#writer}-${(this.#count++).toString(36)}`
    this.#makeFolder(folder)
    try {
      await this.#writeWhole(file, bytes)
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error
      // The folder was removed since it was made.
      this.#directories.clear()
      this.#makeFolder(folder)
      await this.#writeWhole(file, bytes)
    }
    return { file, size: bytes.length, checksum }
  }

  /** The bytes of a blob, or why they cannot be had. */
  async read({ file, size, checksum }: BlobReference): Promise<Buffer | 'missing' | 'damaged'> {
    if (!fileName.test(file)) return 'damaged'
    const hash = runningChecksum()
    let bytes: Buffer | undefined
    try {
      bytes = await this.#open.run(() =>
        this.#files.readWhole(this.#path(file), size, part => hash.update(part)),
      )
    } catch (error) {
      // No memory has room for what somebody has planted here.
      if (error instanceof RangeError) return 'damaged'
      throw error
    }
    if (!bytes) return 'missing'
    return hash.digest() === checksum ? bytes : 'damaged'
  }

  async remove({ file }: BlobReference): Promise<void> {
    if (fileName.test(file)) await this.#files.remove(this.#path(file))
  }

  #writeWhole(file: string, bytes: Uint8Array): Promise<void> {
    return this.#open.run(() => this.#files.writeWhole(this.#path(file), bytes))
  }

  #makeFolder(folder: string): void {
    if (this.#directories.has(folder)) return
    this.#files.makeDirectory(this.#dir)
    this.#files.makeDirectory(join(this.#dir, folder))
    this.#directories.add(folder)
  }

  #path(file: string): string {
    return join(this.#dir, file.slice(0, 2), file)
  }
}

const partBytes = 1 << 20

// In parts, so that the hash's own memory stays small.
function checksumOf(bytes: Uint8Array): bigint {
  const hash = runningChecksum()
  for (let start = 0; start < bytes.length; start += partBytes)
    hash.update(bytes.subarray(start, start + partBytes))
  return hash.digest()
}
