import { platform } from './platform.ts'

/** Whether a value is an object literal or its like: of no class, in whichever realm it was made. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** Whether it is an array of no subclass, which may hold more: the prototype of arrays is an array, in every realm. */
export function isPlainArray(value: object): value is unknown[] {
  return Array.isArray(value) && Array.isArray(Object.getPrototypeOf(value))
}

/** How many of an array's keys are elements; these come first. Others are such as `index` of a match. */
export function elementCount(keys: readonly string[], length: number): number {
  if (length === 0 || keys[length - 1] === String(length - 1)) return length
  const further = keys.findIndex(key => !isIndex(key))
  return further < 0 ? keys.length : further
}

function isIndex(key: string): boolean {
  const index = Number(key) >>> 0
  return `${index}` === key && index < 2 ** 32 - 1
}

/** `undefined` for a `DataView`; subclasses (Node's `Buffer`) count as their built-in type. */
export function typedArrayName(view: ArrayBufferView): string | undefined {
  return typedArrayTag.call(view)
}

/** What to call an instance's class in a message. */
export function className(value: object): string {
  const maker = (value as { constructor?: unknown }).constructor
  return (typeof maker === 'function' && maker.name) || 'an unnamed class'
}

const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as () => string | undefined

// Built-in objects are recognised by an accessor that only they answer, which an object that merely looks alike does
// not pass; and by their own prototype, so that a subclass, which may hold more, is not taken for its base. Their names are
// written out, since what stands in for `Date` while a test has the clock stopped has another.
const brands = new Map(
  (
    [
      ['Date', Date, 'getTime'],
      ['RegExp', RegExp, 'source'],
      ['Map', Map, 'size'],
      ['Set', Set, 'size'],
      ['ArrayBuffer', ArrayBuffer, 'byteLength'],
      ['URL', platform.URL, 'href'],
    ] as const
  ).map(([name, { prototype }, only]) => {
    const { get, value } = Object.getOwnPropertyDescriptor(prototype, only) ?? {}
    return [prototype as object, { name, test: (get ?? value) as () => unknown }]
  }),
)

/** The name of the built-in class that a value is an instance of, if it is one of those covered. */
export function brandOf(value: object): string | undefined {
  const brand = brands.get(Object.getPrototypeOf(value))
  try {
    brand?.test.call(value)
    return brand?.name
  } catch {
    return undefined
  }
}
