import type { Graph } from './graph.ts'
import type { MessageWriter } from './message-writer.ts'

/** Writes `[root, nodes]` of a graph, which consists of copies: nothing in it needs to be looked at once more. */
export function writeGraph(message: MessageWriter, { root, nodes }: Graph): void {
  message.array(2)
  write(message, root)
  write(message, nodes)
}

function write(message: MessageWriter, value: unknown): void {
  switch (typeof value) {
    case 'string':
      message.text(value)
      break
    case 'number':
      message.number(value)
      break
    case 'bigint':
      message.bigint(value)
      break
    case 'boolean':
      message.boolean(value)
      break
    case 'undefined':
      message.undefined()
      break
    default:
      writeObject(message, value as object | null)
  }
}

function writeObject(message: MessageWriter, value: object | null): void {
  if (value === null) message.null()
  else if (Array.isArray(value)) writeArray(message, value)
  else if (value instanceof Uint8Array) message.binary(value)
  else writeMap(message, value as Record<string, unknown>)
}

function writeArray(message: MessageWriter, array: readonly unknown[]): void {
  message.array(array.length)
  for (const element of array) write(message, element)
}

function writeMap(message: MessageWriter, object: Readonly<Record<string, unknown>>): void {
  const place = message.beginMap()
  let size = 0
  for (const key in object) {
    message.text(key)
    write(message, object[key])
    size++
  }
  message.endMap(place, size)
}
