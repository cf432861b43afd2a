import { constants } from 'node:buffer'
import type { ValueTypes } from '@stagcache/core'
import { Packr, RESERVE_START_SPACE, Unpackr } from 'msgpackr/pack'
import { compressedEncoding, expandNow } from './compression.ts'
import type { GraphNode } from './graph.ts'
import { GraphBuilder } from './graph-builder.ts'
import { GraphReader } from './graph-reader.ts'
import { loneViewIn } from './lone-view.ts'
import { readMessage } from './message-reader.ts'
import { Payload } from './payload.ts'
import { Refusal, toError } from './refusal.ts'
import { blobsStart, headBytes, segmentsOf, withSegments } from './segments.ts'
import { type Stretch, stretchOf } from './stretch.ts'
import { treeKindOf } from './tree.ts'

/*
 * Payload: an encoded value.
 *
 *   offset  size  field
 *   0       1     encoding: 0 tree, 1 graph, 2 graph with segments, 3 compressed, 4 table
 *   1       …     encoding 0: a MessagePack message, the value
 *                 encoding 1: a MessagePack message, [root, nodes]
 *                 encoding 2: the same with segments, see segments.ts
 *                 encoding 3: another payload, compressed, see compression.ts
 *                 encoding 4: a MessagePack message with records and bundled texts, the value
 */
const encoding = { tree: 0, graph: 1, segments: 2, compressed: compressedEncoding, table: 4 } as const

// Pure MessagePack: no records, no extensions of msgpackr's own, and nothing that looks at methods of what it encodes.
// Binary is copied out of what was read, since that buffer may be used again.
const plainly = { mapsAsObjects: true, useToJSON: false, copyBuffers: true }
const packr = new Packr({ ...plainly, useRecords: false } as object)

// What msgpackr has for many objects that are alike. Its reader makes functions of property names, which it quotes; a message
// brings all names that it uses.
const tables = {
  packr: new Packr({ ...plainly, useRecords: true, bundleStrings: true } as object),
  unpackr: new Unpackr(plainly as object),
  // Arrays like those in which msgpackr gathers texts, when it writes and when it reads. V8 throws away code that was made for a
  // kind of object when the last one is collected, and then the next table would take several times as long.
  bundles: [
    Object.assign([], { size: Number.POSITIVE_INFINITY }),
    Object.assign(['', ''], { previous: undefined, size: 0, position: 0, stringsPosition: 0 }),
    Object.assign(['', ''], { position0: 0, position1: 0, postBundlePosition: 0 }),
  ],
}

/**
 * A value as bytes, of which its own memory may be a part; an `UnserializableValueError` if it would not come back equal.
 *
 * @param name - For the message.
 * @param mostReadable - How many bytes this runtime could read again, in one buffer.
 */
export function encode(
  value: unknown,
  types: ValueTypes,
  name: string,
  mostReadable: number = constants.MAX_LENGTH,
): Payload {
  try {
    const payload = encodeAny(value, types)
    const { memorySize } = payload
    if (memorySize > mostReadable) throw new Refusal(value, `${memorySize} bytes in one value`)
    return payload
  } catch (error) {
    throw toErrorOf(error, value, name)
  }
}

function encodeAny(value: unknown, types: ValueTypes): Payload {
  const kind = treeKindOf(value)
  if (kind === 'table') return new Payload([pack(value, 1, encoding.table, tables.packr)])
  if (kind === 'tree') return new Payload([pack(value, 1, encoding.tree)])
  const { root, nodes, segments, blobs } = new GraphBuilder(types).build(value)
  if (segments.length === 0 && blobs.length === 0)
    return new Payload([pack([root, nodes], 1, encoding.graph)])
  const front = pack([root, nodes], headBytes(segments.length), encoding.segments)
  return withSegments(front, segments, blobs)
}

// The most that msgpackr leaves room for in front of what it encodes.
const mostReserved = 255

/** A message behind a head of so many bytes, of which the first one says how it is encoded. */
function pack(message: unknown, head: number, kind: number, by: Packr = packr): Buffer {
  const payload =
    head <= mostReserved
      ? by.pack(message, RESERVE_START_SPACE | head)
      : Buffer.concat([Buffer.alloc(head), by.pack(message)])
  payload[0] = kind
  return payload
}

function toErrorOf(error: unknown, value: unknown, name: string): unknown {
  if (error instanceof Refusal) return toError(error, value, name)
  if (isStackOverflow(error)) return toError(new Refusal(value, 'a value nested so deeply'), value, name)
  return error
}

/**
 * The value of a payload. Typed arrays of encoding 2 are views on its bytes: these must not be used for anything else
 * afterwards, and the payload has to begin at a multiple of 8 in their buffer.
 *
 * @param blobs - What is behind the payload's memory: the bytes of all Blobs in the value. These will be slices of it.
 */
export function decode(payload: Stretch, types: ValueTypes, blobs?: Blob): unknown {
  const { bytes, view, start, end } = payload
  switch (bytes[start]) {
    case encoding.tree:
      return readMessage({ bytes, view, start: start + 1, end })
    case encoding.table:
      return readTable(bytes, start + 1, end)
    case encoding.graph:
      return decodeSmallGraph({ bytes, view, start: start + 1, end }, types)
    case encoding.segments:
      return decodeSegments(payload, types, blobs)
    case encoding.compressed:
      return decode(stretchOf(expandNow(payload)), types)
    default:
      throw new Error(`an encoding of the unknown kind ${bytes[start]}`)
  }
}

// Before this place msgpackr remembers property names, and where the stack overflows in the midst of it, forgets what they were:
// later values would have other names.
const rememberedBefore = 180

function readTable(bytes: Buffer, start: number, end: number): unknown {
  if (end >= rememberedBefore) return tables.unpackr.unpack(bytes, { start, end })
  const further = Buffer.alloc(rememberedBefore + end - start)
  bytes.copy(further, rememberedBefore, start, end)
  return tables.unpackr.unpack(further, { start: rememberedBefore, end: further.length })
}

/** Whether the value of the payload at `start` would keep hold of the bytes that it is decoded from. */
export function sharesItsBytes(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === encoding.segments
}

/**
 * How much of a payload of this size has to be in memory to decode it: less than all of it, where there are Blobs;
 * `undefined` for what cannot be a payload. The beginning has at least the `beginningBytes`, if the payload has.
 */
export function memorySizeOf(beginning: Stretch, size: number): number | undefined {
  return beginning.bytes[beginning.start] === encoding.segments ? blobsStart(beginning, size) : size
}

function decodeSmallGraph(message: Stretch, types: ValueTypes): unknown {
  return loneViewIn(message) ?? decodeGraph(readMessage(message), [], types)
}

function decodeSegments(payload: Stretch, types: ValueTypes, blobs: Blob | undefined): unknown {
  const { message, segments } = segmentsOf(payload)
  return decodeGraph(readMessage(message), segments, types, blobs)
}

function decodeGraph(graph: unknown, segments: Uint8Array[], types: ValueTypes, blobs?: Blob): unknown {
  if (!Array.isArray(graph) || !Array.isArray(graph[1])) throw new Error('a graph without nodes')
  const [root, nodes] = graph as [unknown, GraphNode[]]
  return new GraphReader({ root, nodes, segments }, types, blobs).read()
}

/** Whether there was no room on the stack. A registered class may throw other errors of the same type. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}
