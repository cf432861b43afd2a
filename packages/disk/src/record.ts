import type { EntryInfo, Stamp } from '@stagcache/core'
import { checksum } from './hash.ts'
import { type Stretch, stretchOf } from './stretch.ts'

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
 *
 *   type 1, value
 *   32      8     stored at, float64 milliseconds since 1970
 *   40      8     expires at, float64 milliseconds since 1970; 0: never
 *   48      8     cost, float64 milliseconds
 *   56      4     length of the name in bytes
 *   60      4     length of the stamp in bytes
 *   64      4     length of the params' fingerprint in bytes
 *   68      4     zero
 *   72      …     name, stamp, params; the rest is the payload, or with flag 4 a reference to a blob
 *
 *   type 2, delete
 *   32      …     the rest is the name
 *
 *   type 3, clear: nothing further
 *
 *   Reserved: 4 claim, 5 release, 6 uses, 7 seal. Records of unknown types are skipped by their length.
 *
 *   flags
 *   1  texts are UTF-16LE (some have lone surrogates), otherwise UTF-8
 *   2  the entry's params are recorded
 *   4  the payload lies in a blob
 *
 *   What is zero here is written as zero and not looked at. A value with other flags cannot be read: it counts as absent.
 *
 *   reference to a blob
 *   0       8     XXH64 of the blob, unseeded
 *   8       8     size of the blob in bytes, float64
 *   16      …     name of the blob's file, ASCII
 */
export const recordType = { value: 1, delete: 2, clear: 3 } as const
export const recordMagic: Uint8Array = Uint8Array.of(0xf5, 0x53, 0x52, 0x31)
export const recordHeadBytes = 32

const flag = { utf16: 1, params: 2, blob: 4 } as const
const knownFlags = flag.utf16 | flag.params | flag.blob
const valueHeadBytes = 72
const magicNumber = 0x315253f5

/** Who appended a record, and which one it was. Together they tell it from every other. */
export interface Origin {
  readonly writer: bigint
  readonly sequence: number
}

/** Where a large value lies. */
export interface BlobReference {
  readonly file: string
  readonly size: number
  readonly checksum: bigint
}

/** What the log tells about one change. */
export interface Change {
  readonly type: number
  /** Undefined for records that concern all names. */
  readonly name: string | undefined
  readonly hasBlob: boolean
}

/** A record of type value, read whole. */
export interface ValueRecord {
  readonly name: string
  readonly info: EntryInfo
  /** Where in the bytes the payload begins, which goes to the end of the record; with a blob, the reference to that. */
  readonly contentStart: number
  readonly blob: BlobReference | undefined
}

/** A record of type value, still without its checksum. */
export function valueRecord(
  origin: Origin,
  name: string,
  { stamp, params, storedAt, cost }: EntryInfo,
  content: Uint8Array | BlobReference,
): Buffer {
  const encoding = encodingOf(name, stamp, params ?? '')
  const nameBytes = Buffer.byteLength(name, encoding)
  const stampBytes = Buffer.byteLength(stamp, encoding)
  const paramsBytes = params === undefined ? 0 : Buffer.byteLength(params, encoding)
  const contentStart = valueHeadBytes + nameBytes + stampBytes + paramsBytes
  const isBlob = !(content instanceof Uint8Array)
  const rest = isBlob ? referenceBytes(content) : content
  const record = Buffer.allocUnsafe(contentStart + rest.length)
  const flags = flagOf(encoding) | (params === undefined ? 0 : flag.params) | (isBlob ? flag.blob : 0)
  writeHead(record, recordType.value, flags, origin)
  record.writeDoubleLE(storedAt, 32)
  record.writeDoubleLE(0, 40)
  record.writeDoubleLE(cost, 48)
  record.writeUInt32LE(nameBytes, 56)
  record.writeUInt32LE(stampBytes, 60)
  record.writeUInt32LE(paramsBytes, 64)
  record.writeUInt32LE(0, 68)
  record.write(name, valueHeadBytes, encoding)
  record.write(stamp, valueHeadBytes + nameBytes, encoding)
  if (params !== undefined) record.write(params, valueHeadBytes + nameBytes + stampBytes, encoding)
  record.set(rest, contentStart)
  return record
}

/** A record of type delete, still without its checksum. */
export function deleteRecord(origin: Origin, name: string): Buffer {
  const encoding = encodingOf(name)
  const record = Buffer.allocUnsafe(recordHeadBytes + Buffer.byteLength(name, encoding))
  writeHead(record, recordType.delete, flagOf(encoding), origin)
  record.write(name, recordHeadBytes, encoding)
  return record
}

/** A record of type clear, still without its checksum. */
export function clearRecord(origin: Origin): Buffer {
  const record = Buffer.allocUnsafe(recordHeadBytes)
  writeHead(record, recordType.clear, 0, origin)
  return record
}

/** Completes a record for a log. */
export function signRecord(record: Buffer, salt: bigint): void {
  record.writeBigUInt64LE(checksum(signedPart(record, 0, record.length), salt), 8)
}

