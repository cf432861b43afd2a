import { ByteWriter } from './byte-writer.ts'
import { InvalidOptionError, UnfingerprintableValueError } from './errors.ts'
import {
  brandOf,
  className,
  elementCount,
  isPlainArray,
  isPlainObject,
  typedArrayName,
} from './object-kind.ts'
import { PortableSha256, type Sha256, toHex } from './sha256.ts'
import { formatPath } from './value-path.ts'
import { ValueTypes } from './value-type.ts'
import { codeOf, isHidden } from './with-context.ts'

/** How a fingerprint is made; all parts are optional. */
export interface FingerprintOptions {
  /** What to call the value in error messages: `hashVal` in `hashVal.options.onDone`. Default `value`. */
  root?: string | undefined
  /** Classes whose instances count by their encoded form. */
  types?: ValueTypes | undefined
  /**
   * What stands for a function, a symbol or an instance of a class that has no fingerprint; `undefined`: nothing, it is
   * refused. Default: all are.
   */
  standIn?: ((value: unknown) => unknown) | undefined
  /** A faster SHA-256, such as `() => createHash('sha256')` in Node. Default: core's own. */
  sha256?: (() => Sha256) | undefined
  /** @internal The name of the memoized function whose argument it is. */
  memoized?: string | undefined
}

/**
 * The fingerprint of a value: SHA-256 over its canonical bytes, as 64 hexadecimal digits. It is the same in every
 * process, runtime and release; `test/fingerprint.vectors.ts` pins it.
 *
 * - Values are equal by structure. The order of an object's properties does not count, that of arrays, maps and sets
 *   does; whether two equal parts are one object or two does not count.
 * - `1`, `"1"`, `0`, `-0`, `NaN`, `null`, `undefined` and a missing property or array element all differ. Strings count as
 *   UTF-16, so that lone surrogates differ.
 * - Covered: primitives but symbols, arrays, plain objects, `Date`, `RegExp` (source and flags), `Map`, `Set`, `URL`,
 *   `ArrayBuffer`, typed arrays and `DataView` (type and bytes; a Node `Buffer` is a `Uint8Array`), registered classes, cycles.
 * - Not covered, and refused with an `UnfingerprintableValueError` that names the path: functions, symbols, promises, weak
 *   collections, instances of other classes and of subclasses of the built-in ones (of typed arrays these count as the
 *   built-in type), more than 1000 levels, and structures that would take forever (over four million repetitions).
 *
 * Not promised: any order or distance between fingerprints; equal results for typed arrays of more than one byte per
 * element on big-endian machines.
 *
 * @example
 * fingerprint({ a: 1, b: 2 }) === fingerprint({ b: 2, a: 1 }) // true
 */
export function fingerprint(value: unknown, options: FingerprintOptions = {}): string {
  const hash = options.sha256?.() ?? new PortableSha256()
  const bytes = spare ?? new ByteWriter()
  spare = undefined
  bytes.begin(hash)
  new CanonicalForm(bytes, options).write(value)
  bytes.end()
  spare = bytes
  return toHex(hash.digest())
}

/**
 * The source text of a function, as part of a `hashVal`: the entry is computed anew when the function's code changes.
 * What the function calls or closes over is not part of it. A generator marked with `withContext` has the source of the
 * function that was marked. Native and bound functions have no source and are refused.
 *
 * @example
 * await cache.cache('./table', { hashVal: [sourceOf(build), config] }, build)
 */
// biome-ignore lint/suspicious/noExplicitAny: a function of any parameters has a source.
export function sourceOf(fn: (...args: any[]) => unknown): string {
  if (typeof fn !== 'function')
    throw new InvalidOptionError('sourceOf() got no function. Other values are their own source.')
  const source = codeOf(fn)
  if (!isHidden(source)) return source
  throw new InvalidOptionError(
    `sourceOf(${fn.name || 'fn'}) has no source: the function is native or bound. Pass the function that was written by hand, or a version number.`,
  )
}

