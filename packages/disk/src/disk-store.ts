import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash, randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import {
  type AnyValueType,
  type Entry,
  type EntryInfo,
  InvalidOptionError,
  isCacheError,
  refuseUnknownOptions,
  type Store,
  type StoreEvent,
  type StoreRuntime,
  ValueTypes,
} from '@stagcache/core'
import { Appender } from './appender.ts'
import { Blobs } from './blobs.ts'
import { decode, encode, sharesItsBytes } from './codec.ts'
import { Directory } from './directory.ts'
import { ClosedStoreError, DiskError } from './errors.ts'
import { type Files, nodeFiles } from './files.ts'
import { Follower } from './follower.ts'
import { startHash } from './hash.ts'
import type { Place } from './key-index.ts'
import type { Payload } from './payload.ts'
import {
  type BlobReference,
  clearRecord,
  deleteRecord,
  readValue,
  recordType,
  type ValueRecord,
  valueRecord,
} from './record.ts'
import { type Stretch, stretchOf } from './stretch.ts'
import { Turns } from './turns.ts'

const diskStoreOptions: ReadonlySet<string> = new Set<keyof DiskStoreOptions>(['dir', 'types', 'files'])

// One for the whole process, so that a cycle through several caches is found.
const asyncContext = new AsyncLocalStorage<unknown>()

const noAnswer = (): void => {}

type Found = Entry | undefined | Promise<Entry | undefined>

/** The options of a {@link DiskStore}. */
export interface DiskStoreOptions {
  /** The directory of the cache, made at the first write. Default `.stagcache` in the current directory. */
  readonly dir?: string | undefined
  /** Classes of your own that may occur in values. Default: none. */
  readonly types?: Iterable<AnyValueType> | undefined
  /** @internal The file system, for tests. */
  readonly files?: Files | undefined
}

// Above this, a value is a file of its own: reading it would hold the event loop, and moving it when the log is reclaimed
// would cost more than a file does.
const blobBytes = 64 << 10

/**
 * Keeps entries in a directory of a local file system, shared by any number of processes and worker threads. Small values
 * are packed into a log and read with one synchronous read of some microseconds; values above 64 KiB are files.
 *
 * When `write` has resolved, the entry survives the death of the process. Whatever is absent, torn, damaged or of another
 * format is a miss and an event, never an error and never a wrong value.
 *
 * Not promised: survival of a power failure; anything on network file systems; secrecy beyond the directory's
 * permissions (0700).
 *
 * @example
 * const cache = new Cache({ version: 5, store: new DiskStore({ dir: '.stagcache' }) })
 */
export class DiskStore implements Store {
  /** The absolute path of the directory. */
  readonly dir: string
  readonly scope: string
  readonly runtime: StoreRuntime
  readonly #types: ValueTypes
  readonly #blobs: Blobs
  readonly #follower: Follower
  readonly #appender: Appender
  readonly #turns = new Turns()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #listeners = new Set<(event: StoreEvent) => void>()
  #started: Promise<void> | undefined
  #ready = false
  #closed = false

  constructor(options: DiskStoreOptions = {}) {
    refuseUnknownOptions('A disk store', options, diskStoreOptions)
    const { dir = '.stagcache', types, files = nodeFiles } = options
    if (typeof dir !== 'string' || dir === '')
      throw new InvalidOptionError(`The option dir is ${String(dir)}: it is the path of a directory.`)
    this.dir = resolve(dir)
    this.scope = `disk:${this.dir}`
    this.#types = new ValueTypes(types)
    this.runtime = { sha256: () => createHash('sha256'), asyncContext, types: this.#types }
    const directory = new Directory(files, this.dir)
    const writer = randomBytes(8).readBigUInt64LE()
    this.#blobs = new Blobs(files, directory.blobs, writer)
    this.#follower = new Follower(directory, event => this.#report(event))
    this.#appender = new Appender(this.#follower, this.dir, writer, places => this.#removeBlobs(places))
  }

  read(name: string, accept?: (info: EntryInfo) => boolean): Promise<Entry | undefined> {
    try {
      this.#refuseIfClosed()
      const isQuick = this.#ready && !this.#turns.busy
      const found = isQuick ? this.#lookUp(name, accept) : this.#lookUpInTurn(name, accept)
      return found instanceof Promise ? found.catch(this.#failedToRead) : Promise.resolve(found)
    } catch (error) {
      return Promise.resolve(error).then(this.#failedToRead)
    }
  }

  write(name: string, { value, stamp, params, storedAt, cost }: Entry): Promise<void> {
    try {
      this.#refuseIfClosed()
      const payload = encode(value, this.#types, name)
      const info = { stamp, params, storedAt, cost }
      return this.#writePayload(name, info, payload)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async remove(name: string): Promise<boolean> {
    this.#refuseIfClosed()
    return await this.#turns.take(name, this.#ready, async () => {
      if (!this.#ready) await this.#start()
      return this.#appender.append(
        { type: recordType.delete, name, hasBlob: false },
        origin => deleteRecord(origin, name),
        existed => existed,
      )
    })
  }

  async clear(): Promise<void> {
    this.#refuseIfClosed()
    await this.#turns.takeAll(async () => {
      if (!this.#ready) await this.#start()
      await this.#appender.append(
        { type: recordType.clear, name: undefined, hasBlob: false },
        clearRecord,
        noAnswer,
      )
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turns.all()
    this.#appender.flush()
    await Promise.allSettled(this.#underWay)
    this.#follower.close()
  }

  observe(listener: (event: StoreEvent) => void): () => void {
    const entry = (event: StoreEvent) => listener(event)
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  // A turn of its own, since what is called later must wait for it too.
  #lookUpInTurn(
    name: string,
    accept: ((info: EntryInfo) => boolean) | undefined,
  ): Promise<Entry | undefined> {
    return this.#turns.take(name, this.#ready, async () => {
      if (!this.#ready) await this.#start()
      return this.#lookUp(name, accept)
    })
  }

  #lookUp(name: string, accept: ((info: EntryInfo) => boolean) | undefined): Found {
    this.#appender.flush()
    const place = this.#follower.find(name)
    return place && this.#readAt(name, place, accept)
  }

  #readAt(name: string, place: Place, accept: ((info: EntryInfo) => boolean) | undefined): Found {
    const stretch = this.#follower.read(place)
    if (!stretch) return this.#lost(name, place, 'its record is damaged')
    const record = readValue(stretch)
    if (record?.name !== name) return this.#lost(name, place, 'its record contradicts itself')
    if (accept && !accept(record.info)) return undefined
    if (record.blob) return this.#keepOpenFor(this.#readBlob(name, place, record.info, record.blob, accept))
    return this.#decodeBorrowed(name, place, record, stretch)
  }

  // A blob that is gone may have been replaced by a newer entry in the meantime, so the name is looked up again.
  async #readBlob(
    name: string,
    place: Place,
    info: EntryInfo,
    blob: BlobReference,
    accept: ((info: EntryInfo) => boolean) | undefined,
  ): Promise<Entry | undefined> {
    const found = await this.#blobs.read(blob)
    if (typeof found !== 'string')
      return this.#decoded(name, place, info, stretchOf(found.memory), found.blobs)
    const again = this.#follower.findAnew(name)
    if (again && again !== place) return this.#readAt(name, again, accept)
    return again && this.#lost(name, place, `its blob is ${found}`)
  }

