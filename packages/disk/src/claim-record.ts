import {
  encodingAt,
  encodingFlag,
  encodingOf,
  type Origin,
  originOf,
  recordType,
  writeHead,
} from './record.ts'

/*
 * Records of type 4, claim, and 5, release: what follows the head.
 *
 *   type 4, claim: the record's writer generates this entry
 *   offset  size  field
 *   32      8     with flag 4: writer of the claim that this one replaces; otherwise zero
 *   40      4     with flag 4: sequence of that claim; otherwise zero
 *   44      4     length of the name in bytes
 *   48      4     length of the stamp in bytes
 *   52      4     zero
 *   56      …     name, stamp; the rest is the params' fingerprint
 *
 *   type 5, release: a claim of the same writer ends without a value
 *   32      4     sequence of the claim
 *   36      4     zero
 *   40      …     the rest is the name
 *
 *   flags
 *   1  texts are UTF-16LE
 *   2  claim: the params are hashed; release: there is a result, but it is not stored
 *   4  claim: it replaces another one
 */
const flag = { params: 2, unstored: 2, replaces: 4 } as const
const claimHeadBytes = 56
const releaseHeadBytes = 40

/** What is generated: one stamp and, where they count, hashed params of a name. */
export interface Wanted {
  readonly stamp: string
  readonly params: string | undefined
}

/** A record of type claim, read whole. */
export interface ClaimChange {
  readonly type: typeof recordType.claim
  readonly name: string
  readonly wanted: Wanted
  readonly claim: Origin
  readonly replaces: Origin | undefined
}

/** A record of type release, read whole. */
export interface ReleaseChange {
  readonly type: typeof recordType.release
  readonly name: string
  readonly claim: Origin
  /** Whether there is a result, which is not stored. */
  readonly unstored: boolean
}

/** A record of type claim, still without its checksum. */
export function claimRecord(
  origin: Origin,
  name: string,
  { stamp, params }: Wanted,
  replaces: Origin | undefined,
): Buffer {
  const encoding = encodingOf(name, stamp, params ?? '')
  const [nameBytes, stampBytes, paramsBytes] = [name, stamp, params ?? ''].map(text =>
    Buffer.byteLength(text, encoding),
  ) as [number, number, number]
  const record = Buffer.alloc(claimHeadBytes + nameBytes + stampBytes + paramsBytes)
  const flags =
    encodingFlag(encoding) | (params === undefined ? 0 : flag.params) | (replaces ? flag.replaces : 0)
  writeHead(record, recordType.claim, flags, origin)
  record.writeBigUInt64LE(replaces?.writer ?? 0n, 32)
  record.writeUInt32LE(replaces?.sequence ?? 0, 40)
  record.writeUInt32LE(nameBytes, 44)
  record.writeUInt32LE(stampBytes, 48)
  record.write(name, claimHeadBytes, encoding)
  record.write(stamp, claimHeadBytes + nameBytes, encoding)
  record.write(params ?? '', claimHeadBytes + nameBytes + stampBytes, encoding)
  return record
}

/** A record of type release, still without its checksum. */
export function releaseRecord(origin: Origin, name: string, claim: Origin, unstored: boolean): Buffer {
  const encoding = encodingOf(name)
  const record = Buffer.alloc(releaseHeadBytes + Buffer.byteLength(name, encoding))
  writeHead(record, recordType.release, encodingFlag(encoding) | (unstored ? flag.unstored : 0), origin)
  record.writeUInt32LE(claim.sequence, 32)
  record.write(name, releaseHeadBytes, encoding)
  return record
}

/** A whole, intact record of type claim; `undefined` where its contents contradict each other. */
export function readClaim(record: Buffer): ClaimChange | undefined {
  if (record.length < claimHeadBytes) return undefined
  const nameEnd = claimHeadBytes + record.readUInt32LE(44)
  const stampEnd = nameEnd + record.readUInt32LE(48)
  if (stampEnd > record.length) return undefined
  const encoding = encodingAt(record, 0)
  const flags = record[17] as number
  const params = flags & flag.params ? record.toString(encoding, stampEnd) : undefined
  return {
    type: recordType.claim,
    name: record.toString(encoding, claimHeadBytes, nameEnd),
    wanted: { stamp: record.toString(encoding, nameEnd, stampEnd), params },
    claim: originOf(record),
    replaces:
      flags & flag.replaces
        ? { writer: record.readBigUInt64LE(32), sequence: record.readUInt32LE(40) }
        : undefined,
  }
}

/** A whole, intact record of type release; `undefined` where its contents contradict each other. */
export function readRelease(record: Buffer): ReleaseChange | undefined {
  if (record.length < releaseHeadBytes) return undefined
  return {
    type: recordType.release,
    name: record.toString(encodingAt(record, 0), releaseHeadBytes),
    claim: { writer: record.readBigUInt64LE(24), sequence: record.readUInt32LE(32) },
    unstored: ((record[17] as number) & flag.unstored) !== 0,
  }
}

/** Whether two claims are for the same generation. */
export function wantsSame(one: Wanted, other: Wanted): boolean {
  return one.stamp === other.stamp && one.params === other.params
}
