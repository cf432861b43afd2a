import { className, isPlainObject, type ValueTypes } from '@stagcache/core'
import {
  errorClasses,
  type Graph,
  type GraphNode,
  hiddenErrorProperties,
  kind,
  viewClasses,
} from './graph.ts'
import { Refusal } from './refusal.ts'

type Slots = Record<PropertyKey, unknown>

// From here on, bytes lie beside the message, aligned, instead of inside it, where they would have to be copied out.
const segmentBytes = 1024

/**
 * Whether MessagePack alone brings a value back equal: a tree of null, undefined, booleans, numbers but -0, well-formed
 * strings, dense arrays and plain objects, in which no object occurs twice.
 */
export function isTree(value: unknown): boolean {
  const seen = spareSet ?? new Set()
  spareSet = undefined
  try {
    return isTreeBelow(value, seen)
  } finally {
    seen.clear()
    spareSet = seen
  }
}

// Used again, because making a set takes as long as looking through a small value.
let spareSet: Set<object> | undefined

function isTreeBelow(value: unknown, seen: Set<object>): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
    case 'number':
      return !Object.is(value, -0)
    case 'boolean':
    case 'undefined':
      return true
    case 'object':
      return value === null || isContainerOfTrees(value, seen)
    default:
      return false
  }
}

function isContainerOfTrees(value: object, seen: Set<object>): boolean {
  if (seen.has(value)) return false
  seen.add(value)
  if (isDenseArray(value)) {
    for (const element of value) if (!isTreeBelow(element, seen)) return false
    return true
  }
  if (!isExpressibleObject(value)) return false
  for (const key in value) if (!isTreeBelow(value[key], seen)) return false
  return true
}

// A subclass of Array would come back as something else.
function isArray(value: object): value is unknown[] {
  return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype
}

function isDenseArray(value: object): value is unknown[] {
  if (!isArray(value)) return false
  return (
    Object.keys(value).length === value.length &&
    (value.length === 0 || Object.hasOwn(value, value.length - 1))
  )
}

// Property names that decoders guard against, or that encoders look up on the object they encode, stay out of
// MessagePack's maps.
function isExpressibleObject(value: object): value is Slots {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key in value) if (key in Object.prototype || !key.isWellFormed()) return false
  return Object.getOwnPropertySymbols(value).length === 0
}

/** Takes any value apart into a {@link Graph}; throws a {@link Refusal} at what would not come back equal. */
export class GraphBuilder {
  readonly #types: ValueTypes
  readonly #nodes: GraphNode[] = []
  readonly #segments: Uint8Array[] = []
  readonly #numbers = new Map<object, bigint>()
  // Where the copy of each array and plain object stands, so that it can become a node when it occurs a second time.
  readonly #copies = new Map<object, { slots: Slots; key: PropertyKey }>()
  readonly #views: { node: GraphNode; view: ArrayBufferView }[] = []
  readonly #encoding = new Set<object>()

  constructor(types: ValueTypes) {
    this.#types = types
  }

  build(value: unknown): Graph {
    const top: Slots = {}
    this.#put(top, 'root', value)
    this.#describeViews()
    return { root: top['root'], nodes: this.#nodes, segments: this.#segments }
  }

  #put(slots: Slots, key: PropertyKey, value: unknown): void {
    switch (typeof value) {
      case 'string':
        slots[key] = value.isWellFormed() ? value : this.#node([kind.text, Buffer.from(value, 'utf16le')])
        return
      case 'number':
        slots[key] = Object.is(value, -0) ? this.#node([kind.minusZero]) : value
        return
      case 'bigint':
        slots[key] = this.#node([kind.bigint, value.toString(16)])
        return
      case 'boolean':
      case 'undefined':
        slots[key] = value
        return
      case 'object':
        if (value === null) slots[key] = null
        else this.#putObject(slots, key, value)
        return
      default:
        throw new Refusal(value, `a ${typeof value}`)
    }
  }

  #putObject(slots: Slots, key: PropertyKey, value: object): void {
    if (this.#encoding.has(value))
      throw new Refusal(value, `an instance of ${className(value)} that contains itself`)
    const copy = this.#copies.get(value)
    if (copy) this.#share(value, copy)
    const number = this.#numbers.get(value)
    if (number !== undefined) slots[key] = number
    else if (isDenseArray(value)) this.#copyArray(slots, key, value)
    else if (isExpressibleObject(value)) this.#copyObject(slots, key, value)
    else this.#describe(slots, key, value)
  }

