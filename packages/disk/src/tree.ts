import { inspect, types } from 'node:util'
import { isInherited, isPlainText } from './property-names.ts'
import { Seen } from './seen.ts'
import { Shapes } from './shapes.ts'

/*
 * A tree is what MessagePack alone brings back equal: null, undefined, booleans, numbers but -0, plain texts, dense arrays
 * and plain objects, in which no object occurs twice. These are its rules for what can be told of one part by itself.
 */

/** Deeper than any data and far from where the stack ends, so that what could be stored can be read, wherever that happens. */
export const deepest = 1000

/** What a map holds whose head has two bytes for the number, the only one that is written. */
export const mostProperties: number = 2 ** 16 - 1

/**
 * How MessagePack alone brings a value back equal: as a tree, and if most of its objects are alike, best as a table, in
 * which their property names are written once.
 */
export type TreeKind = 'tree' | 'table'

/** What is remembered on the way through a value. */
class Tour {
  readonly seen: Seen = new Seen()
  readonly shapes: Shapes = new Shapes()

  clear(): void {
    this.seen.clear()
    this.shapes.clear()
  }
}

// Used again, since making one takes as long as looking through a small value. A getter may come in between.
let spare: Tour | undefined

/** How MessagePack alone brings a value back equal; `undefined` if it does not. */
export function treeKindOf(value: unknown): TreeKind | undefined {
  const tour = spare ?? new Tour()
  spare = undefined
  const isTree = isTreeBelow(value, tour, 0)
  const kind = tour.shapes.areRepeated ? 'table' : 'tree'
  tour.clear()
  spare = tour
  return isTree ? kind : undefined
}

function isTreeBelow(value: unknown, tour: Tour, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return isPlainText(value)
    case 'number':
      return value !== 0 || !Object.is(value, -0)
    case 'boolean':
    case 'undefined':
      return true
    case 'object':
      return value === null || (depth < deepest && isContainerOfTrees(value, tour, depth + 1))
    default:
      return false
  }
}

function isContainerOfTrees(value: object, tour: Tour, depth: number): boolean {
  if (!tour.seen.add(value)) return false
  if (isArray(value)) return isArrayOfTrees(value, tour, depth)
  return Object.getPrototypeOf(value) === Object.prototype && isObjectOfTrees(value as never, tour, depth)
}

function isArrayOfTrees(array: readonly unknown[], tour: Tour, depth: number): boolean {
  if (!hasOnlyElements(array)) return false
  for (let index = 0; index < array.length; index++) {
    const element = array[index]
    if (element === undefined && isHole(array, index)) return false
    if (!isTreeBelow(element, tour, depth)) return false
  }
  return true
}

function isObjectOfTrees(object: Readonly<Record<string, unknown>>, tour: Tour, depth: number): boolean {
  const { shapes } = tour
  let count = 0
  let shape = shapes.begin()
  for (const key in object) {
    const longer = shapes.withName(shape, key)
    if (!longer || ++count > mostProperties || !isTreeBelow(object[key], tour, depth)) return false
    shape = longer
  }
  shapes.add(shape)
  return !hasSymbols(object)
}

/** Whether a value is an array and no more: a subclass of Array would come back as something else. */
export function isArray(value: object): value is unknown[] {
  return Object.getPrototypeOf(value) === Array.prototype && Array.isArray(value)
}

/** Whether an array has neither holes nor further properties. */
export function isDenseArray(value: object): value is unknown[] {
  if (!isArray(value) || !hasOnlyElements(value)) return false
  for (let index = 0; index < value.length; index++) if (isHole(value, index)) return false
  return true
}

/** Whether an object can be a map. */
export function isExpressibleObject(value: object): value is Record<string, unknown> {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  let count = 0
  for (const key in value) {
    if (++count > mostProperties || isInherited(key) || !isPlainText(key)) return false
  }
  return !hasSymbols(value)
}

export function hasSymbols(value: object): boolean {
  return Object.getOwnPropertySymbols(value).length > 0
}

/** Whether an array has no properties beside its elements. Of one with holes, the answer may be no in any case. */
export function hasOnlyElements(array: readonly unknown[]): boolean {
  return (array.length > fewElements && isBare(array)) || (hasOnlyIndices(array) && !hasSymbols(array))
}

/** Whether there is nothing at an index of an array for which {@link hasOnlyElements} holds. */
export function isHole(array: readonly unknown[], index: number): boolean {
  return array[index] === undefined && !Object.hasOwn(array, index)
}

// From here on, listing the indices, each as a text, takes longer than what is done instead.
const fewElements = 64

const withoutElements = {
  maxArrayLength: 0,
  depth: 0,
  customInspect: false,
  breakLength: Number.POSITIVE_INFINITY,
}

// Of all that a runtime offers, only this looks past the elements of an array, which may be millions, at what else it has.
// Where it answers in other words, an array is taken for one that has more, and its indices are listed.
function isBare(array: readonly unknown[]): boolean {
  if (types.isProxy(array)) return false
  for (const _inherited in nothing) return false
  return inspect(array, withoutElements) === `[ ... ${array.length} more items ]`
}

// What can be listed here is inherited by every array, where it would pass for an element in the place of a hole.
const nothing: readonly never[] = []

// The indices come first among the keys, in their order.
function hasOnlyIndices(array: readonly unknown[]): boolean {
  const keys = Object.keys(array)
  const { length } = array
  return keys.length === length && (length === 0 || keys[length - 1] === String(length - 1))
}
