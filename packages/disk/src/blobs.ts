import { BlobFolders } from './blob-folders.ts'
import { BlobReaders } from './blob-readers.ts'
import { memorySizeOf } from './codec.ts'
import { type Compressor, compressedEncoding, expand } from './compression.ts'
import type { Durability } from './durability.ts'
import type { Files } from './files.ts'
import { runningChecksum } from './hash.ts'
import { Limit } from './limit.ts'
import { despiteRemoval, despiteRemovalNow } from './patience.ts'
import { Payload } from './payload.ts'
import { checksumOf, inPieces, piecesOf } from './payload-pieces.ts'
import { beginningBytes } from './segments.ts'
import { stretchOf } from './stretch.ts'
import type { BlobReference } from './value-record.ts'

/** What stores name their blobs: the source of a regular expression. FORMAT.md says what its parts are. */
export const blobName = '[0-9a-f]{18}-[0-9a-z]{1,7}(?:\\.(?!draft)[0-9a-z]{1,15})?'

// A name from the log that differs does not come from here, and is never used as a path.
const fileName = new RegExp(`^${blobName}$`)
// Such a file, or one on its way to it.
const ownName = new RegExp(`^${blobName}(?:\\.[0-9a-z-]+\\.draft)?$`)

/** Whether a text is the name of a blob. */
export function isBlobName(name: string): boolean {
  return fileName.test(name)
}

/** The number of the store that has written a blob, or is on the way to it; `undefined` for a file of any other name. */
export function blobWriter(file: string): bigint | undefined {
  return ownName.test(file) ? BigInt(`0x${file.slice(2, 18)}`) : undefined
}

// A process may not have many more files open than this, and the program wants some for itself.
const mostOpen = 64

/** Why the bytes of a blob cannot be had, as what it is: 'missing', 'damaged'. */
export type Unreadable = string

const tooLarge: Unreadable = 'too large for the memory of this process'

/** What a blob holds: what of its payload has to be in memory, and the bytes of the Blobs in its value, if there are any. */
export interface BlobContent {
  readonly memory: Buffer
  readonly blobs: Blob | undefined
}

/** What is done to payloads on their way. */
export interface BlobsOptions {
  /** Default: none, payloads are stored as they are. */
  readonly compressor?: Compressor | undefined
  /** Default `'process'`. */
  readonly durability?: Durability | undefined
}

// So many lie in one folder, so that few folders have to be made, and those written at once share the sync of one.
const blobsInARow = 16

// Such a file is written in the time that a batch of the log takes, of which the threads that do so beside the program would
// add as much again. On Windows, a scanner may be in the way of a new file for a while.
const quickBytes = process.platform === 'win32' ? 0 : 1 << 20

const stays = async (): Promise<boolean> => true

/** Values too large for the log, and those with Blobs, each in a file of its own. */
export class Blobs {
  readonly #files: Files
  readonly #folders: BlobFolders
  readonly #writer: bigint
  readonly #remake = () => this.#folders.forget()
  readonly #compressor: Compressor | undefined
  readonly #isSynced: boolean
  readonly #open = new Limit(mostOpen)
  readonly #readers = new BlobReaders()
  // In which state the file of a blob was when its checksum was verified.
  readonly #verified = new Map<string, string>()
  // What was begun here, and not settled.
  readonly #underWay = new Set<string>()
  #count = 0

  /** @param writer - The random number of the opened store, which becomes part of its blobs' names. */
  constructor(files: Files, dir: string, writer: bigint, { compressor, durability }: BlobsOptions = {}) {
    this.#compressor = compressor
    this.#isSynced = durability === 'power'
    this.#files = files
    this.#folders = new BlobFolders(files, dir)
    this.#writer = writer
  }

