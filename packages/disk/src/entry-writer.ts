import type { Entry, EntryInfo, ValueTypes } from '@stagcache/core'
import type { Appender, Build } from './appender.ts'
import type { Blobs } from './blobs.ts'
import type { Change } from './change.ts'
import { encode } from './codec.ts'
import type { Compressor } from './compression.ts'
import { type Outcome, uncounted } from './contents.ts'
import { DiskError, TooLargeError, UnreadableBlobError } from './errors.ts'
import type { Follower } from './follower.ts'
import type { Liveness } from './liveness.ts'
import { Payload } from './payload.ts'
import { type Origin, recordType } from './record.ts'
import { immediate, type Turn } from './turns.ts'
import { type BlobReference, type Content, valueRecord } from './value-record.ts'

// Above this, a value is a file of its own: reading it would hold the event loop, and moving it when the log is reclaimed
// would cost more than a file does.
const blobBytes = 64 << 10

/** What writing entries needs. */
export interface EntryWriterContext {
  readonly follower: Follower
  readonly appender: Appender
  readonly blobs: Blobs
  readonly liveness: Liveness
  readonly types: ValueTypes
  readonly compressor: Compressor | undefined
  readonly dir: string
  /** How many bytes the logs and blobs may take: what takes more by itself would go at once. */
  readonly maxBytes: number
  /** Whether nothing is under way that a small value would have to wait for. */
  readonly isIdle: () => boolean
  /** Runs an operation on a name when its turn comes. A quick one has taken effect when it returns. */
  readonly inTurn: <T>(name: string, isQuick: boolean, operation: (turn: Turn) => Promise<T>) => Promise<T>
  /** Resolves when blobs can be hashed. */
  readonly started: () => Promise<void>
  /** Lets `close()` wait for something. */
  readonly keepOpenFor: (operation: Promise<unknown>) => void
}

/** Stores entries: small values in the log, large ones in files of their own, which a record of the log names. */
export class EntryWriter {
  readonly #context: EntryWriterContext

  constructor(context: EntryWriterContext) {
    this.#context = context
  }

  /** Stores an entry; with a `claim`, only if that still stands. Resolves with the answer to what its record has done. */
  write<T>(name: string, entry: Entry, answer: (outcome: Outcome) => T, claim?: Origin): Promise<T> {
    const { types, blobs, isIdle } = this.#context
    const payload = encode(entry.value, types, name)
    const small = this.#smallOf(payload)
    if (small && isIdle()) return this.#append(name, entry, small.memory, answer, claim)
    if (isIdle() && blobs.isQuick(payload)) return this.#writeQuickly(name, entry, payload, answer, claim)
    // What comes later must not hang on what the caller does with its own.
    const { value, ...info } = entry
    return small
      ? this.#appendInTurn(name, info, small.kept(), answer, claim)
      : this.#writeInTurn(name, info, payload.kept(), answer, claim)
  }

