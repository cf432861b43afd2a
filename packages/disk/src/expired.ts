import type { KeyIndex } from './key-index.ts'
import type { Steps } from './slices.ts'
import type { Stretch } from './stretch.ts'
import { expiryOf } from './value-record.ts'

/** Entries, and where their records are. */
export interface Entries {
  readonly index: KeyIndex
  /** Default: nowhere, so that none of them expires. */
  readonly records?: { knownRecordAt(position: number, length: number): Stretch | undefined }
}

// The share found is right within ten points, nineteen times in twenty.
const sampleRows = 100

/** Whether the entry in a row has expired. Only its record tells. `now` is in milliseconds since 1970. */
export function hasExpired({ index, records }: Entries, row: number, now: number): boolean {
  const { position, length } = index.placeOf(row)
  const record = records?.knownRecordAt(position, length)
  return record !== undefined && expiryOf(record.bytes.subarray(record.start, record.end)) <= now
}

/** Estimates from a sample how many bytes of records and blobs belong to entries that have expired. */
export class ExpiredBytes {
  #seen = 0
  #expired = 0

  /** About which share of the bytes looked at belongs to them: 0 to 1. */
  get share(): number {
    return this.#seen > 0 ? this.#expired / this.#seen : 0
  }

  /** Looks at rows in equal distances. Whatever is stored meanwhile does not matter. */
  *sample(entries: Entries, now: number): Steps {
    const { index } = entries
    const distance = Math.max(index.count / sampleRows, 1)
    for (let at = 0; Math.floor(at) < index.count; at += distance) {
      this.#look(entries, Math.floor(at), now)
      yield
    }
  }

  #look(entries: Entries, row: number, now: number): void {
    const bytes = entries.index.bytesOf(row)
    this.#seen += bytes
    if (hasExpired(entries, row, now)) this.#expired += bytes
  }
}