  /**
   * Stores a payload, as safely as was asked for; nothing knows of it until a record names it, and then it is to be settled.
   * Fails if memory of the value's own that is a part of it is changed in the meantime: what is stored is the value as it was
   * at one moment after the call.
   */
  async write(payload: Payload): Promise<BlobReference> {
    const { bytes } = payload
    if (this.#compressor && bytes) return this.#write(new Payload([await this.#compressor.compress(bytes)]))
    return this.#write(payload)
  }

  async #write(payload: Payload): Promise<BlobReference> {
    const before = payload.isBorrowed ? await checksumOf(payload) : undefined
    const file = this.#newName()
    try {
      return await despiteRemoval(() => this.#writeFile(file, payload, before), this.#remake)
    } catch (error) {
      this.settle({ file })
      throw error
    }
  }

  /**
   * What a blob holds, or why it cannot be had. Its checksum is verified before anything is handed out. Blobs in it are not
   * kept in memory: they are read from the file when their bytes are asked for, and reading rejects if it is gone.
   *
   * @param keep - Called before Blobs are handed out: sees to it that the file stays from now on, and answers whether it does. Where
   *   it does not, as in a read-only directory or since its entry has ended meanwhile, all bytes are read into memory.
   */
  async read(
    reference: BlobReference,
    keep: () => Promise<boolean> = stays,
  ): Promise<BlobContent | Unreadable> {
    const { file } = reference
    if (!isBlobName(file)) return 'damaged'
    try {
      return await this.#readers.during(file, () => this.#open.run(() => this.#read(reference, keep)))
    } catch (error) {
      if (error instanceof RangeError) return tooLarge
      throw error
    }
  }

  /** Whether nothing is won by writing a payload beside the program. */
  isQuick({ memorySize, blobs }: Payload): boolean {
    return memorySize <= quickBytes && blobs.length === 0 && !this.#isSynced && !this.#compressor
  }

  /** The same as `write`, done when it has returned. The bytes of Blobs cannot be had so: the payload must have none. */
  writeNow(payload: Payload): BlobReference {
    const file = this.#newName()
    try {
      return despiteRemovalNow(() => this.#writeFileNow(file, payload), this.#remake)
    } catch (error) {
      this.settle({ file })
      throw error
    }
  }

  #writeFileNow(file: string, payload: Payload): BlobReference {
    this.#folders.make(file)
    const hash = runningChecksum()
    const draft = this.#files.createDraft(this.#folders.path(file), this.#writer)
    try {
      for (const piece of inPieces(payload.memory)) {
        hash.update(piece)
        draft.write(piece)
      }
      if (this.#isSynced) draft.syncNow()
      draft.replaceNow()
    } finally {
      draft.discard()
    }
    if (this.#isSynced) this.#folders.syncNow(file)
    return { file, size: payload.size, checksum: hash.digest() }
  }

  /** The same as `read`, without a promise. */
  readNow(reference: BlobReference): BlobContent | Unreadable {
    if (!isBlobName(reference.file)) return 'damaged'
    try {
      return this.#readNow(reference)
    } catch (error) {
      if (error instanceof RangeError) return tooLarge
      throw error
    }
  }

  #readNow({ file, size, checksum }: BlobReference): BlobContent | Unreadable {
    const bytes = this.#files.readNow(this.#folders.path(file), size)
    if (!bytes) return 'missing'
    const hash = runningChecksum()
    for (const piece of inPieces([bytes])) hash.update(piece)
    const memory = Buffer.from(bytes.buffer)
    const memorySize = memorySizeOf(stretchOf(memory), size)
    if (hash.digest() !== checksum || memorySize === undefined) return 'damaged'
    return inMemory(memory, memorySize)
  }

  /** The names of all blobs that there are, also of unfinished ones, with the numbers of their writers. */
  *all(): Generator<{ file: string; writer: bigint }> {
    for (const file of this.#folders.files()) {
      const writer = blobWriter(file)
      if (writer !== undefined) yield { file, writer }
    }
  }

  /** No record of this store names a blob from now on that does not do so already. */
  settle({ file }: Pick<BlobReference, 'file'>): void {
    this.#underWay.delete(file)
  }

  /** Whether a file of this store is a blob, or on its way to one, that a record may still come to name. */
  isUnderWay(file: string): boolean {
    return this.#underWay.has(file.replace(/\..*/, ''))
  }

  /** Removes the file of a blob, once all are through who are reading it here. */
  async remove({ file }: Pick<BlobReference, 'file'>): Promise<void> {
    if (!ownName.test(file)) return
    await this.#readers.end(file)
    this.#verified.delete(file)
    await this.#files.remove(this.#folders.path(file))
  }

  isBeingRead({ file }: Pick<BlobReference, 'file'>): boolean {
    return this.#readers.isReading(file)
  }

  /** The same as `remove` when it has returned, for a file that nobody is reading. */
  removeNow({ file }: Pick<BlobReference, 'file'>): void {
    if (!ownName.test(file)) return
    this.#verified.delete(file)
    this.#files.removeNow(this.#folders.path(file))
  }

  async #read(reference: BlobReference, keep: () => Promise<boolean>): Promise<BlobContent | Unreadable> {
    const { file, size } = reference
    const beginning = this.#files.readBeginning(this.#folders.path(file), size, beginningBytes)
    if (!beginning) return 'missing'
    const memorySize = memorySizeOf(stretchOf(beginning), size)
    if (memorySize === undefined) return 'damaged'
    if (memorySize === size) return this.#readWhole(reference)
    if (await keep()) return this.#readMemory(reference, memorySize)
    const whole = await this.#readWhole(reference)
    return typeof whole === 'string' ? whole : inMemory(whole.memory, memorySize)
  }

  async #readWhole({ file, size, checksum }: BlobReference): Promise<BlobContent | Unreadable> {
    const hash = runningChecksum()
    const memory = await this.#files.readWhole(this.#folders.path(file), size, part => hash.update(part))
    if (!memory) return 'missing'
    if (hash.digest() !== checksum) return 'damaged'
    return memory[0] === compressedEncoding ? this.#expanded(memory) : { memory, blobs: undefined }
  }