// Used again, since making one takes as long as a small value. An encoder may take a fingerprint in between.
let spare: ByteWriter | undefined

const noTypes = new ValueTypes()
const deepest = 1000
const mostRepetitions = 2 ** 22

/*
 * Canonical bytes, format 1. Every value is one tag byte and a body whose length is fixed by the tag or written in front
 * of it, so that no value's bytes are a prefix of another's. Numbers are little-endian. A part that is used in several
 * places is written out at each of them.
 *
 *   tag  value                body
 *   u    undefined
 *   n    null
 *   t f  true, false
 *   h    holes in an array    uint32 how many in a row
 *   d    number               float64; every NaN is 7ff80000 00000000
 *   i    bigint               text
 *   s    string               text
 *   a    array                uint32 count, values and holes
 *   A    array with further   uint32 count, values and holes, properties
 *        properties
 *   o    plain object         properties
 *   D    Date                 float64 milliseconds
 *   R    RegExp               text source, text flags
 *   U    URL                  text href
 *   M    Map                  uint32 count, (key, value) in order
 *   S    Set                  uint32 count, values in order
 *   B    ArrayBuffer          bytes
 *   T    typed array          text type, bytes
 *   V    DataView             bytes
 *   C    registered class     text tag, value
 *   F    no fingerprint       value that stands for it
 *   c    cycle                uint32 how many levels up the object is (1 = the containing object); an instance of a
 *                             registered class and what it was encoded to are two levels
 *
 *   text        uint32 length in UTF-16 units, units
 *   bytes       float64 length, bytes
 *   properties  uint32 count, (text key, value) by ascending key in UTF-16 units
 */
class CanonicalForm {
  readonly #bytes: ByteWriter
  readonly #types: ValueTypes
  readonly #root: string
  readonly #standIn: ((value: unknown) => unknown) | undefined
  readonly #memoized: string | undefined
  readonly #ancestors: object[] = []
  readonly #seen = new Set<object>()
  readonly #path: PropertyKey[] = []
  #repetitions = 0

  constructor(bytes: ByteWriter, { types = noTypes, root = 'value', standIn, memoized }: FingerprintOptions) {
    this.#bytes = bytes
    this.#types = types
    this.#root = root
    this.#standIn = standIn
    this.#memoized = memoized
  }

  write(value: unknown): unknown {
    switch (typeof value) {
      case 'undefined':
        return this.#bytes.tag('u')
      case 'boolean':
        return this.#bytes.tag(value ? 't' : 'f')
      case 'number':
        return this.#bytes.tag('d').float(value)
      case 'bigint':
        return this.#bytes.tag('i').text(`${value}`)
      case 'string':
        return this.#bytes.tag('s').text(value)
      case 'object':
        return value === null ? this.#bytes.tag('n') : this.#object(value)
      default:
        return this.#substitute(value, `a ${typeof value}`)
    }
  }

