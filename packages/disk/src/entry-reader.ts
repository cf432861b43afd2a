import type { Entry, EntryInfo, StoreEvent, ValueTypes } from '@stagcache/core'
import type { Blobs } from './blobs.ts'
import { decode, sharesItsBytes } from './codec.ts'
import type { Follower, Found } from './follower.ts'
import type { Place } from './key-index.ts'
import { type Stretch, stretchOf } from './stretch.ts'
import type { BlobReference } from './value-record.ts'

export type Answer = Entry | undefined | Promise<Entry | undefined>
/** See `Store.read`. */
export type Accept = ((info: EntryInfo) => boolean) | undefined

/** What reading entries needs. */
export interface EntryReaderContext {
  readonly follower: Follower
  readonly blobs: Blobs
  readonly types: ValueTypes
  readonly dir: string
  readonly report: (event: StoreEvent) => void
}

/** Makes entries of what the log has under a name. */
export class EntryReader {
  readonly #context: EntryReaderContext

  constructor(context: EntryReaderContext) {
    this.#context = context
  }

  /** The entry that was found, at once if its value lies in the log. */
  read(name: string, found: Found, accept: Accept): Answer {
    const { record } = found
    if (accept && !accept(record.info)) return undefined
    this.#context.follower.use(found)
    return record.blob ? this.#readBlob(name, found, record.blob, accept) : this.#decodeBorrowed(name, found)
  }

  readNow(name: string, found: Found, accept: Accept): Entry | undefined {
    const { record } = found
    if (accept && !accept(record.info)) return undefined
    this.#context.follower.use(found)
    if (!record.blob) return this.#decodeBorrowed(name, found)
    const bytes = this.#context.blobs.readNow(record.blob)
    if (bytes instanceof Uint8Array) return this.#decoded(name, found.place, record.info, stretchOf(bytes))
    const again = this.#findAnew(name, record.blob, bytes)
    return again && this.readNow(name, again, accept)
  }

  async #readBlob(
    name: string,
    found: Found,
    blob: BlobReference,
    accept: Accept,
  ): Promise<Entry | undefined> {
    const bytes = await this.#context.blobs.read(blob)
    if (bytes instanceof Uint8Array)
      return this.#decoded(name, found.place, found.record.info, stretchOf(bytes))
    const again = this.#findAnew(name, blob, bytes)
    return again && this.read(name, again, accept)
  }

  // A blob that is gone may have been replaced by a newer entry in the meantime, so the name is looked up again.
  #findAnew(name: string, blob: BlobReference, problem: string): Found | undefined {
    const again = this.#context.follower.findAnew(name)
    if (!again || again.record.blob?.file !== blob.file) return again
    return this.#lost(name, again.place, `its blob is ${problem}`)
  }

  // What the log handed out is overwritten by the next read, so that nothing may keep hold of it.
  #decodeBorrowed(name: string, { place, record, stretch: { bytes, view, end } }: Found): Entry | undefined {
    const start = record.contentStart
    const payload = sharesItsBytes(bytes, start)
      ? stretchOf(Buffer.from(new Uint8Array(bytes.subarray(start, end)).buffer))
      : { bytes, view, start, end }
    return this.#decoded(name, place, record.info, payload)
  }

  #decoded(
    name: string,
    place: Place,
    { stamp, params, storedAt, expiresAt, cost }: EntryInfo,
    payload: Stretch,
  ): Entry | undefined {
    try {
      const value = decode(payload, this.#context.types)
      if (expiresAt !== undefined) return { stamp, params, storedAt, expiresAt, cost, value }
      return { stamp, params, storedAt, cost, value }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return this.#lost(name, place, `its value cannot be decoded: ${reason}`)
    }
  }

  #lost(name: string, place: Place, reason: string): undefined {
    this.#context.follower.forget(name, place)
    this.#context.report({ type: 'corrupt', place: this.#context.dir, reason, name })
  }
}
