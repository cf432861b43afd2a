import type { ValueTypes } from '@stagcache/core'
import type { Graph, GraphNode } from './graph.ts'
import { GraphBuilder } from './graph-builder.ts'
import { GraphReader } from './graph-reader.ts'
import { writeGraph } from './graph-writer.ts'
import { MessageReader } from './message-reader.ts'
import { MessageOverflow, MessageWriter } from './message-writer.ts'
import { Refusal, toError } from './refusal.ts'
import type { Stretch } from './stretch.ts'
import { TreeWriter } from './tree-writer.ts'

/*
 * Payload: an encoded value. Numbers are little-endian.
 *
 *   offset  size  field
 *   0       1     encoding: 0 tree, 1 graph, 2 graph with segments
 *   encodings 0 and 1
 *   1       …     MessagePack message: the value; or [root, nodes]
 *   encoding 2
 *   1       3     zero
 *   4       4     m, length of the message
 *   8       4     k, number of segments
 *   12      4     zero
 *   16      8 k   length of each segment, float64
 *   …       m     MessagePack message [root, nodes]
 *   …       …     each segment, at the next multiple of 64 from the payload's beginning
 */
const encoding = { tree: 0, graph: 1, segments: 2 } as const
const alignment = 64

const reader = new MessageReader()

/** A value as bytes; an `UnserializableValueError` if it would not come back equal. `name` is for the message. */
export function encode(value: unknown, types: ValueTypes, name: string): Uint8Array {
  try {
    return withWriters(({ message, tree }) => {
      message.begin(1)
      if (tree.write(value)) return finish(message, encoding.tree)
      message.drop()
      return encodeGraph(message, new GraphBuilder(types).build(value))
    })
  } catch (error) {
    throw toErrorOf(error, value, name)
  }
}

interface Writers {
  readonly message: MessageWriter
  readonly tree: TreeWriter
}

// Used again, unless the last encoding failed in the middle, or a getter of the value being encoded is storing another one.
let spare: Writers | undefined

function withWriters(encode: (writers: Writers) => Uint8Array): Uint8Array {
  const writers = spare ?? makeWriters()
  spare = undefined
  const bytes = encode(writers)
  spare = writers
  return bytes
}

function makeWriters(): Writers {
  const message = new MessageWriter()
  return { message, tree: new TreeWriter(message) }
}

function toErrorOf(error: unknown, value: unknown, name: string): unknown {
  if (error instanceof Refusal) return toError(error, value, name)
  if (isStackOverflow(error)) return toError(new Refusal(value, 'a value nested so deeply'), value, name)
  if (error instanceof MessageOverflow)
    return toError(new Refusal(value, 'more than 4 GiB of anything but bytes'), value, name)
  return error
}

/**
 * The value of a payload. Typed arrays of encoding 2 are views on its bytes: these must not be used for anything else
 * afterwards, and the payload has to begin at a multiple of 8 in their buffer.
 */
export function decode(payload: Stretch, types: ValueTypes): unknown {
  const { bytes, view, start, end } = payload
  switch (bytes[start]) {
    case encoding.tree:
      return reader.read({ bytes, view, start: start + 1, end })
    case encoding.graph:
      return decodeGraph(reader.read({ bytes, view, start: start + 1, end }), [], types)
    case encoding.segments:
      return decodeSegments(payload, types)
    default:
      throw new Error(`an encoding of the unknown kind ${bytes[start]}`)
  }
}

/** Whether the value of the payload at `start` would keep hold of the bytes that it is decoded from. */
export function sharesItsBytes(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === encoding.segments
}

function encodeGraph(message: MessageWriter, graph: Graph): Uint8Array {
  const { segments } = graph
  const headBytes = segments.length === 0 ? 1 : 16 + 8 * segments.length
  message.begin(headBytes)
  writeGraph(message, graph)
  if (segments.length === 0) return finish(message, encoding.graph)
  return joinSegments(finish(message, encoding.segments), segments)
}

function finish(message: MessageWriter, kind: number): Buffer {
  const payload = message.end()
  payload[0] = kind
  return payload
}

function joinSegments(front: Buffer, segments: readonly Uint8Array[]): Uint8Array {
  const head = 16 + 8 * segments.length
  const places = layOut(
    front.length,
    segments.map(segment => segment.length),
  )
  const payload = Buffer.alloc(places.end)
  payload.set(front)
  payload.fill(0, 1, head)
  payload.writeUInt32LE(front.length - head, 4)
  payload.writeUInt32LE(segments.length, 8)
  for (const [index, segment] of segments.entries()) {
    payload.writeDoubleLE(segment.length, 16 + 8 * index)
    payload.set(segment, places.starts[index])
  }
  return payload
}

function decodeSegments({ bytes, view, start, end }: Stretch, types: ValueTypes): unknown {
  const messageLength = view.getUint32(start + 4, true)
  const count = view.getUint32(start + 8, true)
  const head = 16 + 8 * count
  if (start + head + messageLength > end) throw new Error('a message longer than its payload')
  const lengths = Array.from({ length: count }, (_, index) => view.getFloat64(start + 16 + 8 * index, true))
  const places = layOut(head + messageLength, lengths)
  if (start + places.end !== end) throw new Error('segments of another length than the payload')
  const segments = lengths.map((length, index) => {
    const place = start + (places.starts[index] as number)
    return bytes.subarray(place, place + length)
  })
  const message = { bytes, view, start: start + head, end: start + head + messageLength }
  return decodeGraph(reader.read(message), segments, types)
}

function decodeGraph(graph: unknown, segments: Uint8Array[], types: ValueTypes): unknown {
  if (!Array.isArray(graph) || !Array.isArray(graph[1])) throw new Error('a graph without nodes')
  const [root, nodes] = graph as [unknown, GraphNode[]]
  return new GraphReader({ root, nodes, segments }, types).read()
}

function layOut(from: number, lengths: readonly number[]): { starts: number[]; end: number } {
  let end = from
  const starts = lengths.map(length => {
    const start = Math.ceil(end / alignment) * alignment
    end = start + length
    return start
  })
  return { starts, end }
}

// A registered class may throw other errors of the same type.
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}
