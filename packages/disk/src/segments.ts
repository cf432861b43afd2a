import { Payload } from './payload.ts'
import type { Stretch } from './stretch.ts'

/*
 * Payload of encoding 2: a message, and what it names by number. Numbers are little-endian.
 *
 *   offset  size  field
 *   1       3     zero
 *   4       4     m, length of the message
 *   8       4     k, number of segments
 *   12      4     zero
 *   16      8 k   length of each segment, float64
 *   …       m     MessagePack message
 *   …       …     each segment, at the next multiple of 64 from the payload's beginning; zeros between
 */
const alignment = 64
const zeros = new Uint8Array(alignment)

/** How many bytes stand in front of the message. */
export function headBytes(count: number): number {
  return 16 + 8 * count
}

/** A payload of a message, which stands behind `headBytes`, and segments; they are not copied. */
export function withSegments(front: Buffer, segments: readonly Uint8Array[]): Payload {
  front.fill(0, 1, headBytes(segments.length))
  front.writeUInt32LE(front.length - headBytes(segments.length), 4)
  front.writeUInt32LE(segments.length, 8)
  const parts: Uint8Array[] = [front]
  let end = front.length
  for (const [index, segment] of segments.entries()) {
    front.writeDoubleLE(segment.length, headBytes(index))
    const start = aligned(end)
    parts.push(zeros.subarray(0, start - end), segment)
    end = start + segment.length
  }
  return new Payload(parts, end, true)
}

/** The message of such a payload, and views on its segments. */
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
