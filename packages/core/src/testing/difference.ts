import { platform } from '../platform.ts'

/**
 * The path to the first place where two values differ in value or type, `undefined` if they are equal. Two parts that are
 * one object on one side have to be one object on the other.
 */
export function difference(actual: unknown, expected: unknown): PropertyKey[] | undefined {
  return new Comparison().compare(actual, expected)
}

class Comparison {
  readonly #counterparts = new Map<object, object>()

  compare(actual: unknown, expected: unknown): PropertyKey[] | undefined {
    if (!isObject(actual) || !isObject(expected)) return Object.is(actual, expected) ? undefined : []
    const known = this.#counterparts.get(expected)
    if (known) return known === actual ? undefined : []
    this.#counterparts.set(expected, actual)
    if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return []
    if (!haveEqualBytes(actual, expected)) return []
    const parts = partsOf(expected)
    const others = partsOf(actual)
    if (parts.length !== others.length) return []
    for (const [index, [name, part]] of parts.entries()) {
      const [otherName, other] = others[index] as Part
      if (otherName !== name) return [name]
      const path = this.compare(other, part)
      if (path) return [name, ...path]
    }
    return undefined
  }
}

const nothing = new Uint8Array()

type Part = readonly [name: PropertyKey, value: unknown]

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

// What an object consists of, beside its prototype. Functions are compared by identity, as any other value that is none
// of these.
function partsOf(value: object): Part[] {
  return [...contentsOf(value), ...propertiesOf(value)]
}

function contentsOf(value: object): Part[] {
  if (Array.isArray(value)) return [['length', value.length]]
  if (value instanceof Date) return [['time', value.getTime()]]
  if (value instanceof RegExp) {
    return [
      ['source', value.source],
      ['flags', value.flags],
    ]
  }
  if (value instanceof Map) {
    return [...value].flatMap(([key, part], index): Part[] => [
      [`key ${index}`, key],
      [`value ${index}`, part],
    ])
  }
  if (value instanceof Set) return [...value].map((part, index): Part => [`member ${index}`, part])
  if (value instanceof Error) {
    return [
      ['name', value.name],
      ['message', value.message],
      ['cause', value.cause],
    ]
  }
  if (value instanceof platform.URL) return [['href', String(value)]]
  if (isBoxed(value)) return [['primitive', value.valueOf()]]
  return []
}

function haveEqualBytes(actual: object, expected: object): boolean {
  const [one, other] = [bytesOf(actual), bytesOf(expected)]
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}

function bytesOf(value: object): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return nothing
}

function isBoxed(value: object): boolean {
  return (
    value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt
  )
}

// The order of properties counts: structured cloning keeps it.
function propertiesOf(value: object): Part[] {
  if (ArrayBuffer.isView(value)) return []
  return Object.keys(value).map((key): Part => [key, (value as Record<string, unknown>)[key]])
}
