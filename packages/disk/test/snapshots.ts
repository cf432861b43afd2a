import { checksum } from '../src/hash.ts'

/** With checksums that say that it is right, as somebody hostile could write it. */
export function resigned(bytes: Buffer): Buffer {
  const [rows, buckets, claims] = countsIn(bytes)
  const sizes = [40 * rows, 4 * buckets, 16 * claims]
  let start = bytesBeforeBlocks
  for (const [block, size] of sizes.entries()) {
    bytes.writeBigUInt64LE(checksum(bytes.subarray(start, start + size), 0n), 128 + 8 * block)
    start += size
  }
  const signed = Buffer.concat([bytes.subarray(0, 120), bytes.subarray(128, bytesBeforeBlocks)])
  bytes.writeBigUInt64LE(checksum(signed, 0n), 120)
  return bytes
}

// Of a snapshot with one block of each kind.
export const bytesBeforeBlocks: number = 128 + 3 * 8

export function countsIn(bytes: Buffer): [rows: number, buckets: number, claims: number] {
  const counts = [48, 56, 64].map(at => bytes.readDoubleLE(at))
  return counts.map(count => Math.max(0, count || 0)) as [number, number, number]
}
