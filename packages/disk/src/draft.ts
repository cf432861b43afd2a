import { type Change, changeOf } from './change.ts'
import { Contents, type Outcome, type Records } from './contents.ts'
import type { DraftFile } from './files.ts'
import { emptyLog, type LogHead } from './log.ts'
import { recordHeadBytes, recordLength } from './record.ts'
import type { Extent } from './snapshot.ts'
import { type Stretch, stretchOf } from './stretch.ts'

const bufferBytes = 256 << 10

/** A log that is being written and not published yet, with what its records leave so far. */
export class Draft implements Records {
  readonly contents: Contents
  readonly id: bigint
  readonly #file: DraftFile
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes)
  #filled = 0
  #written = 0
  #last = 0
  // Of the last record, since taking its checksum out of each would make a few BigInts for each.
  readonly #lastHead = Buffer.alloc(recordHeadBytes)

  constructor(file: DraftFile, head: LogHead) {
    this.#file = file
    this.id = head.id
    this.contents = new Contents(head.salt, this)
    this.#write(emptyLog(head))
  }

  /** The bytes that the log has so far. */
  get size(): number {
    return this.#written + this.#filled
  }

  get extent(): Extent {
    const lastChecksum = this.#lastHead.readBigUInt64LE(8)
    return { logId: this.id, end: this.size, last: this.#last, lastChecksum }
  }

  /** Appends a whole, intact record, and answers what it does. */
  add(record: Buffer, change: Change | undefined = changeOf(record)): Outcome {
    const position = this.size
    this.#write(record)
    this.#last = position
    record.copy(this.#lastHead, 0, 0, recordHeadBytes)
    return this.contents.apply(change ?? { type: 'none' }, position, record.length)
  }

  /** Hands everything to the kernel. */
  flush(): void {
    this.#file.write(this.#buffer.subarray(0, this.#filled))
    this.#written += this.#filled
    this.#filled = 0
  }

  knownRecordAt(position: number, length: number): Stretch | undefined {
    this.flush()
    const record = stretchOf(Buffer.allocUnsafe(length))
    const isWhole = this.#file.read(record.bytes, position) === length && recordLength(record) === length
    return isWhole ? record : undefined
  }

  #write(bytes: Buffer): void {
    if (this.#filled + bytes.length > bufferBytes) this.flush()
    if (bytes.length > bufferBytes) {
      this.#file.write(bytes)
      this.#written += bytes.length
      return
    }
    this.#buffer.set(bytes, this.#filled)
    this.#filled += bytes.length
  }
}
