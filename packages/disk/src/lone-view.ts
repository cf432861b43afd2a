import { kind } from './graph.ts'
import { viewAs } from './graph-reader.ts'
import type { Stretch } from './stretch.ts'

// [0n, [[kind.view, class, bytes]]], up to the class, which is a text of up to 31 letters.
const front: Uint8Array = Uint8Array.of(0x92, 0xd3, 0, 0, 0, 0, 0, 0, 0, 0, 0x91, 0x93, kind.view)
const text = 0xa0
const bytesBelow256 = 0xc4
const bytesFrom256 = 0xc5

/**
 * The typed array, `DataView` or `Buffer` that is all of a graph, in memory of its own; `undefined` where there is anything
 * else. Reading the message part by part would take twice as long as this does with copying some hundred bytes.
 */
export function loneViewIn({ bytes, view, start, end }: Stretch): ArrayBufferView | undefined {
  for (let at = 0; at < front.length; at++) if (bytes[start + at] !== front[at]) return undefined
  const name = start + front.length + 1
  const head = name + (bytes[name - 1] as number) - text
  const content = contentAt(bytes, view, head)
  if (content?.end !== end) return undefined
  const copy = new Uint8Array(new ArrayBuffer(end - content.start))
  bytes.copy(copy, 0, content.start, end)
  return viewAs(bytes.toString('latin1', name, head), copy)
}

function contentAt(bytes: Buffer, view: DataView, head: number): { start: number; end: number } | undefined {
  switch (bytes[head]) {
    case bytesBelow256:
      return { start: head + 2, end: head + 2 + view.getUint8(head + 1) }
    case bytesFrom256:
      return { start: head + 3, end: head + 3 + view.getUint16(head + 1) }
    default:
      return undefined
  }
}
