import { nextTick } from 'node:process'
import { DiskError } from './errors.ts'
import type { Appended, Follower } from './follower.ts'
import type { Place } from './key-index.ts'
import { type Change, type Origin, signRecord } from './record.ts'

interface Pending extends Appended {
  readonly resolve: (existed: boolean) => void
  readonly reject: (error: unknown) => void
}

const batchBytes = 1 << 20
const attempts = 3

/*
 * Appends records: all of one tick in one write, in the order in which they were given.
 *
 *   waiting    in the batch of this tick
 *   written    handed to the kernel, not yet seen in the log
 *   standing   seen in the log; its promise resolves
 *
 * What was only partly written, or written to a log that had been removed, is appended again as a whole.
 */
export class Appender {
  readonly #follower: Follower
  readonly #dir: string
  readonly #writer: bigint
  readonly #onDisplaced: (places: readonly Place[]) => void
  #batch: Pending[] = []
  #bytes = 0
  #sequence = 0

  /** @param onDisplaced - Told of the entries that records from here have put an end to. */
  constructor(
    follower: Follower,
    dir: string,
    writer: bigint,
    onDisplaced: (places: readonly Place[]) => void,
  ) {
    this.#onDisplaced = onDisplaced
    this.#follower = follower
    this.#dir = dir
    this.#writer = writer
  }

  /** Resolves once the record of a change stands, with the answer to whether it put an end to any entry. */
  append<T>(change: Change, build: (origin: Origin) => Buffer, answer: (existed: boolean) => T): Promise<T> {
    this.#sequence = (this.#sequence + 1) >>> 0
    const origin = { writer: this.#writer, sequence: this.#sequence }
    const record = build(origin)
    return new Promise((resolve, reject) => {
      if (this.#batch.length === 0) nextTick(() => this.flush())
      this.#batch.push({ change, record, origin, resolve: existed => resolve(answer(existed)), reject })
      this.#bytes += record.length
      if (this.#bytes >= batchBytes) this.flush()
    })
  }

  /** Writes what is waiting, now. */
  flush(): void {
    if (this.#batch.length === 0) return
    let left = this.#batch
    this.#batch = []
    this.#bytes = 0
    try {
      for (let attempt = 0; left.length > 0; attempt++) {
        if (attempt === attempts)
          throw new Error('again and again less was written than was given, or the log was removed')
        left = this.#write(left)
      }
    } catch (error) {
      const failure = new DiskError('store-write', 'write', this.#dir, error)
      for (const { reject } of left) reject(failure)
    }
  }

  /** Appends records and answers those that do not stand. */
  #write(pending: readonly Pending[]): Pending[] {
    const log = this.#follower.attach()
    if (!log.writable) throw Object.assign(new Error('it can only be read'), { code: 'EACCES' })
    const records = pending.map(({ record }) => record)
    for (const record of records) signRecord(record, log.salt)
    const written = log.append(records.length === 1 ? (records[0] as Buffer) : Buffer.concat(records))
    const standing = this.#follower.catchUp(log, pending, written, (one, displaced) => {
      one.resolve(displaced.length > 0)
      this.#onDisplaced(displaced)
    })
    return pending.slice(standing)
  }
}
