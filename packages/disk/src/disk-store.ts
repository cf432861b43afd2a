import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import {
  type Absence,
  type ClaimAnswer,
  type Entry,
  type EntryInfo,
  isCacheError,
  type Patience,
  type StoreEvent,
  type StoreRuntime,
  ValueTypes,
  type Wanted,
} from '@stagcache/core'
import type { SyncStore } from '@stagcache/core/sync'
import { Appender } from './appender.ts'
import { Blobs } from './blobs.ts'
import { Claims } from './claims.ts'
import { Compressor } from './compression.ts'
import type { Outcome } from './contents.ts'
import { Directory, randomNumber } from './directory.ts'
import { type DiskStoreOptions, resolveOptions } from './disk-store-options.ts'
import { type Accept, type Answer, EntryReader } from './entry-reader.ts'
import { EntryWriter } from './entry-writer.ts'
import { ClosedStoreError, DiskError, NetworkFileSystemError, UnopenedStoreError } from './errors.ts'
import type { Files } from './files.ts'
import { Follower } from './follower.ts'
import { Garbage } from './garbage.ts'
import { startHash } from './hash.ts'
import { whyAbsent } from './history.ts'
import type { Place } from './key-index.ts'
import { Liveness } from './liveness.ts'
import { Pins } from './pins.ts'
import { deletion, PrefixRemoval } from './prefix-removal.ts'
import { Reclaimer } from './reclaimer.ts'
import { clearRecord, type Origin, recordType } from './record.ts'
import { atOnce, inSlices, type Steps } from './slices.ts'
import { Sweeper } from './sweeper.ts'
import { type Turn, Turns } from './turns.ts'
import { Upkeep } from './upkeep.ts'
import { readValue } from './value-record.ts'
import { verify } from './verify.ts'
import type { DirectoryReport } from './verify-report.ts'

// One for the whole process, so that a cycle through several caches is found.
const asyncContext = new AsyncLocalStorage<unknown>()

const fewPlaces = 16

const noAnswer = (): void => {}

/**
 * Keeps entries in a directory of a local file system, shared by any number of processes and worker threads. Small values
 * are packed into a log and read with one synchronous read of some microseconds; values above 64 KiB are files.
 *
 * When `write` has resolved, the entry survives the death of the process. Whatever is absent, torn, damaged or of another
 * format is a miss and an event, never an error and never a wrong value.
 *
 * Not promised: survival of a power failure without `durability: 'power'`; anything on network file systems; secrecy beyond the directory's
 * permissions (0700).
 *
 * @example
 * const cache = new Cache({ version: 5, store: new DiskStore({ dir: '.stagcache' }) })
 */
export class DiskStore implements SyncStore {
  /** The absolute path of the directory. */
  readonly dir: string
  readonly scope: string
  readonly runtime: StoreRuntime
  readonly #files: Files
  readonly #blobs: Blobs
  readonly #reader: EntryReader
  readonly #writer: EntryWriter
  readonly #follower: Follower
  readonly #appender: Appender
  readonly #liveness: Liveness
  readonly #pins: Pins
  readonly #garbage: Garbage
  readonly #claims: Claims
  readonly #prefixes: PrefixRemoval
  readonly #upkeep: Upkeep
  readonly #turns = new Turns()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #listeners = new Set<(event: StoreEvent) => void>()
  #started: Promise<void> | undefined
  #ready = false
  #closed = false