  /** The same when it has returned. */
  writeNow(name: string, entry: Entry): void {
    const payload = encode(entry.value, this.#context.types, name)
    if (payload.blobs.length > 0) throw new UnreadableBlobError(name)
    const small = this.#smallOf(payload)
    if (small) return this.#appendNow(name, entry, small.memory)
    this.#refuseTooLarge(name, payload)
    const blob = this.#writeBlobNow(payload)
    try {
      this.#appendNow(name, entry, blob)
    } catch (error) {
      this.#context.keepOpenFor(this.#removeUnnamed(name, blob))
      throw error
    } finally {
      this.#context.blobs.settle(blob)
    }
  }

  #appendInTurn<T>(
    name: string,
    info: EntryInfo,
    { memory }: Payload,
    answer: (outcome: Outcome) => T,
    claim: Origin | undefined,
  ): Promise<T> {
    return this.#context.inTurn(name, true, async ({ isOutdated }) =>
      isOutdated ? answer(uncounted) : this.#append(name, info, memory, answer, claim),
    )
  }

  #writeInTurn<T>(
    name: string,
    info: EntryInfo,
    payload: Payload,
    answer: (outcome: Outcome) => T,
    claim: Origin | undefined,
  ): Promise<T> {
    // Begun at once, since the value's own memory may be a part of it.
    const blob = this.#writeBlob(name, payload)
    blob.catch(() => {}) // It may fail before its turn comes.
    return this.#context.inTurn(name, false, async turn =>
      this.#appendBlob(name, info, await blob, answer, claim, turn),
    )
  }

  /** What lies in the log itself of a payload that is small enough. */
  #smallOf(payload: Payload): Payload | undefined {
    if (payload.size > blobBytes || payload.blobs.length > 0) return undefined
    const { compressor } = this.#context
    const { bytes } = compressor ? payload.kept() : payload
    return compressor && bytes ? new Payload([compressor.compressNow(bytes)]) : payload
  }

  // Its file is there before anything else can be called: it has no turn to wait for.
  #writeQuickly<T>(
    name: string,
    info: EntryInfo,
    payload: Payload,
    answer: (outcome: Outcome) => T,
    claim: Origin | undefined,
  ): Promise<T> {
    this.#refuseTooLarge(name, payload)
    const blob = this.#writeBlobNow(payload)
    const written = this.#appendBlob(name, info, blob, answer, claim, immediate)
    this.#context.keepOpenFor(written)
    return written
  }

  async #writeBlob(name: string, payload: Payload): Promise<BlobReference> {
    const { started, liveness, blobs, compressor } = this.#context
    if (!compressor) this.#refuseTooLarge(name, payload)
    await started()
    // Only what is read of the log in passing is lost without it: nobody else knows yet of the blob.
    await liveness.announce().catch(() => {})
    try {
      return await blobs.write(payload)
    } catch (error) {
      throw this.#failedToWrite(error)
    }
  }

  #writeBlobNow(payload: Payload): BlobReference {
    try {
      return this.#context.blobs.writeNow(payload)
    } catch (error) {
      throw this.#failedToWrite(error)
    }
  }

  #refuseTooLarge(name: string, { size }: { readonly size: number }): void {
    const { dir, maxBytes } = this.#context
    if (size > maxBytes) throw new TooLargeError(name, size, dir, maxBytes)
  }

  #failedToWrite(error: unknown): DiskError {
    return new DiskError('store-write', 'write', this.#context.dir, error)
  }

  async #appendBlob<T>(
    name: string,
    info: EntryInfo,
    blob: BlobReference,
    answer: (outcome: Outcome) => T,
    claim: Origin | undefined,
    turn: Turn,
  ): Promise<T> {
    try {
      this.#refuseTooLarge(name, blob)
      if (!turn.isOutdated) return await this.#append(name, info, blob, answer, claim)
      await this.#removeUnnamed(name, blob)
      return answer(uncounted)
    } catch (error) {
      await this.#removeUnnamed(name, blob)
      throw error
    } finally {
      this.#context.blobs.settle(blob)
    }
  }

  // The record may stand all the same, when it could not be seen that it was written.
  async #removeUnnamed(name: string, { file }: BlobReference): Promise<void> {
    const { follower, blobs } = this.#context
    try {
      if (follower.findAnew(name)?.record.blob?.file !== file) await blobs.remove({ file })
    } catch {
      // A sweep finds it, once this store is dead.
    }
  }

  #append<T>(
    name: string,
    info: EntryInfo,
    content: Content,
    answer: (outcome: Outcome) => T,
    claim: Origin | undefined,
  ): Promise<T> {
    const { change, build } = valueChange(name, info, content, claim)
    return this.#context.appender.append(change, build, answer)
  }

  #appendNow(name: string, info: EntryInfo, content: Content): void {
    const { change, build } = valueChange(name, info, content)
    this.#context.appender.appendNow(change, build)
  }
}

function valueChange(
  name: string,
  info: EntryInfo,
  content: Content,
  claim?: Origin,
): { change: Change; build: Build } {
  const { storedAt, cost } = info
  const blobBytes = 'file' in content ? content.size : 0
  return {
    change: { type: recordType.value, name, blobBytes, storedAt, cost, claim },
    build: (origin, allocate) => valueRecord(origin, name, info, content, claim, allocate),
  }
}
