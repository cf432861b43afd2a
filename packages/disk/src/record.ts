import { checksum } from './hash.ts'
import type { Stretch } from './stretch.ts'

/*
 * Log record, format 1. Numbers are little-endian.
 *
 *   offset  size  field
 *   0       4     magic: F5 53 52 31
 *   4       4     n, length of the whole record, unsigned
 *   8       8     XXH64 of the bytes from 16 to n, seeded with the log's salt
 *   16      1     type
 *   17      1     flags
 *   18      2     zero
 *   20      4     sequence: counts the records of this writer, unsigned
 *   24      8     writer: a random number, new for each opened store
 *   32      …     the type's own: value-record.ts, claim-record.ts, uses-record.ts
 *
 *   type 2, delete
 *   32      …     the rest is the name
 *
 *   type 3, clear, and type 7, seal: nothing further
 *
 *   flags of all types
 *   1  texts are UTF-16LE (some have lone surrogates), otherwise UTF-8
 *
 *   flags of type 2
 *   2  not deleted by anybody, but evicted: there is no entry any more; only says why
 *   4  the same for one that had expired
 *
 * What is zero here is written as zero and not looked at. Records of unknown types are skipped by their length.
 */
export const recordType = {
  value: 1,
  delete: 2,
  clear: 3,
  claim: 4,
  release: 5,
  uses: 6,
  seal: 7,
} as const
export type RecordType = (typeof recordType)[keyof typeof recordType]

export const recordMagic: Uint8Array = Uint8Array.of(0xf5, 0x53, 0x52, 0x31)
export const recordHeadBytes = 32
export const utf16Flag = 1

const dropFlags = { evicted: 2, expired: 4 } as const
const magicNumber = 0x315253f5

/** Who appended a record, and which one it was. Together they tell it from every other. */
export interface Origin {
  readonly writer: bigint
  readonly sequence: number
}

export type TextEncoding = 'utf8' | 'utf16le'

/** Why an entry went that nobody deleted. */
export type DropReason = keyof typeof dropFlags

/** A record of type delete, still without its checksum. `dropped` says that it only records why there is no entry. */
export function deleteRecord(origin: Origin, name: string, dropped?: DropReason): Buffer {
  const encoding = encodingOf(name)
  const record = Buffer.allocUnsafe(recordHeadBytes + Buffer.byteLength(name, encoding))
  const flags = encodingFlag(encoding) | (dropped ? dropFlags[dropped] : 0)
  writeHead(record, recordType.delete, flags, origin)
  record.write(name, recordHeadBytes, encoding)
  return record
}

/** A record of type clear, still without its checksum. */
export function clearRecord(origin: Origin): Buffer {
  return headOnly(recordType.clear, origin)
}

/** A record of type seal, still without its checksum. */
export function sealRecord(origin: Origin): Buffer {
  return headOnly(recordType.seal, origin)
}

/** The name that a record of type delete is about, and why there is no entry if nobody deleted it. */
export function readDelete(record: Buffer): { name: string; dropped: DropReason | undefined } {
  const flags = record[17] as number
  const dropped = flags & dropFlags.evicted ? 'evicted' : flags & dropFlags.expired ? 'expired' : undefined
  return { name: record.toString(encodingAt(record, 0), recordHeadBytes), dropped }
}

/** Completes a record for a log. */
export function signRecord(record: Buffer, salt: bigint): void {
  record.writeBigUInt64LE(checksum(signedPart(record, 0, record.length), salt), 8)
}

/** The length that the record at the beginning claims to have; `undefined` where none begins. */
export function recordLength({ view, start, end }: Stretch): number | undefined {
  if (end - start < recordHeadBytes || view.getUint32(start, true) !== magicNumber) return undefined
  const length = view.getUint32(start + 4, true)
  return length < recordHeadBytes ? undefined : length
}

/** Whether a whole record is as it was written. */
export function isIntact({ bytes, view, start, end }: Stretch, salt: bigint): boolean {
  return view.getBigUint64(start + 8, true) === checksum(signedPart(bytes, start, end), salt)
}

/** The origin of a record. */
export function originOf(record: Buffer): Origin {
  return { writer: record.readBigUInt64LE(24), sequence: record.readUInt32LE(20) }
}

export function isSame(one: Origin, other: Origin): boolean {
  return one.sequence === other.sequence && one.writer === other.writer
}

export function writeHead(
  record: Buffer,
  type: RecordType,
  flags: number,
  { writer, sequence }: Origin,
): void {
  record.writeUInt32LE(magicNumber, 0)
  record.writeUInt32LE(record.length, 4)
  record[16] = type
  record[17] = flags
  record.writeUInt16LE(0, 18)
  record.writeUInt32LE(sequence, 20)
  if (writer !== lastWriter) rememberWriter(writer)
  record.writeUInt32LE(lastWriterLow, 24)
  record.writeUInt32LE(lastWriterHigh, 28)
}

// Nearly all records are of one writer, and taking a BigInt apart takes longer than writing all else.
let lastWriter = 0n
let lastWriterLow = 0
let lastWriterHigh = 0

function rememberWriter(writer: bigint): void {
  lastWriter = writer
  lastWriterLow = Number(writer & 0xffffffffn)
  lastWriterHigh = Number(writer >> 32n)
}

export function encodingOf(...texts: string[]): TextEncoding {
  return texts.every(text => text.isWellFormed()) ? 'utf8' : 'utf16le'
}

export function encodingFlag(encoding: TextEncoding): number {
  return encoding === 'utf16le' ? utf16Flag : 0
}

/** How the texts of the record at `start` are encoded. */
export function encodingAt(bytes: Buffer, start: number): TextEncoding {
  return (bytes[start + 17] as number) & utf16Flag ? 'utf16le' : 'utf8'
}

function headOnly(type: RecordType, origin: Origin): Buffer {
  const record = Buffer.allocUnsafe(recordHeadBytes)
  writeHead(record, type, 0, origin)
  return record
}

// A plain view: making a Buffer of it would take longer than hashing a small record.
function signedPart(bytes: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start + 16, end - start - 16)
}
