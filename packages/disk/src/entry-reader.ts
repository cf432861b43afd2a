import type { Entry, EntryInfo, StoreEvent, ValueTypes } from '@stagcache/core'
import type { BlobContent, Blobs } from './blobs.ts'
import { decode, isStackOverflow, sharesItsBytes } from './codec.ts'
import type { Follower, Found } from './follower.ts'
import type { Place } from './key-index.ts'
import type { Pins } from './pins.ts'
import { type Stretch, stretchOf } from './stretch.ts'
import type { BlobReference } from './value-record.ts'

export type Answer = Entry | undefined | Promise<Entry | undefined>
/** See `Store.read`. */
export type Accept = ((info: EntryInfo) => boolean) | undefined

/** What reading entries needs. */
export interface EntryReaderContext {
  readonly follower: Follower
  readonly blobs: Blobs
  readonly pins: Pins
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
    const content = this.#context.blobs.readNow(record.blob)
    if (typeof content !== 'string') return this.#decodedBlob(name, found, content)
    const again = this.#findAnew(name, record.blob, content)
    return again && this.readNow(name, again, accept)
  }

  async #readBlob(
    name: string,
    found: Found,
    blob: BlobReference,
    accept: Accept,
  ): Promise<Entry | undefined> {
    const content = await this.#context.blobs.read(blob, () => this.#pin(name, blob))
    if (typeof content !== 'string') return this.#decodedBlob(name, found, content)
    const again = this.#findAnew(name, blob, content)
    return again && this.read(name, again, accept)
  }

  // Its file is needed for as long as somebody may read the Blobs in it. Whoever removes it looks for pins after it has put
  // an end to the entry, so that an entry that still stands now keeps its file.
  async #pin(name: string, { file }: BlobReference): Promise<boolean> {
    const { pins, follower } = this.#context
    try {
      await pins.pin(file)
    } catch {
      return false
    }
    if (follower.findAnew(name)?.record.blob?.file === file) return true
    pins.unpin(file)
    return false
  }

  #decodedBlob(name: string, { place, record }: Found, { memory, blobs }: BlobContent): Entry | undefined {
    return this.#decoded(name, place, record.info, stretchOf(memory), blobs)
  }

  // A blob that is gone may have been replaced by a newer entry in the meantime, so the name is looked up again.
  #findAnew(name: string, blob: BlobReference, problem: string): Found | undefined {
    const again = this.#context.follower.findAnew(name)
    if (!again || again.record.blob?.file !== blob.file) return again
    if (problem === 'missing' || problem === 'damaged') this.#context.follower.forget(name, again.place)
    else this.#context.follower.skip(name, again.place)
    return this.#report(name, `its blob is ${problem}`)
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
    blobs?: Blob,
  ): Entry | undefined {
    try {
      const value = decode(payload, this.#context.types, blobs)
      if (expiresAt !== undefined) return { stamp, params, storedAt, expiresAt, cost, value }
      return { stamp, params, storedAt, cost, value }
    } catch (error) {
      // Of the caller: what was stored has never so many levels.
      if (isStackOverflow(error)) throw error
      const reason = error instanceof Error ? error.message : String(error)
      this.#context.follower.skip(name, place)
      return this.#report(name, `its value cannot be decoded: ${reason}`)
    }
  }

  #report(name: string, reason: string): undefined {
    this.#context.report({ type: 'corrupt', place: this.#context.dir, reason, name })
  }
}