/** The length that the record at `start` claims to have; `undefined` where none begins. */
export function recordLength(bytes: Buffer, start = 0): number | undefined {
  if (bytes.length < start + recordHeadBytes || bytes.readUInt32LE(start) !== magicNumber) return undefined
  const length = bytes.readUInt32LE(start + 4)
  return length < recordHeadBytes ? undefined : length
}

/** Whether a whole record is as it was written. */
export function isIntact({ bytes, view, start, end }: Stretch, salt: bigint): boolean {
  return view.getBigUint64(start + 8, true) === checksum(signedPart(bytes, start, end), salt)
}

// A plain view: making a Buffer of it would take longer than hashing a small record.
function signedPart(bytes: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start + 16, end - start - 16)
}

/** Whether a record is the one of this origin. */
export function isOf(record: Buffer, { writer, sequence }: Origin): boolean {
  return record.readUInt32LE(20) === sequence && record.readBigUInt64LE(24) === writer
}

/** What a whole, intact record changes; `undefined` where its contents contradict each other. */
export function changeOf(record: Buffer): Change | undefined {
  const type = record[16] as number
  const hasBlob = type === recordType.value && ((record[17] as number) & flag.blob) !== 0
  if (type === recordType.delete)
    return { type, name: textAt(record, recordHeadBytes, record.length), hasBlob }
  if (type !== recordType.value) return { type, name: undefined, hasBlob }
  const layout = layOut(stretchOf(record))
  return layout && { type, name: textAt(record, valueHeadBytes, layout.name), hasBlob }
}

/**
 * A whole, intact record of type value; `undefined` if it is of another type, or its contents are contradictory or unknown.
 */
export function readValue(stretch: Stretch): ValueRecord | undefined {
  const { bytes, view, start, end } = stretch
  if (bytes[start + 16] !== recordType.value) return undefined
  const layout = layOut(stretch)
  const flags = bytes[start + 17] as number
  if (!layout || flags & ~knownFlags) return undefined
  const blob = flags & flag.blob ? referenceOf(bytes.subarray(layout.params, end)) : undefined
  if (flags & flag.blob && !blob) return undefined
  const text = textsAt(bytes, flags, start + valueHeadBytes, layout.params)
  return {
    name: text(start + valueHeadBytes, layout.name),
    info: {
      stamp: text(layout.name, layout.stamp) as Stamp,
      params: flags & flag.params ? text(layout.stamp, layout.params) : undefined,
      storedAt: view.getFloat64(start + 32, true),
      cost: view.getFloat64(start + 48, true),
    },
    contentStart: layout.params,
    blob,
  }
}

// Texts of ASCII, which most are, are decoded together and then cut, since each decoding costs more than all cutting.
function textsAt(
  bytes: Buffer,
  flags: number,
  start: number,
  end: number,
): (from: number, to: number) => string {
  const encoding = flags & flag.utf16 ? 'utf16le' : 'utf8'
  const all = bytes.toString(encoding, start, end)
  if (all.length === end - start) return (from, to) => all.slice(from - start, to - start)
  return (from, to) => bytes.toString(encoding, from, to)
}

/** Where the texts of a value record end. */
function layOut({ view, start, end }: Stretch): { name: number; stamp: number; params: number } | undefined {
  if (end - start < valueHeadBytes) return undefined
  const name = start + valueHeadBytes + view.getUint32(start + 56, true)
  const stamp = name + view.getUint32(start + 60, true)
  const params = stamp + view.getUint32(start + 64, true)
  return params > end ? undefined : { name, stamp, params }
}

function writeHead(record: Buffer, type: number, flags: number, { writer, sequence }: Origin): void {
  record.writeUInt32LE(magicNumber, 0)
  record.writeUInt32LE(record.length, 4)
  record[16] = type
  record[17] = flags
  record.writeUInt16LE(0, 18)
  record.writeUInt32LE(sequence, 20)
  record.writeBigUInt64LE(writer, 24)
}

function textAt(record: Buffer, start: number, end: number): string {
  return record.toString((record[17] as number) & flag.utf16 ? 'utf16le' : 'utf8', start, end)
}

function encodingOf(...texts: string[]): 'utf8' | 'utf16le' {
  return texts.every(text => text.isWellFormed()) ? 'utf8' : 'utf16le'
}

function flagOf(encoding: 'utf8' | 'utf16le'): number {
  return encoding === 'utf16le' ? flag.utf16 : 0
}

function referenceBytes({ file, size, checksum }: BlobReference): Uint8Array {
  const bytes = Buffer.alloc(16 + file.length)
  bytes.writeBigUInt64LE(checksum, 0)
  bytes.writeDoubleLE(size, 8)
  bytes.write(file, 16, 'latin1')
  return bytes
}

function referenceOf(bytes: Buffer): BlobReference | undefined {
  if (bytes.length < 16) return undefined
  return {
    checksum: bytes.readBigUInt64LE(0),
    size: bytes.readDoubleLE(8),
    file: bytes.toString('latin1', 16),
  }
}
