import type { ValueTypes } from '@stagcache/core'
import {
  errorClasses,
  type Graph,
  type GraphNode,
  hiddenErrorProperties,
  kind,
  viewClasses,
} from './graph.ts'

type Slots = Record<PropertyKey, unknown>

const inProgress = Symbol('in progress')

/**
 * Puts a {@link Graph} together again. Objects that can be part of a cycle are made before their contents. Anything that
 * the builder cannot have written is an error, which the caller turns into a miss.
 */
export class GraphReader {
  readonly #graph: Graph
  readonly #types: ValueTypes
  readonly #blobs: Blob | undefined
  readonly #made: unknown[]

  /** @param blobs - The bytes of all Blobs in the value, which are not read here. */
  constructor(graph: Graph, types: ValueTypes, blobs?: Blob) {
    this.#graph = graph
    this.#types = types
    this.#blobs = blobs
    this.#made = new Array(graph.nodes.length)
  }

  read(): unknown {
    return this.#revive(this.#graph.root)
  }

  // Replaces numbers of nodes by what they stand for, in place.
  #revive(value: unknown): unknown {
    if (typeof value === 'bigint') return this.#make(Number(value))
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) value[index] = this.#revive(value[index])
    } else if (
      typeof value === 'object' &&
      value !== null &&
      Object.getPrototypeOf(value) === Object.prototype
    ) {
      for (const key of Object.keys(value)) (value as Slots)[key] = this.#revive((value as Slots)[key])
    }
    return value
  }

  #make(number: number): unknown {
    const made = this.#made[number]
    if (made === inProgress) throw new Error('a value that contains itself where it cannot')
    if (made !== undefined) return made
    const node = this.#graph.nodes[number]
    if (!Array.isArray(node)) throw new Error(`there is no node ${number}`)
    this.#made[number] = inProgress
    const value = this.#interpret(node, number)
    this.#made[number] = value
    return value
  }

  #interpret(node: GraphNode, number: number): unknown {
    const [which, first, second, third, fourth] = node
    switch (which) {
      case kind.shared:
        return this.#revive(this.#announce(number, first))
      case kind.minusZero:
        return -0
      case kind.bigint:
        return toBigInt(String(first))
      case kind.text:
        return Buffer.from(first as Uint8Array).toString('utf16le')
      case kind.date:
        return new Date(first as number)
      case kind.regExp:
        return new RegExp(String(this.#revive(first)), String(second))
      case kind.map:
        return this.#map(this.#announce(number, new Map()), first as unknown[])
      case kind.set:
        return this.#set(this.#announce(number, new Set()), first as unknown[])
      case kind.error:
        return this.#error(number, String(first), second as unknown[], third as unknown[])
      case kind.arrayBuffer:
        return this.#arrayBuffer(first, second as number | null)
      case kind.view:
        return viewAs(String(first), this.#bytes(second))
      case kind.sharedView:
        return sharedView(String(first), this.#revive(second), third as number, fourth as number)
      case kind.array:
        return this.#entries(this.#announce(number, emptyArray(first as number)), second as unknown[])
      case kind.object:
        return this.#entries(
          this.#announce(number, first === 1 ? Object.create(null) : {}),
          second as unknown[],
        )
      case kind.boxed:
        return Object(this.#revive(first))
      case kind.registered:
        return this.#registered(String(this.#revive(first)), second)
      case kind.blob:
        return this.#blob(first as number, second as number, String(this.#revive(third)))
      case kind.file:
        return this.#file(node)
      default:
        throw new Error(`a node of the unknown kind ${String(which)}`)
    }
  }

  #announce<T>(number: number, value: T): T {
    this.#made[number] = value
    return value
  }

  #map(map: Map<unknown, unknown>, entries: readonly unknown[]): Map<unknown, unknown> {
    for (let index = 0; index < entries.length; index += 2) {
      map.set(this.#revive(entries[index]), this.#revive(entries[index + 1]))
    }
    return map
  }

  #set(set: Set<unknown>, members: readonly unknown[]): Set<unknown> {
    for (const member of members) set.add(this.#revive(member))
    return set
  }

  // Defined, not assigned: a property named `__proto__` is one like any other.
  #entries<T extends object>(object: T, entries: readonly unknown[], enumerable = true): T {
    for (let index = 0; index < entries.length; index += 2) {
      const property = this.#revive(entries[index]) as PropertyKey
      const value = this.#revive(entries[index + 1])
      Object.defineProperty(object, property, { value, enumerable, configurable: true, writable: true })
    }
    return object
  }

  #error(number: number, name: string, hidden: readonly unknown[], visible: readonly unknown[]): object {
    const ErrorClass = errorClasses.byName.get(name) as (new (first?: unknown) => Error) | undefined
    if (!ErrorClass) throw new Error(`this runtime has no ${name}`)
    const error = new ErrorClass(name === 'AggregateError' ? [] : undefined)
    for (const property of hiddenErrorProperties) delete (error as unknown as Slots)[property]
    return this.#entries(this.#entries(this.#announce(number, error), hidden, false), visible)
  }

  #arrayBuffer(bytes: unknown, maximum: number | null): ArrayBuffer {
    const source = this.#bytes(bytes)
    if (maximum === null) return new Uint8Array(source).buffer
    const Resizable = ArrayBuffer as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
    const buffer = new Resizable(source.length, { maxByteLength: maximum })
    new Uint8Array(buffer).set(source)
    return buffer
  }

  // Those inside the message have a buffer of their own, those beside it are a view on what was read.
  #bytes(bytes: unknown): Uint8Array {
    if (bytes instanceof Uint8Array) return bytes
    const segment = this.#graph.segments[bytes as number]
    if (segment) return segment
    throw new Error(`there is no segment ${String(bytes)}`)
  }

  #blob(start: number, size: number, type: string): Blob {
    if (size === 0) return new Blob([], { type })
    const end = start + size
    if (this.#blobs && start >= 0 && start <= end && end <= this.#blobs.size)
      return this.#blobs.slice(start, end, type)
    throw new Error('a Blob that is not there')
  }

  #file([, start, size, type, name, lastModified]: GraphNode): File {
    const options = { type: String(this.#revive(type)), lastModified: lastModified as number }
    const blob = this.#blob(start as number, size as number, options.type)
    return new File([blob], String(this.#revive(name)), options)
  }

  #registered(tag: string, encoded: unknown): unknown {
    const type = this.#types.tagged(tag)
    if (!type)
      throw new Error(`no type is registered for the tag ${JSON.stringify(tag)}: add it to the cache's types`)
    return type.decode(this.#revive(encoded))
  }
}

type ViewClass = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView
  readonly BYTES_PER_ELEMENT?: number
}

function viewClass(name: string): ViewClass {
  const found = viewClasses.byName.get(name) as unknown as ViewClass | undefined
  if (found) return found
  throw new Error(`this runtime has no ${name}`)
}

/** A view of a class on all of some bytes. */
export function viewAs(name: string, bytes: Uint8Array): ArrayBufferView {
  const { BYTES_PER_ELEMENT: size = 1 } = viewClass(name)
  return sharedView(name, bytes.buffer, bytes.byteOffset, bytes.byteLength / size)
}

function sharedView(name: string, buffer: unknown, byteOffset: number, length: number): ArrayBufferView {
  if (!(buffer instanceof ArrayBuffer)) throw new Error(`a ${name} without a buffer`)
  if (name === 'Buffer') return Buffer.from(buffer, byteOffset, length)
  return new (viewClass(name))(buffer, byteOffset, length)
}

function toBigInt(hexadecimal: string): bigint {
  return hexadecimal.startsWith('-') ? -BigInt(`0x${hexadecimal.slice(1)}`) : BigInt(`0x${hexadecimal}`)
}

// Of holes only. Made by its length it would take that much memory at once, whoever wrote the length.
function emptyArray(length: number): unknown[] {
  const array: unknown[] = []
  if (length > 0) {
    array[length - 1] = undefined
    delete array[length - 1]
  }
  return array
}
