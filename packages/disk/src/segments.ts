import { Payload } from './payload.ts'
import type { Stretch } from './stretch.ts'

/*
 * Payload of encoding 2: a message, and what it names. Numbers are little-endian.
 *
 *   offset  size  field
 *   1       3     zero
 *   4       4     m, length of the message
 *   8       4     k, number of segments
 *   12      4     zero
 *   16      8     where the Blobs begin, float64
 *   24      8 k   length of each segment, float64
 *   …       m     MessagePack message
 *   …       …     each segment, at the next multiple of 64 from the payload's beginning; zeros between
 *   …       …     the bytes of the Blobs
 */
/** How much of a payload tells where its Blobs begin. */
export const beginningBytes = 24
const alignment = 64
const zeros = new Uint8Array(alignment)

/** How many bytes stand in front of the message. */
export function headBytes(segments: number): number {
  return beginningBytes + 8 * segments
}

/** A payload of a message, which stands behind `headBytes`, with segments, which are not copied, and Blobs. */
export function withSegments(
  front: Buffer,
  segments: readonly Uint8Array[],
  blobs: readonly Blob[],
): Payload {
  const memory: Uint8Array[] = [front]
  let end = front.length
  for (const [index, segment] of segments.entries()) {
    front.writeDoubleLE(segment.length, headBytes(index))
    const start = aligned(end)
    memory.push(zeros.subarray(0, start - end), segment)
    end = start + segment.length
  }
  front.fill(0, 1, beginningBytes)
  front.writeUInt32LE(front.length - headBytes(segments.length), 4)
  front.writeUInt32LE(segments.length, 8)
  front.writeDoubleLE(end, 16)
  return new Payload(memory, blobs, segments.length > 0)
}

/** Where the Blobs begin in such a payload of this size; `undefined` where that cannot be. */
export function blobsStart({ view, start, end }: Stretch, size: number): number | undefined {
  if (end - start < beginningBytes) return undefined
  const blobs = view.getFloat64(start + 16, true)
  return blobs >= beginningBytes && blobs <= size && Number.isInteger(blobs) ? blobs : undefined
}

/** The message of such a payload, without its Blobs, and views on its segments. */
export function segmentsOf({ bytes, view, start, end }: Stretch): { message: Stretch; segments: Buffer[] } {
  const count = view.getUint32(start + 8, true)
  const messageStart = start + headBytes(count)
  const messageEnd = messageStart + view.getUint32(start + 4, true)
  if (messageEnd > end) throw new Error('a message longer than its payload')
  const segments: Buffer[] = []
  let at = messageEnd
  for (let index = 0; index < count; index++) {
    const place = start + aligned(at - start)
    at = place + view.getFloat64(start + headBytes(index), true)
    segments.push(bytes.subarray(place, at))
  }
  if (at !== end) throw new Error('segments of another length than the payload')
  return { message: { bytes, view, start: messageStart, end: messageEnd }, segments }
}

function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment
}
