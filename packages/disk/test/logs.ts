import type { EntryInfo, Stamp } from '@stagcache/core'
import { ValueTypes } from '@stagcache/core'
import { changeOf } from '../src/change.ts'
import { encode } from '../src/codec.ts'
import { Contents } from '../src/contents.ts'
import { type DraftFile, type Files, type LogFile, nodeFiles, type ReadFile } from '../src/files.ts'
import { emptyLog, Log, type LogHead } from '../src/log.ts'
import type { ScanVisitor } from '../src/log-scan.ts'
import { type Origin, signRecord } from '../src/record.ts'
import { valueRecord } from '../src/value-record.ts'

export const salt = 0x0123456789abcdefn

export const info: EntryInfo = {
  stamp: '5.4#f00d' as Stamp,
  params: undefined,
  storedAt: 1_700_000_000_123,
  cost: 12.75,
}

export const head: LogHead = { salt, id: 0x1122334455667788n, madeAt: 1_700_000_000_000 }

/** The head of a log with another salt. */
export function headWith(other: bigint): LogHead {
  return { ...head, salt: other }
}

/** A complete record of a value. */
export function signedValue(
  name: string,
  value: unknown,
  origin: Origin = { writer: 7n, sequence: 1 },
): Buffer {
  const record = valueRecord(
    origin,
    name,
    info,
    encode(value, new ValueTypes(), name).kept().bytes as Uint8Array,
  )
  signRecord(record, salt)
  return record
}

export function signed(record: Buffer): Buffer {
  signRecord(record, salt)
  return record
}

/** The bytes of a log with these records. */
export function logOf(...records: readonly Buffer[]): Buffer {
  return Buffer.concat([emptyLog(head), ...records])
}

/** A log in memory, whose bytes a test may change at any time. */
export class MemoryLogFile implements LogFile {
  writable = true
  identity = 'memory'
  links = 1
  bytes: Buffer
  reads = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  status(): { size: number; links: number } {
    return { size: this.bytes.length, links: this.links }
  }

  read(bytes: Uint8Array, position: number): number {
    this.reads += bytes.length
    return position >= this.bytes.length ? 0 : this.bytes.copy(bytes, 0, position, position + bytes.length)
  }

  append(bytes: Uint8Array): number {
    this.bytes = Buffer.concat([this.bytes, bytes])
    return bytes.length
  }

  async sync(): Promise<void> {}

  syncNow(): void {}

  close(): void {}
}

/** A file in memory that is only read. */
export function readFile(contents: Uint8Array): ReadFile {
  return {
    size: contents.length,
    read: (bytes, position) => Buffer.from(contents).copy(bytes, 0, position, position + bytes.length),
    close: () => {},
  }
}

/** A draft in memory, which is never published. */
export class MemoryDraftFile implements DraftFile {
  #bytes: Buffer = Buffer.alloc(0)

  get bytes(): Buffer {
    return this.#bytes
  }

  write(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
  }

  read(bytes: Uint8Array, position: number): number {
    return this.#bytes.copy(bytes, 0, Math.min(position, this.#bytes.length), position + bytes.length)
  }

  async sync(): Promise<void> {}

  syncNow(): void {}

  async publish(): Promise<boolean> {
    return false
  }

  publishNow(): boolean {
    return false
  }

  async replace(): Promise<void> {}

  replaceNow(): void {}

  discard(): void {}
}

/** A log in memory, and what its records leave up to where it has been read. */
export class MemoryLog {
  readonly log: Log
  readonly contents: Contents
  readonly file: MemoryLogFile

  constructor(bytes: Buffer) {
    this.file = new MemoryLogFile(bytes)
    this.log = openMemoryLog(this.file)
    this.contents = new Contents(this.log.salt, this.log)
  }

  /** Reads on to a place where a record ends. */
  readTo(end: number): this {
    this.log.scan(end, {
      record: (record, position) => {
        this.contents.apply(changeOf(record) ?? { type: 'none' }, position, record.length)
        return true
      },
      damage: () => {},
    })
    return this
  }

  readAll(): this {
    return this.readTo(this.file.bytes.length)
  }
}

/** Opens a log in memory. */
export function openMemoryLog(file: LogFile): Log {
  const files: Files = { ...nodeFiles, openLog: () => file }
  const log = Log.open(files, 'memory.log', 1)
  if (!(log instanceof Log)) throw new Error(`not a log: ${log}`)
  return log
}

/** What a scan found: the sequence of each record, and each damage as a text. */
export class Findings implements ScanVisitor {
  readonly found: (number | string)[] = []

  record(record: Buffer): boolean {
    this.found.push(record.readUInt32LE(20))
    return true
  }

  damage(from: number, to: number): void {
    this.found.push(`damage ${from}-${to}`)
  }
}

export function scan(log: Log, size: number): (number | string)[] {
  const findings = new Findings()
  log.scan(size, findings)
  return findings.found
}