  // What the log handed out is overwritten by the next read, so that nothing may keep hold of it.
  #decodeBorrowed(name: string, place: Place, record: ValueRecord, stretch: Stretch): Entry | undefined {
    const { bytes, view, end } = stretch
    const start = record.contentStart
    const payload = sharesItsBytes(bytes, start)
      ? stretchOf(Buffer.from(new Uint8Array(bytes.subarray(start, end)).buffer))
      : { bytes, view, start, end }
    return this.#decoded(name, place, record.info, payload)
  }

  #decoded(
    name: string,
    place: Place,
    { stamp, params, storedAt, cost }: EntryInfo,
    payload: Stretch,
    blobs?: Blob,
  ): Entry | undefined {
    try {
      return { stamp, params, storedAt, cost, value: decode(payload, this.#types, blobs) }
    } catch (error) {
      return this.#lost(
        name,
        place,
        `its value cannot be decoded: ${error instanceof Error ? error.message : error}`,
      )
    }
  }

  #lost(name: string, place: Place, reason: string): undefined {
    this.#follower.forget(name, place)
    this.#report({ type: 'corrupt', place: this.dir, reason, name })
  }

  async #writeBlob(payload: Payload): Promise<BlobReference> {
    if (!this.#ready) await this.#start()
    try {
      return await this.#blobs.write(payload)
    } catch (error) {
      throw new DiskError('store-write', 'write', this.dir, error)
    }
  }

  #writePayload(name: string, info: EntryInfo, payload: Payload): Promise<void> {
    const small = payload.size <= blobBytes ? payload.bytes : undefined
    if (small && this.#ready && !this.#turns.busy) return this.#appendValue(name, info, small)
    // Begun at once, since the value's own memory may be a part of it.
    const blob = small ? undefined : this.#writeBlob(payload)
    blob?.catch(() => {}) // It may fail before its turn comes.
    return this.#turns.take(name, small !== undefined && this.#ready, async () => {
      if (!this.#ready) await this.#start()
      return this.#appendValue(name, info, small ?? ((await blob) as BlobReference))
    })
  }

  #appendValue(name: string, info: EntryInfo, content: Uint8Array | BlobReference): Promise<void> {
    const change = { type: recordType.value, name, hasBlob: !(content instanceof Uint8Array) }
    return this.#appender.append(change, origin => valueRecord(origin, name, info, content), noAnswer)
  }

  // Only blobs that a record of ours put an end to: every other process removes those of its own records.
  #removeBlobs(places: readonly Place[]): void {
    for (const place of places) {
      if (place.hasBlob) this.#keepOpenFor(this.#removeBlob(place))
    }
  }

  async #removeBlob(place: Place): Promise<void> {
    try {
      const stretch = this.#follower.read(place)
      const blob = stretch && readValue(stretch)?.blob
      if (blob) await this.#blobs.remove(blob)
    } catch (error) {
      this.#report({ type: 'error', error: new DiskError('store-write', 'remove a blob', this.dir, error) })
    }
  }

  /** `close()` waits for it. */
  #keepOpenFor<T>(operation: Promise<T>): Promise<T> {
    this.#underWay.add(operation)
    const end = () => this.#underWay.delete(operation)
    operation.then(end, end)
    return operation
  }

  async #start(): Promise<void> {
    this.#started ??= startHash()
    await this.#started
    this.#ready = true
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new ClosedStoreError(this.dir)
  }

  readonly #failedToRead = (error: unknown): never => {
    throw isCacheError(error) ? error : new DiskError('store-read', 'read', this.dir, error)
  }

  // Later, since a listener may use the store, which is in the middle of something; but before the operation ends.
  #report(event: StoreEvent): void {
    for (const listener of this.#listeners) queueMicrotask(() => listener(event))
  }
}