  #object(value: object): void {
    const level = this.#ancestors.lastIndexOf(value)
    if (level >= 0) return void this.#bytes.tag('c').count(this.#ancestors.length - level)
    this.#checkExtent(value)
    this.#ancestors.push(value)
    this.#contents(value)
    this.#ancestors.pop()
  }

  // The same limits in every runtime, where one would overflow its stack and another go on for days.
  #checkExtent(value: object): void {
    if (this.#ancestors.length >= deepest) this.#refuse(`nested more than ${deepest} levels deep`)
    const repeated = this.#seen.size === this.#seen.add(value).size
    if (repeated && ++this.#repetitions > mostRepetitions) {
      this.#refuse('part of a value whose parts are used in too many places')
    }
  }

  #contents(value: object): unknown {
    const type = this.#types.of(value)
    if (type) {
      this.#bytes.tag('C').text(type.tag)
      return this.#instead(value, type.encode(value), instanceOf(value))
    }
    if (isPlainArray(value)) return this.#array(value)
    if (isPlainObject(value)) return this.#plainObject(value)
    if (ArrayBuffer.isView(value)) return this.#arrayView(value)
    return this.#builtIn(value)
  }

  #array(array: readonly unknown[]): void {
    const keys = Object.keys(array)
    const elements = elementCount(keys, array.length)
    this.#bytes.tag(keys.length === elements ? 'a' : 'A').count(array.length)
    this.#elements(array, keys, elements)
    if (keys.length === elements) return
    this.#properties(array as unknown as Record<string, unknown>, keys.slice(elements))
  }

  // A sparse array takes as long as it has elements, whatever its length.
  #elements(array: readonly unknown[], keys: readonly string[], elements: number): void {
    let next = 0
    for (let place = 0; place < elements; place++) {
      const index = elements === array.length ? place : Number(keys[place])
      this.#holes(index - next)
      this.#child(index, array[index])
      next = index + 1
    }
    this.#holes(array.length - next)
  }

  #holes(count: number): void {
    if (count > 0) this.#bytes.tag('h').count(count)
  }

  #plainObject(object: Record<string, unknown>): void {
    const isListed = (key: symbol) => Object.getOwnPropertyDescriptor(object, key)?.enumerable
    if (Object.getOwnPropertySymbols(object).some(isListed)) {
      this.#refuse('an object with a symbol as a property name')
    }
    this.#bytes.tag('o')
    this.#properties(object, Object.keys(object))
  }

  #properties(object: Record<string, unknown>, keys: string[]): void {
    this.#bytes.count(keys.length)
    for (const key of keys.sort()) {
      this.#bytes.text(key)
      this.#child(key, object[key])
    }
  }

  #arrayView(view: ArrayBufferView): void {
    const type = typedArrayName(view)
    if (type === undefined) this.#bytes.tag('V')
    else this.#bytes.tag('T').text(type)
    this.#bytes.bytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  }

  #builtIn(value: object): unknown {
    switch (brandOf(value)) {
      case 'Date':
        return this.#bytes.tag('D').float((value as Date).getTime())
      case 'RegExp':
        return this.#bytes
          .tag('R')
          .text((value as RegExp).source)
          .text((value as RegExp).flags)
      case 'URL':
        return this.#bytes.tag('U').text((value as { href: string }).href)
      case 'Map':
        return this.#entries(value as Map<unknown, unknown>)
      case 'Set':
        return this.#members(value as Set<unknown>)
      case 'ArrayBuffer':
        return this.#bytes.tag('B').bytes(new Uint8Array(value as ArrayBuffer))
      default:
        return this.#substitute(value, instanceOf(value))
    }
  }

  #substitute(value: unknown, what: string): void {
    const standIn = this.#standIn?.(value)
    if (standIn === undefined) this.#refuse(what)
    this.#bytes.tag('F')
    this.#instead(value, standIn, what)
  }

  // Of what is in its own place nothing would count but that it is there.
  #instead(value: unknown, other: unknown, what: string): void {
    if (other === value) this.#refuse(`${what} that is to be replaced by itself`)
    this.write(other)
  }

  #entries(map: Map<unknown, unknown>): void {
    this.#bytes.tag('M').count(map.size)
    let index = 0
    for (const [key, value] of map) {
      this.#child(`key ${index}`, key)
      this.#child(`value ${index++}`, value)
    }
  }

  #members(set: Set<unknown>): void {
    this.#bytes.tag('S').count(set.size)
    let index = 0
    for (const value of set) this.#child(index++, value)
  }

  #child(name: PropertyKey, value: unknown): void {
    this.#path.push(name)
    this.write(value)
    this.#path.pop()
  }

  #refuse(what: string): never {
    throw new UnfingerprintableValueError(what, formatPath(this.#root, this.#path), this.#memoized)
  }
}

function instanceOf(value: object): string {
  return `an instance of ${className(value)}`
}
