/*
 * Values that are more than a tree of JSON-like data are stored as a graph: a tree in which every object that MessagePack
 * cannot express, or that occurs more than once, is replaced by a bigint, the number of a node. (A bigint can stand for
 * that because bigints are nodes themselves.) A node is an array that begins with one of these kinds:
 *
 *   kind  value                          further elements
 *   0     array or plain object that     itself
 *         occurs more than once
 *   1     -0
 *   2     bigint                         text, hexadecimal, with its sign
 *   3     string with lone surrogates,   UTF-16 code units, little-endian, as binary
 *         or that begins with U+FEFF
 *   4     Date                           milliseconds
 *   5     RegExp                         source, flags
 *   6     Map                            [key, value, key, value, …]
 *   7     Set                            [value, …]
 *   8     Error                          class, [hidden property, value, …], [property, value, …]
 *   9     ArrayBuffer                    bytes, maximum length or null
 *   10    typed array, DataView, Buffer  class, bytes
 *   11    the same, sharing its buffer   class, buffer, byte offset, length in elements
 *   12    array with holes or further    length, [index or property, value, …]
 *         properties
 *   13    object whose properties        1 if it has no prototype, else 0; [property, value, …]
 *         MessagePack cannot express
 *   14    boxed primitive                the primitive
 *   15    instance of a registered       tag, what its `encode` returned
 *         class
 *   16    Blob                           where it begins, size, type
 *   17    File                           the same, name, last modified
 *
 * "bytes" is MessagePack's binary, or the number of a segment that lies beside the message. The bytes of all Blobs lie
 * behind the segments, one after the other.
 */
export const kind = {
  shared: 0,
  minusZero: 1,
  bigint: 2,
  text: 3,
  date: 4,
  regExp: 5,
  map: 6,
  set: 7,
  error: 8,
  arrayBuffer: 9,
  view: 10,
  sharedView: 11,
  array: 12,
  object: 13,
  boxed: 14,
  registered: 15,
  blob: 16,
  file: 17,
} as const

export type GraphNode = unknown[]

/** A value as a tree for MessagePack, the nodes that its bigints stand for, and the bytes that lie beside it. */
export interface Graph {
  readonly root: unknown
  readonly nodes: readonly GraphNode[]
  readonly segments: readonly Uint8Array[]
}

/** The same with what has yet to be read: the Blobs, none of them empty. */
export interface GraphWithBlobs extends Graph {
  readonly blobs: readonly Blob[]
}

type Class = abstract new (...args: never[]) => object

// Looked up by name, because not every supported runtime has all of them.
const viewClassNames = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'Buffer',
]

const errorClassNames = [
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
]

export const viewClasses: ClassNames = classNames(viewClassNames)
export const errorClasses: ClassNames = classNames(errorClassNames)

/** Properties of errors that may be hidden (not enumerable), and are part of them all the same. */
export const hiddenErrorProperties: readonly string[] = ['message', 'stack', 'cause', 'errors']

/** Whether a property of an array is one of its elements. */
export function isIndex(property: string): boolean {
  return String(Number(property) >>> 0) === property && Number(property) < 2 ** 32 - 1
}

/** Built-in classes, found by the prototype of an instance when encoding and by name when decoding. */
export interface ClassNames {
  readonly byPrototype: ReadonlyMap<object, string>
  readonly byName: ReadonlyMap<string, Class>
}

function classNames(names: readonly string[]): ClassNames {
  const byName = new Map<string, Class>()
  for (const name of names) {
    const found = (globalThis as Record<string, unknown>)[name]
    if (typeof found === 'function') byName.set(name, found as unknown as Class)
  }
  return { byName, byPrototype: new Map(Array.from(byName, ([name, found]) => [found.prototype, name])) }
}
