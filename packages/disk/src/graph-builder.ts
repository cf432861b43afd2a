import { className, isPlainObject, type ValueTypes } from '@stagcache/core'
import {
  errorClasses,
  type GraphNode,
  type GraphWithBlobs,
  hiddenErrorProperties,
  isIndex,
  kind,
  viewClasses,
} from './graph.ts'
import { isPlainText } from './property-names.ts'
import { Refusal } from './refusal.ts'
import { deepest, isArray, isDenseArray, isExpressibleObject } from './tree.ts'

type Slots = Record<PropertyKey, unknown>

// From here on, bytes lie beside the message, aligned, instead of inside it, where they would have to be copied out.
const segmentBytes = 1024

/** Takes any value apart into a graph; throws a {@link Refusal} at what would not come back equal. */
export class GraphBuilder {
  readonly #types: ValueTypes
  readonly #nodes: GraphNode[] = []
  readonly #segments: Uint8Array[] = []
  readonly #blobs: Blob[] = []
  #blobBytes = 0
  readonly #numbers = new Map<object, bigint>()
  // Where the copy of each array and plain object stands, so that it can become a node when it occurs a second time.
  readonly #copies = new Map<object, { slots: Slots; key: PropertyKey }>()
  readonly #views: { node: GraphNode; view: ArrayBufferView }[] = []
  // What is being taken apart, from the root inwards, and how much of it lies around the innermost registered instance.
  readonly #path: object[] = []
  #barrier = 0

  constructor(types: ValueTypes) {
    this.#types = types
  }

  build(value: unknown): GraphWithBlobs {
    const top: Slots = {}
    this.#put(top, 'root', value)
    this.#describeViews()
    return { root: top['root'], nodes: this.#nodes, segments: this.#segments, blobs: this.#blobs }
  }

  #put(slots: Slots, key: PropertyKey, value: unknown): void {
    switch (typeof value) {
      case 'string':
        slots[key] = isPlainText(value) ? value : this.#node([kind.text, Buffer.from(value, 'utf16le')])
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
    if (this.#barrier > 0) this.#refuseCycle(value)
    const copy = this.#copies.get(value)
    if (copy) this.#share(value, copy)
    const number = this.#numbers.get(value)
    if (number !== undefined) slots[key] = number
    else this.#takeApart(slots, key, value)
  }

  #takeApart(slots: Slots, key: PropertyKey, value: object): void {
    if (this.#path.length === deepest)
      throw new Refusal(value, `a value nested more than ${deepest} levels deep`)
    this.#path.push(value)
    if (isDenseArray(value)) this.#copyArray(slots, key, value)
    else if (isExpressibleObject(value)) this.#copyObject(slots, key, value)
    else this.#describe(slots, key, value)
    this.#path.pop()
  }

  // What decodes an instance is called before the instance exists, and must not be shown anything unfinished.
  #refuseCycle(value: object): void {
    const place = this.#path.indexOf(value)
    if (place < 0 || place >= this.#barrier) return
    const instance = this.#path[this.#barrier - 1] as object
    throw new Refusal(instance, `an instance of ${className(instance)} that contains itself`)
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
    if (isArray(value)) return this.#describeArray(node, value)
    if (isPlainObject(value)) return this.#describeObject(node, value)
    if (ArrayBuffer.isView(value)) this.#views.push({ node, view: value })
    else this.#describeBuiltIn(node, value)
  }

  #describeRegistered(
    node: GraphNode,
    value: object,
    type: { tag: string; encode(value: object): unknown },
  ): void {
    const outer = this.#barrier
    this.#barrier = this.#path.length
    this.#fill(node, kind.registered, type.tag, type.encode(value))
    this.#barrier = outer
  }

  #describeArray(node: GraphNode, value: readonly unknown[]): void {
    refuseSymbols(value, 'an array')
    node.push(kind.array, value.length)
    this.#list(node, entriesOf(value))
  }