  constructor(options: DiskStoreOptions = {}) {
    const { dir, types, maxBytes, durability, maxClaimWait, compression, files } = resolveOptions(options)
    this.dir = dir
    this.#files = files
    this.scope = `disk:${this.dir}`
    const valueTypes = new ValueTypes(types)
    const compressor = Compressor.for(compression)
    this.runtime = { sha256: () => createHash('sha256'), asyncContext, types: valueTypes }
    const directory = new Directory(files, this.dir)
    const writer = randomNumber()
    let sequence = 0
    const origin = () => {
      sequence = (sequence + 1) >>> 0
      return { writer, sequence }
    }
    this.#blobs = new Blobs(files, directory.blobs, writer, { compressor, durability })
    this.#follower = new Follower(directory, writer, event => this.#report(event), durability)
    this.#liveness = new Liveness(files, directory.live, writer)
    this.#pins = new Pins(files, directory.live, writer, this.#liveness)
    this.#garbage = new Garbage(this.#blobs, this.#pins)
    this.#reader = new EntryReader({
      follower: this.#follower,
      blobs: this.#blobs,
      pins: this.#pins,
      types: valueTypes,
      dir: this.dir,
      report: event => this.#report(event),
    })
    const reclaimer = new Reclaimer(directory, this.#follower, writer, origin)
    this.#appender = new Appender({
      follower: this.#follower,
      dir: this.dir,
      durability,
      origin,
      seal: log => reclaimer.seal(log),
      succeed: log => reclaimer.succeed(log),
      succeedNow: log => reclaimer.succeedNow(log),
      syncNames: () => directory.sync(),
      syncNamesNow: () => directory.syncNow(),
      onWritten: (outcomes, isSafe) => this.#written(outcomes, isSafe),
    })
    this.#prefixes = new PrefixRemoval(this.#follower, this.#appender)
    this.#writer = new EntryWriter({
      follower: this.#follower,
      appender: this.#appender,
      blobs: this.#blobs,
      liveness: this.#liveness,
      types: valueTypes,
      compressor,
      dir: this.dir,
      maxBytes,
      isIdle: () => this.#isIdle,
      inTurn: (name, isQuick, operation) => this.#inTurn(name, isQuick, operation),
      started: () => this.#start(),
      keepOpenFor: operation => this.#keepOpenFor(operation),
    })
    this.#claims = new Claims({
      follower: this.#follower,
      appender: this.#appender,
      liveness: this.#liveness,
      longestWait: maxClaimWait,
      write: (name, entry, claim) => this.#writeClaimed(name, entry, claim),
      inTurn: (name, operation) => this.#inTurn(name, false, operation),
    })
    const parts = {
      directory,
      follower: this.#follower,
      blobs: this.#blobs,
      pins: this.#pins,
      liveness: this.#liveness,
      writer,
    }
    this.#upkeep = new Upkeep({
      ...parts,
      appender: this.#appender,
      reclaimer,
      garbage: this.#garbage,
      sweeper: new Sweeper(parts),
      maxBytes,
      failed: error => this.#failedInBackground('tidy up', error),
      isOnNetwork: network =>
        this.#report({ type: 'error', error: new NetworkFileSystemError(this.dir, network) }),
    })
  }

  read(name: string, accept?: (info: EntryInfo) => boolean): Promise<Entry | undefined> {
    try {
      this.#refuseIfClosed()
      const isReadable = this.#isIdle && !this.#isBlocked(name)
      const found = isReadable ? this.#lookUp(name, accept) : this.#lookUpInTurn(name, accept)
      return found instanceof Promise ? found.catch(this.#failedToRead) : Promise.resolve(found)
    } catch (error) {
      return Promise.resolve(error).then(this.#failedToRead)
    }
  }

  write(name: string, entry: Entry): Promise<void> {
    try {
      this.#refuseIfClosed()
      return this.#writer.write(name, entry, noAnswer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async remove(name: string): Promise<boolean> {
    this.#refuseIfClosed()
    const { change, build } = deletion(name)
    return await this.#inTurn(name, true, async ({ isOutdated }) =>
      isOutdated ? false : this.#appender.append(change, build, ({ existed }) => existed),
    )
  }

  async clear(): Promise<void> {
    this.#refuseIfClosed()
    const clear = () => this.#appender.append({ type: recordType.clear }, clearRecord, noAnswer)
    if (this.#isIdle) return await clear()
    await this.#turns.takeAll(async changed => {
      if (!this.#ready) await this.#start()
      // A record that clears would clear what is newer.
      if (changed.size > 0) await this.#removeAllBut(changed, '')
      else await clear()
    })
  }

  /** Looks at the name of every entry, which takes some microseconds each; other operations wait for it. */
  async removePrefix(prefix: string): Promise<number> {
    this.#refuseIfClosed()
    return await this.#turns.takeAll(async changed => {
      if (!this.#ready) await this.#start()
      return await this.#removeAllBut(changed, prefix)
    })
  }

  async claim(name: string, wanted: Wanted, patience: Patience): Promise<ClaimAnswer> {
    this.#refuseIfClosed()
    try {
      return await this.#claims.claim(name, wanted, patience)
    } catch (error) {
      throw isCacheError(error) || error === patience.signal?.reason
        ? error
        : new DiskError('store-write', 'claim a generation', this.dir, error)
    }
  }

  /** Reads the whole log, in slices. What was deleted before the log was reclaimed last is `'absent'`. */
  async whyAbsent(name: string): Promise<Absence> {
    const found = await this.read(name)
    const { log } = this.#follower.refresh() ?? {}
    try {
      return found || !log ? 'absent' : await this.#keepOpenFor(whyAbsent(log, name))
    } catch (error) {
      return this.#failedToRead(error)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#claims.close(new ClosedStoreError(this.dir))
    await this.#turns.all()
    await this.#appender.drain()
    await Promise.allSettled(this.#underWay)
    await this.#upkeep.close()
    await this.#liveness.close()
    this.#follower.close()
  }

  /**
   * What {@link verifyDirectory} says of this store's directory, while it goes on to be used. What was written and awaited
   * before is seen.
   *
   * @throws CacheError `store-read` if the file system refuses to let it read; `closed`.
   */
  async verify(): Promise<DirectoryReport> {
    this.#refuseIfClosed()
    return await this.#keepOpenFor(verify(this.#files, this.dir))
  }

  /** @internal Writes down what the log leaves, as happens by itself when it has grown. */
  saveSnapshot(): Promise<void> {
    return this.#follower.saveSnapshot()
  }

  /** Makes the synchronous methods usable, which need a hash that is compiled once. */
  async open(): Promise<this> {
    this.#refuseIfClosed()
    await this.#start()
    return this
  }

  /**
   * What `read` answers, without a promise. Every call looks at what other processes have appended.
   *
   * @throws CacheError `store-read`, `closed`; also where `open()` has not resolved before.
   */
  readSync(name: string, accept?: (info: EntryInfo) => boolean): Entry | undefined {
    this.#refuseIfNotOpen()
    try {
      this.#appender.flushNow()
      const found = this.#follower.findAnew(name)
      if (!found) return undefined
      this.#upkeep.used()
      return this.#reader.readNow(name, found, accept)
    } catch (error) {
      return this.#failedToRead(error)
    }
  }

  /** What `write` does, when it has returned. What was called before for the same name does not take effect any more. */
  writeSync(name: string, entry: Entry): void {
    this.#refuseIfNotOpen()
    this.#writer.writeNow(name, entry)
    this.#turns.outdate(name)
    this.#upkeep.writtenNow()
  }

  /** What `remove` does, when it has returned. */
  removeSync(name: string): boolean {
    this.#refuseIfNotOpen()
    const { change, build } = deletion(name)
    const { existed } = this.#appender.appendNow(change, build)
    this.#turns.outdate(name)
    return existed
  }

  /** What `removePrefix` does, when it has returned. */
  removePrefixSync(prefix: string): number {
    this.#refuseIfNotOpen()
    const count = this.#prefixes.removeNow(prefix)
    this.#turns.outdateAll(prefix)
    return count
  }

  /** What `clear` does, when it has returned. */
  clearSync(): void {
    this.#refuseIfNotOpen()
    this.#appender.appendNow({ type: recordType.clear }, clearRecord)
    this.#turns.outdateAll('')
  }

  observe(listener: (event: StoreEvent) => void): () => void {
    const entry = (event: StoreEvent) => listener(event)
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  /** Whether nothing has to wait. */
  get #isIdle(): boolean {
    return this.#ready && !this.#turns.busy
  }

  // A turn of its own, since what is called later must wait for it too.
  async #lookUpInTurn(name: string, accept: Accept): Promise<Entry | undefined> {
    return await this.#inTurn(name, !this.#isBlocked(name), async () => {
      while (this.#isBlocked(name)) await this.#appender.blocked
      return this.#lookUp(name, accept)
    })
  }

  #inTurn<T>(name: string, isQuick: boolean, operation: (turn: Turn) => Promise<T>): Promise<T> {
    if (this.#ready) return this.#turns.take(name, isQuick, operation)
    return this.#turns.take(name, false, turn => this.#start().then(() => operation(turn)))
  }

  /** Whether a change of a name, though called, cannot be seen before a sealed log has a successor. */
  #isBlocked(name: string): boolean {
    this.#appender.flush()
    return this.#appender.blocked !== undefined && this.#appender.concerns(name)
  }

  #lookUp(name: string, accept: Accept): Answer {
    const found = this.#follower.find(name)
    if (!found) return undefined
    this.#upkeep.used()
    return this.#keepOpenFor(this.#reader.read(name, found, accept))
  }

  async #removeAllBut(spared: ReadonlySet<string>, prefix: string): Promise<number> {
    try {
      return await this.#keepOpenFor(this.#prefixes.remove(prefix, spared))
    } catch (error) {
      throw isCacheError(error) ? error : new DiskError('store-write', 'delete', this.dir, error)
    }
  }

  async #writeClaimed(name: string, entry: Entry, claim: Origin): Promise<boolean> {
    this.#refuseIfClosed()
    return await this.#writer.write(name, entry, ({ counted }) => counted, claim)
  }

  #written(outcomes: readonly Outcome[], isSafe: boolean | Promise<boolean>): void {
    const garbage = outcomes.flatMap(outcome => outcome.garbage)
    if (garbage.length > 0) this.#keepOpenFor(this.#removeBlobs(garbage, isSafe))
    this.#upkeep.written()
  }

  // Blobs that a record of ours put an end to: every other process removes those of its own records. That record has to be
  // safe first: a loss of power would bring back the one before it, without its blob.
  async #removeBlobs(places: readonly Place[], isSafe: boolean | Promise<boolean>): Promise<void> {
    try {
      const files: string[] = []
      const steps = this.#blobsAt(places, files)
      // Few at once, so that synchronous methods can go on with it.
      if (places.length > fewPlaces) await inSlices(steps)
      else atOnce(steps)
      if (isSafe === true || (await isSafe)) await this.#garbage.remove(files)
    } catch (error) {
      this.#failedInBackground('remove a blob', error)
    }
  }

  *#blobsAt(places: readonly Place[], files: string[]): Steps {
    const log = this.#follower.followed?.log
    for (const place of places) {
      // The places are those of this log. A sweep finds the blobs of the others.
      if (this.#follower.followed?.log !== log) return
      const stretch = this.#follower.read(place)
      const blob = stretch && readValue(stretch)?.blob
      if (blob) files.push(blob.file)
      yield
    }
  }

  #failedInBackground(what: string, error: unknown): void {
    this.#report({ type: 'error', error: new DiskError('store-write', what, this.dir, error) })
  }

  /** `close()` waits for it. */
  #keepOpenFor<T>(operation: T): T {
    if (!(operation instanceof Promise)) return operation
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

  #refuseIfNotOpen(): void {
    this.#refuseIfClosed()
    if (!this.#ready) throw new UnopenedStoreError(this.dir)
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