  async #expanded(compressed: Buffer): Promise<BlobContent | Unreadable> {
    try {
      return { memory: await expand(stretchOf(compressed)), blobs: undefined }
    } catch (error) {
      return error instanceof Error ? error.message : 'damaged'
    }
  }

  async #readMemory(reference: BlobReference, memorySize: number): Promise<BlobContent | Unreadable> {
    const blob = await this.#openVerified(reference)
    if (typeof blob === 'string') return blob
    try {
      const memory = await blob.slice(0, memorySize).arrayBuffer()
      return { memory: Buffer.from(memory), blobs: blob.slice(memorySize) }
    } catch (error) {
      // One error for a file that was removed and for one that cannot be opened now.
      if (this.#files.stateAt(this.#folders.path(reference.file)) === undefined) return 'missing'
      throw error
    }
  }

  // Once for each file, as long as it is not changed. A second link to it, made by a copy, is a change as well.
  async #openVerified(reference: BlobReference, tries = 3): Promise<Blob | Unreadable> {
    const { file, size, checksum } = reference
    const path = this.#folders.path(file)
    const state = this.#files.stateAt(path)
    if (state === undefined) return 'missing'
    if (this.#verified.get(file) !== `${state} ${checksum}`) {
      const hash = runningChecksum()
      if (!(await this.#files.readThrough(path, size, part => hash.update(part)))) return 'missing'
      if (hash.digest() !== checksum) return 'damaged'
    }
    const blob = await this.#files.openAsBlob(path)
    if (!blob) return 'missing'
    if (this.#files.stateAt(path) === state) {
      this.#verified.set(file, `${state} ${checksum}`)
      return blob
    }
    if (tries > 1) return this.#openVerified(reference, tries - 1)
    throw new Error('the file of the value is changed again and again')
  }

  async #writeFile(file: string, payload: Payload, before: bigint | undefined): Promise<BlobReference> {
    this.#folders.make(file)
    const hash = runningChecksum()
    const pieces = piecesOf(payload, hash, before)
    await this.#open.run(() => this.#files.writeWhole(this.#folders.path(file), pieces, this.#isSynced))
    if (this.#isSynced) await this.#folders.sync(file)
    return { file, size: payload.size, checksum: hash.digest() }
  }

  // Folders in turn, beginning with another one for each writer.
  #newName(): string {
    const count = this.#count++
    const writer = this.#writer.toString(16).padStart(16, '0')
    const folder = (Number.parseInt(writer.slice(-2), 16) + Math.floor(count / blobsInARow)) & 0xff
    const name = `${folder.toString(16).padStart(2, '0')}${writer}-${count.toString(36)}`
    this.#underWay.add(name)
    return name
  }
}

function inMemory(memory: Buffer, memorySize: number): BlobContent {
  if (memorySize === memory.length) return { memory, blobs: undefined }
  const blobs = new Blob([new Uint8Array(memory.buffer, memory.byteOffset + memorySize)])
  return { memory: memory.subarray(0, memorySize), blobs }
}