  #copyArray(slots: Slots, key: PropertyKey, array: readonly unknown[]): void {
    this.#copies.set(array, { slots, key })
    const copy = new Array(array.length)
    slots[key] = copy
    for (let index = 0; index < array.length; index++) this.#put(copy as never, index, array[index])
  }

  #copyObject(slots: Slots, key: PropertyKey, object: Slots): void {
    this.#copies.set(object, { slots, key })
    const copy: Slots = {}
    slots[key] = copy
    for (const property in object) this.#put(copy, property, object[property])
  }

  #share(value: object, { slots, key }: { slots: Slots; key: PropertyKey }): void {
    const number = this.#node([kind.shared, slots[key]])
    slots[key] = number
    this.#copies.delete(value)
    this.#numbers.set(value, number)
  }

  #describe(slots: Slots, key: PropertyKey, value: object): void {
    const node: GraphNode = []
    const number = this.#node(node)
    this.#numbers.set(value, number)
    slots[key] = number
    const type = this.#types.of(value)
    if (type) return this.#describeRegistered(node, value, type)
    if (isArray(value)) return this.#fill(node, kind.array, value.length, entriesOf(value))
    if (isPlainObject(value)) return this.#describeObject(node, value)
    if (ArrayBuffer.isView(value)) this.#views.push({ node, view: value })
    else this.#describeBuiltIn(node, value)
  }

  #describeRegistered(
    node: GraphNode,
    value: object,
    type: { tag: string; encode(value: object): unknown },
  ): void {
    this.#encoding.add(value)
    this.#fill(node, kind.registered, type.tag, type.encode(value))
    this.#encoding.delete(value)
  }

  #describeObject(node: GraphNode, value: object): void {
    const symbols = Object.getOwnPropertySymbols(value)
    if (symbols.some(symbol => Object.prototype.propertyIsEnumerable.call(value, symbol))) {
      throw new Refusal(value, 'an object with a symbol as a property name')
    }
    this.#fill(node, kind.object, Object.getPrototypeOf(value) === null ? 1 : 0, entriesOf(value))
  }

  #describeBuiltIn(node: GraphNode, value: object): void {
    switch (Object.getPrototypeOf(value)) {
      case Date.prototype:
        return this.#fill(node, kind.date, (value as Date).getTime())
      case RegExp.prototype:
        return this.#fill(node, kind.regExp, (value as RegExp).source, (value as RegExp).flags)
      case Map.prototype:
        return this.#fill(node, kind.map, [...(value as Map<unknown, unknown>)].flat(1))
      case Set.prototype:
        return this.#fill(node, kind.set, [...(value as Set<unknown>)])
      case ArrayBuffer.prototype:
        return this.#describeBuffer(node, value as ArrayBuffer)
      case Number.prototype:
      case String.prototype:
      case Boolean.prototype:
      case BigInt.prototype:
        return this.#fill(node, kind.boxed, value.valueOf())
    }
    const error = errorClasses.byPrototype.get(Object.getPrototypeOf(value))
    if (error === undefined) throw new Refusal(value, `an instance of ${className(value)}`)
    this.#fill(node, kind.error, error, errorEntries(value as Error))
  }

  #describeBuffer(
    node: GraphNode,
    buffer: ArrayBuffer & { resizable?: boolean; maxByteLength?: number },
  ): void {
    const maximum = buffer.resizable ? buffer.maxByteLength : null
    node.push(kind.arrayBuffer, this.#bytes(new Uint8Array(buffer)), maximum)
  }

  // Last, since only now is it known which buffers several views share. A Node `Buffer` is stored by itself: several of
  // them share a pool by accident, which holds other parts of the program's memory.
  #describeViews(): void {
    const uses = new Map<ArrayBufferLike, number>()
    for (const { view } of this.#views) uses.set(view.buffer, (uses.get(view.buffer) ?? 0) + 1)
    for (const { node, view } of this.#views) {
      const name = viewClasses.byPrototype.get(Object.getPrototypeOf(view))
      if (name === undefined) throw new Refusal(view, `an instance of ${className(view)}`)
      if (!(view.buffer instanceof ArrayBuffer)) throw new Refusal(view, `a ${name} on shared memory`)
      if (name !== 'Buffer' && (uses.get(view.buffer) !== 1 || this.#numbers.has(view.buffer))) {
        this.#fill(node, kind.sharedView, name, view.buffer, view.byteOffset, lengthOf(view))
      } else {
        node.push(kind.view, name, this.#bytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)))
      }
    }
  }

  #bytes(bytes: Uint8Array): Uint8Array | number {
    return bytes.length < segmentBytes ? bytes : this.#segments.push(bytes) - 1
  }

  #fill(node: GraphNode, ...elements: unknown[]): void {
    for (const element of elements) this.#put(node as never, node.length, element)
  }

  #node(node: GraphNode): bigint {
    return BigInt(this.#nodes.push(node) - 1)
  }
}

/** Properties and their values in turn; indices as numbers. */
function entriesOf(value: object): unknown[] {
  const isArray = Array.isArray(value)
  return Object.entries(value).flatMap(([key, child]) => [isArray && isIndex(key) ? Number(key) : key, child])
}

function isIndex(key: string): boolean {
  return String(Number(key) >>> 0) === key && Number(key) < 2 ** 32 - 1
}

function errorEntries(error: Error): unknown[] {
  const hidden = hiddenErrorProperties.filter(name => Object.hasOwn(error, name))
  const visible = Object.keys(error).filter(name => !hidden.includes(name))
  return [...hidden, ...visible].flatMap(name => [name, (error as unknown as Slots)[name]])
}

function lengthOf(view: ArrayBufferView): number {
  return 'length' in view ? (view.length as number) : view.byteLength
}
