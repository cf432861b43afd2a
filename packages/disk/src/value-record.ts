import type { EntryInfo, Stamp } from '@stagcache/core'
import { lengthOf, writePieces } from './pieces.ts'
import {
  encodingAt,
  encodingFlag,
  encodingOf,
  type Origin,
  recordType,
  type TextEncoding,
  utf16Flag,
  writeHead,
} from './record.ts'
import type { Stretch } from './stretch.ts'

/*
 * Record of type 1, value: what follows the head.
 *
 *   offset  size  field
 *   32      8     stored at, float64 milliseconds since 1970
 *   40      8     expires at, float64 milliseconds since 1970; 0: never
 *   48      8     cost, float64 milliseconds
 *   56      4     length of the name in bytes
 *   60      4     length of the stamp in bytes
 *   64      4     length of the params' fingerprint in bytes
 *   68      4     with flag 8: sequence of the claim, a record of the same writer; otherwise zero
 *   72      …     name, stamp, params; the rest is the payload, or with flag 4 a reference to a blob
 *
 *   flags
 *   1  texts are UTF-16LE
 *   2  the entry's params are recorded
 *   4  the payload lies in a blob
 *   8  the value counts only while the claim stands
 *
 *   reference to a blob
 *   0       8     XXH64 of the blob, unseeded
 *   8       8     size of the blob in bytes, float64
 *   16      …     name of the blob's file, ASCII
 *
 * A value with other flags cannot be read: it counts as absent.
 */
const flag = { params: 2, blob: 4, claim: 8 } as const
const knownFlags = utf16Flag | flag.params | flag.blob | flag.claim
const valueHeadBytes = 72
const referenceHeadBytes = 16

/** Where a large value lies. */
export interface BlobReference {
  readonly file: string
  readonly size: number
  readonly checksum: bigint
}

/** A record of type value, read whole. */
export interface ValueRecord {
  readonly name: string
  readonly info: EntryInfo
  /** Where in the bytes the payload begins, which goes to the end of the record; with a blob, the reference to that. */
  readonly contentStart: number
  readonly blob: BlobReference | undefined
}

/** What the index keeps of a record of type value. */
export interface ValueChange {
  readonly type: typeof recordType.value
  readonly name: string
  readonly blobBytes: number
  readonly storedAt: number
  readonly cost: number
  /** The claim without which it does not count. */
  readonly claim: Origin | undefined
}

/** What a record of type value holds: a payload, maybe in pieces, or where it lies. */
export type Content = Uint8Array | readonly Uint8Array[] | BlobReference

/** A record of type value, still without its checksum. */
export function valueRecord(
  origin: Origin,
  name: string,
  { stamp, params, storedAt, expiresAt = 0, cost }: EntryInfo & { readonly expiresAt?: number | undefined },
  content: Content,
  claim?: Origin,
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const { texts, encoding, bytesOf } = joined(name, stamp, params ?? '')
  const contentStart = valueHeadBytes + bytesOf(texts)
  const isBlob = 'file' in content
  const pieces = isBlob ? [referenceBytes(content)] : content instanceof Uint8Array ? [content] : content
  const record = allocate(contentStart + lengthOf(pieces))
  const flags =
    encodingFlag(encoding) |
    (params === undefined ? 0 : flag.params) |
    (isBlob ? flag.blob : 0) |
    (claim ? flag.claim : 0)
  writeHead(record, recordType.value, flags, origin)
  record.writeDoubleLE(storedAt, 32)
  record.writeDoubleLE(expiresAt, 40)
  record.writeDoubleLE(cost, 48)
  record.writeUInt32LE(bytesOf(name), 56)
  record.writeUInt32LE(bytesOf(stamp), 60)
  record.writeUInt32LE(bytesOf(params ?? ''), 64)
  record.writeUInt32LE(claim?.sequence ?? 0, 68)
  record.write(texts, valueHeadBytes, encoding)
  writePieces(record, pieces, contentStart)
  return record
}

// Written together, since each write and each count of bytes costs more than joining them. Of ASCII, which most are, the
// length is the number of bytes.
function joined(
  name: string,
  stamp: string,
  params: string,
): { texts: string; encoding: TextEncoding; bytesOf: (text: string) => number } {
  const texts = name + stamp + params
  if (Buffer.byteLength(texts) === texts.length) return { texts, encoding: 'utf8', bytesOf: lettersOf }
  const encoding = encodingOf(name, stamp, params)
  return { texts, encoding, bytesOf: text => Buffer.byteLength(text, encoding) }
}

function lettersOf({ length }: string): number {
  return length
}