  #describeObject(node: GraphNode, value: object): void {
    refuseSymbols(value, 'an object')
    node.push(kind.object, Object.getPrototypeOf(value) === null ? 1 : 0)
    this.#list(node, entriesOf(value))
  }

  #describeBuiltIn(node: GraphNode, value: object): void {
    if (bareClasses.has(Object.getPrototypeOf(value)) && hasProperties(value))
      throw new Refusal(value, `a ${className(value)} with properties`)
    switch (Object.getPrototypeOf(value)) {
      case Date.prototype:
        return this.#fill(node, kind.date, (value as Date).getTime())
      case RegExp.prototype:
        return this.#fill(node, kind.regExp, (value as RegExp).source, (value as RegExp).flags)
      case Map.prototype:
        node.push(kind.map)
        return this.#list(node, [...(value as Map<unknown, unknown>)].flat(1))
      case Set.prototype:
        node.push(kind.set)
        return this.#list(node, [...(value as Set<unknown>)])
      case ArrayBuffer.prototype:
        return this.#describeBuffer(node, value as ArrayBuffer)
      case Blob.prototype:
      case slices:
      case File.prototype: // In Bun these are one and the same.
        return value instanceof File
          ? this.#describeFile(node, value)
          : this.#describeBlob(node, value as Blob)
      case Number.prototype:
      case String.prototype:
      case Boolean.prototype:
      case BigInt.prototype:
        return this.#fill(node, kind.boxed, value.valueOf())
    }
    const error = errorClasses.byPrototype.get(Object.getPrototypeOf(value))
    if (error === undefined) throw new Refusal(value, `an instance of ${className(value)}`)
    refuseSymbols(value, 'an error')
    node.push(kind.error, error)
    this.#list(node, hiddenEntriesOf(value))
    this.#list(node, entriesOf(value))
  }

  #describeBuffer(
    node: GraphNode,
    buffer: ArrayBuffer & { resizable?: boolean; maxByteLength?: number },
  ): void {
    const maximum = buffer.resizable ? buffer.maxByteLength : null
    node.push(kind.arrayBuffer, this.#bytes(bytesOf(buffer, buffer)), maximum)
  }

  // What it consists of never changes, so that it can be read while it is written, as often as it has to be.
  #describeBlob(node: GraphNode, blob: Blob): void {
    const { size, type } = blob
    this.#fill(node, kind.blob, this.#blobBytes, size, type)
    if (size > 0) this.#blobs.push(blob)
    this.#blobBytes += size
  }

  #describeFile(node: GraphNode, file: File): void {
    this.#describeBlob(node, file)
    node[0] = kind.file
    this.#fill(node, file.name, file.lastModified)
  }

  // Last, since only now is it known which buffers several views share. A Node `Buffer` is stored by itself: several of
  // them share a pool by accident, which holds other parts of the program's memory.
  #describeViews(): void {
    const uses = new Map<ArrayBufferLike, number>()
    for (const { view } of this.#views)
      if (!Buffer.isBuffer(view)) uses.set(view.buffer, (uses.get(view.buffer) ?? 0) + 1)
    for (const { node, view } of this.#views) {
      const name = viewClasses.byPrototype.get(Object.getPrototypeOf(view))
      if (name === undefined) throw new Refusal(view, `an instance of ${className(view)}`)
      if (!(view.buffer instanceof ArrayBuffer)) throw new Refusal(view, `a ${name} on shared memory`)
      const { resizable } = view.buffer as { resizable?: boolean }
      const isShared = resizable || uses.get(view.buffer) !== 1 || this.#numbers.has(view.buffer)
      if (name !== 'Buffer' && isShared) {
        this.#fill(node, kind.sharedView, name, view.buffer, view.byteOffset, lengthOf(view))
      } else {
        node.push(kind.view, name, this.#bytes(bytesOf(view.buffer, view)))
      }
    }
  }

  #bytes(bytes: Uint8Array): Uint8Array | number {
    return bytes.length < segmentBytes ? bytes : this.#segments.push(bytes) - 1
  }

  #fill(node: GraphNode, ...elements: unknown[]): void {
    for (const element of elements) this.#put(node as never, node.length, element)
  }

  #list(node: GraphNode, elements: readonly unknown[]): void {
    const copy = new Array(elements.length)
    node.push(copy)
    for (const [index, element] of elements.entries()) this.#put(copy as never, index, element)
  }

  #node(node: GraphNode): bigint {
    return BigInt(this.#nodes.push(node) - 1)
  }
}

// In Node 22, slices of Blobs and Blobs of files are of a class of their own.
const slices: object = Object.getPrototypeOf(new Blob([]).slice())

// Their nodes have no room for properties, which nobody expects there.
const bareClasses = new Set<object>([
  ...[Date, RegExp, Map, Set, ArrayBuffer, Blob, File, Number, String, Boolean, BigInt].map(
    found => found.prototype,
  ),
  slices,
])

// Those of a boxed text are its letters. Node gives slices of Blobs their class as a property, and all Blobs some symbols.
function hasProperties(value: object): boolean {
  if (value instanceof Blob) return Object.keys(value).some(name => name !== 'constructor')
  const letters = value instanceof String ? value.length : 0
  return Object.keys(value).length > letters || enumerableSymbols(value).length > 0
}

/** Properties and their values in turn; indices as numbers. What is not enumerable is left out, unless it is an element. */
function entriesOf(value: object): unknown[] {
  if (!Array.isArray(value)) return Object.entries(value).flat(1)
  const isPart = (name: string) => isIndex(name) || Object.prototype.propertyIsEnumerable.call(value, name)
  return Object.getOwnPropertyNames(value)
    .filter(isPart)
    .flatMap(name => [isIndex(name) ? Number(name) : name, value[name as never]])
}

function hiddenEntriesOf(error: object): unknown[] {
  const isHidden = (name: string) => Object.getOwnPropertyDescriptor(error, name)?.enumerable === false
  return hiddenErrorProperties.filter(isHidden).flatMap(name => [name, (error as Slots)[name]])
}

function refuseSymbols(value: object, what: string): void {
  if (enumerableSymbols(value).length > 0)
    throw new Refusal(value, `${what} with a symbol as a property name`)
}

function enumerableSymbols(value: object): symbol[] {
  const isEnumerable = (symbol: symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol)
  return Object.getOwnPropertySymbols(value).filter(isEnumerable)
}

// `owner` is the buffer itself, or a view on it.
function bytesOf(buffer: ArrayBuffer, owner: ArrayBuffer | ArrayBufferView): Uint8Array {
  try {
    return new Uint8Array(buffer, 'byteOffset' in owner ? owner.byteOffset : 0, owner.byteLength)
  } catch {
    throw new Refusal(owner, 'a detached ArrayBuffer')
  }
}

function lengthOf(view: ArrayBufferView): number {
  return 'length' in view ? (view.length as number) : view.byteLength
}
