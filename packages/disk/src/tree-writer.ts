import type { MessageWriter } from './message-writer.ts'
import { Seen } from './seen.ts'
import { deepest, hasOnlyElements, hasSymbols, isArray, isHole, isInherited, mostProperties } from './tree.ts'

/** Writes trees, and notices what is none, in one look at each part. */
export class TreeWriter {
  readonly #message: MessageWriter
  readonly #seen = new Seen()

  constructor(message: MessageWriter) {
    this.#message = message
  }

  /** Writes a value that is a tree; answers false, having written some of it, for any other. */
  write(value: unknown): boolean {
    const isTree = this.#value(value, 0)
    this.#seen.clear()
    return isTree
  }

  #value(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        return this.#message.text(value)
      case 'number':
        this.#message.number(value)
        return value !== 0 || !Object.is(value, -0)
      case 'boolean':
        this.#message.boolean(value)
        return true
      case 'undefined':
        this.#message.undefined()
        return true
      case 'object':
        if (value !== null) return depth < deepest && this.#container(value, depth + 1)
        this.#message.null()
        return true
      default:
        return false
    }
  }

  #container(value: object, depth: number): boolean {
    if (!this.#seen.add(value)) return false
    if (isArray(value)) return this.#array(value, depth)
    return Object.getPrototypeOf(value) === Object.prototype && this.#object(value as never, depth)
  }

  #array(array: readonly unknown[], depth: number): boolean {
    if (!hasOnlyElements(array)) return false
    const { length } = array
    this.#message.array(length)
    for (let index = 0; index < length; index++) {
      const element = array[index]
      if (element === undefined && isHole(array, index)) return false
      if (!this.#value(element, depth)) return false
    }
    return true
  }

  #object(object: Record<string, unknown>, depth: number): boolean {
    const place = this.#message.beginMap()
    let size = 0
    for (const key in object) {
      if (++size > mostProperties || isInherited(key) || !this.#message.text(key)) return false
      if (!this.#value(object[key], depth)) return false
    }
    this.#message.endMap(place, size)
    return !hasSymbols(object)
  }
}