/** What the index keeps of a whole, intact record of type value; `undefined` where its contents contradict each other. */
export function readValueChange(record: Buffer): ValueChange | undefined {
  if (record.length < valueHeadBytes) return undefined
  const layout = layOut(
    0,
    record.length,
    record.readUInt32LE(56),
    record.readUInt32LE(60),
    record.readUInt32LE(64),
  )
  if (!layout) return undefined
  const flags = record[17] as number
  const hasReference = flags & flag.blob && layout.params + referenceHeadBytes <= record.length
  return {
    type: recordType.value,
    name: record.toString(encodingAt(record, 0), valueHeadBytes, layout.name),
    blobBytes: hasReference ? sizeIn(record, layout.params) : 0,
    storedAt: record.readDoubleLE(32),
    cost: record.readDoubleLE(48),
    claim:
      flags & flag.claim
        ? { writer: record.readBigUInt64LE(24), sequence: record.readUInt32LE(68) }
        : undefined,
  }
}

/**
 * A whole, intact record of type value; `undefined` if it is of another type, or its contents are contradictory or unknown.
 */
export function readValue(stretch: Stretch): ValueRecord | undefined {
  const { bytes, view, start, end } = stretch
  if (bytes[start + 16] !== recordType.value) return undefined
  const layout = layoutOf(stretch)
  const flags = bytes[start + 17] as number
  if (!layout || flags & ~knownFlags) return undefined
  const blob = flags & flag.blob ? referenceOf(bytes.subarray(layout.params, end)) : undefined
  if (flags & flag.blob && !blob) return undefined
  const [name, stamp, params] = textsAt(bytes, encodingAt(bytes, start), start + valueHeadBytes, layout)
  const storedAt = view.getFloat64(start + 32, true)
  const expiresAt = view.getFloat64(start + 40, true)
  const cost = view.getFloat64(start + 48, true)
  const known = { stamp: stamp as Stamp, params: flags & flag.params ? params : undefined, storedAt, cost }
  const info = expiresAt > 0 ? { ...known, expiresAt } : known
  return { name, info, contentStart: layout.params, blob }
}

/** The name that a record of type value, known to be whole, is about. */
export function nameOfValue({ bytes, view, start }: Stretch): string {
  const from = start + valueHeadBytes
  return bytes.toString(encodingAt(bytes, start), from, from + view.getUint32(start + 56, true))
}

/** From when on a value is of no use, in milliseconds since 1970. */
export function expiryOf(record: Buffer): number {
  // An index that was tampered with may name a record of another type.
  if (record.length < valueHeadBytes) return Number.POSITIVE_INFINITY
  const expiresAt = record.readDoubleLE(40)
  return expiresAt > 0 ? expiresAt : Number.POSITIVE_INFINITY
}

/** Makes a record that counts in its log count in any other, where its claim is not known. Its checksum changes. */
export function detachFromClaim(record: Buffer): void {
  record[17] = (record[17] as number) & ~flag.claim
  record.writeUInt32LE(0, 68)
}

/** Whether a record of type value depends on a claim. */
export function carriesClaim(record: Buffer): boolean {
  return ((record[17] as number) & flag.claim) !== 0
}

// Texts of ASCII, which most are, are decoded together and then cut, since each decoding costs more than all cutting.
function textsAt(
  bytes: Buffer,
  encoding: TextEncoding,
  start: number,
  { name, stamp, params }: Layout,
): [name: string, stamp: string, params: string] {
  const all = bytes.toString(encoding, start, params)
  if (all.length === params - start)
    return [all.slice(0, name - start), all.slice(name - start, stamp - start), all.slice(stamp - start)]
  return [
    bytes.toString(encoding, start, name),
    bytes.toString(encoding, name, stamp),
    bytes.toString(encoding, stamp, params),
  ]
}

/** Where the texts of a value record end. */
interface Layout {
  readonly name: number
  readonly stamp: number
  readonly params: number
}

function layoutOf({ view, start, end }: Stretch): Layout | undefined {
  if (end - start < valueHeadBytes) return undefined
  return layOut(
    start,
    end,
    view.getUint32(start + 56, true),
    view.getUint32(start + 60, true),
    view.getUint32(start + 64, true),
  )
}

function layOut(
  start: number,
  end: number,
  nameBytes: number,
  stampBytes: number,
  paramsBytes: number,
): Layout | undefined {
  const name = start + valueHeadBytes + nameBytes
  const stamp = name + stampBytes
  const params = stamp + paramsBytes
  return params > end ? undefined : { name, stamp, params }
}

// Sums are made of it, and somebody hostile may have written anything.
function sizeIn(record: Buffer, reference: number): number {
  const size = record.readDoubleLE(reference + 8)
  return Number.isSafeInteger(size) && size > 0 ? size : 0
}

function referenceBytes({ file, size, checksum }: BlobReference): Uint8Array {
  const bytes = Buffer.alloc(referenceHeadBytes + file.length)
  bytes.writeBigUInt64LE(checksum, 0)
  bytes.writeDoubleLE(size, 8)
  bytes.write(file, referenceHeadBytes, 'latin1')
  return bytes
}

function referenceOf(bytes: Buffer): BlobReference | undefined {
  if (bytes.length < referenceHeadBytes) return undefined
  return {
    checksum: bytes.readBigUInt64LE(0),
    size: bytes.readDoubleLE(8),
    file: bytes.toString('latin1', referenceHeadBytes),
  }
}
