import { isBlobName } from './blobs.ts'
import { changeOf } from './change.ts'
import { Contents } from './contents.ts'
import type { Log } from './log.ts'
import { Origins } from './origins.ts'
import { isIntact, originOf, recordHeadBytes, recordMagic, recordType } from './record.ts'
import type { Steps } from './slices.ts'
import { stretchOf } from './stretch.ts'
import { readValue } from './value-record.ts'
import type { Problems } from './verify-report.ts'

const stepBytes = 64 << 10
const mostTornBytes = 1 << 20
const mostUnreadable = 1000

interface Unreadable {
  readonly name: string
  readonly position: number
}

/** Reads a log from its beginning, looks at every record, and knows what they leave. */
export class Replay {
  readonly log: Log
  readonly contents: Contents
  readonly #problems: Problems
  readonly #origins = new Origins()
  readonly #unreadable: Unreadable[] = []

  /** @param log - Of which nothing was read yet. */
  constructor(log: Log, problems: Problems) {
    this.log = log
    this.contents = new Contents(log.salt, log)
    this.#problems = problems
  }

  /** Reads on to a place, or to the seal. */
  *readUpTo(end: number): Steps {
    const { log } = this
    for (let from = -1; !log.sealed && log.scanned > from; yield) {
      from = log.scanned
      log.scan(end, {
        record: (record, position) => {
          this.#take(record, position)
          return !log.sealed && position + record.length - from < stepBytes
        },
        damage: (start, behind) => this.#damage(start, behind),
      })
    }
  }

  /** What lies between the last record and `end`, where nobody is writing there. */
  checkTail(end: number): void {
    const { path, scanned, sealed } = this.log
    if (sealed || end <= scanned) return
    const rest = `${end - scanned} bytes at the end`
    if (this.#isTorn(scanned, end))
      this.#problems.add('torn-tail', path, `${rest} are the beginning of a record`)
    else this.#problems.add('bad-record', path, `${rest}, from ${scanned}, are no record`)
  }

  /** The live entries whose records cannot be read. */
  checkValues(): void {
    for (const { name, position } of this.#unreadable) {
      if (this.contents.index.findAt(this.contents.hashOf(name), position) < 0) continue
      const message = `the record at ${position} has an unknown flag or an impossible reference`
      this.#problems.add('unreadable-value', this.log.path, message, name)
    }
  }

  #take(record: Buffer, position: number): void {
    if (!this.#origins.add(originOf(record)))
      this.#problems.add('repeated-record', this.log.path, `the record at ${position} occurred before`)
    const change = changeOf(record)
    if (!change)
      this.#problems.add(
        'contradictory-record',
        this.log.path,
        `the record at ${position} contradicts itself`,
      )
    else if (change.type === recordType.value && !isReadable(record)) this.#note(change.name, position)
    if (change?.type === recordType.seal) this.log.sealed = true
    this.contents.apply(change ?? { type: 'none' }, position, record.length)
  }

  #note(name: string, position: number): void {
    if (this.#unreadable.length < mostUnreadable) this.#unreadable.push({ name, position })
    else this.#problems.omitted++
  }

  #damage(from: number, to: number): void {
    const { path } = this.log
    const stretch = `the bytes from ${from} to ${to}`
    if (this.#isTorn(from, to)) this.#problems.add('torn-record', path, `${stretch} were never completed`)
    else this.#problems.add('bad-record', path, `${stretch} are no record`)
  }

  // Whoever dies leaves the beginning of a record; several may have, one after the other.
  #isTorn(from: number, to: number): boolean {
    if (to - from > mostTornBytes) return false
    const bytes = this.log.bytesAt(from, to - from)
    for (let start = 0; start < bytes.length; ) {
      const next = bytes.indexOf(recordMagic, start + 1)
      const part = bytes.subarray(start, next < 0 ? bytes.length : next)
      if (!isBeginning(part, this.log.salt)) return false
      start += part.length
    }
    return true
  }
}

function isReadable(record: Buffer): boolean {
  const value = readValue(stretchOf(record))
  if (!value) return false
  return !value.blob || (isBlobName(value.blob.file) && value.blob.size > 0)
}

function isBeginning(part: Buffer, salt: bigint): boolean {
  const magic = part.subarray(0, recordMagic.length)
  if (!magic.equals(recordMagic.subarray(0, magic.length))) return false
  if (part.length >= 8 && part.readUInt32LE(4) <= part.length) return false
  // Otherwise it is all there, and only its length is wrong.
  return part.length < recordHeadBytes || !isIntact(stretchOf(part), salt)
}
