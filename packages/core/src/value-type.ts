import { InvalidOptionError, misfit, quote } from './errors.ts'

/**
 * A class of the user's own that may occur in stored values, `hashVal` and `params`. `encode` turns an instance into
 * data that can be stored (or into instances of other registered classes), `decode` turns that data back. The tag is
 * stored with the data: it has to stay the same for as long as the data is to be read.
 *
 * An instance is recognised by its exact class; a subclass is registered by itself.
 */
export interface ValueType<T extends object = object, E = unknown> {
  readonly tag: string
  readonly class: Class<T>
  encode(value: T): E
  decode(encoded: E): T
}

// biome-ignore lint/suspicious/noExplicitAny: constructors of any parameters are accepted.
type Class<T> = abstract new (...args: any[]) => T

/** Any {@link ValueType}, whatever it encodes. */
// biome-ignore lint/suspicious/noExplicitAny: a list of value types is heterogeneous; each is called with its own class only.
export type AnyValueType = ValueType<any, any>

/**
 * Declares a {@link ValueType} with its types inferred.
 *
 * @example
 * const pointType = defineType({
 *   tag: 'point',
 *   class: Point,
 *   encode: (point) => [point.x, point.y] as const,
 *   decode: ([x, y]) => new Point(x, y),
 * })
 * const cache = new DiskCache({ types: [pointType] })
 */
export function defineType<T extends object, E>(type: ValueType<T, E>): ValueType<T, E> {
  return type
}

/** The registered classes, found by prototype when encoding and by tag when decoding. */
export class ValueTypes {
  readonly #byPrototype = new Map<object, AnyValueType>()
  readonly #byTag = new Map<string, AnyValueType>()

  constructor(types: Iterable<AnyValueType> = []) {
    if (typeof types?.[Symbol.iterator] !== 'function') {
      throw misfit('The option types', types, 'an array of what defineType() made')
    }
    for (const type of types) {
      if (!isType(type)) {
        throw misfit('One of the types', type, 'made by defineType() of a tag, class, encode and decode')
      }
      if (this.#byTag.has(type.tag)) {
        throw new InvalidOptionError(`Two types have the tag ${quote(type.tag)}. Rename one of them.`)
      }
      this.#byTag.set(type.tag, type)
      this.#byPrototype.set(type.class.prototype, type)
    }
  }

  of(value: object): AnyValueType | undefined {
    return this.#byPrototype.size === 0 ? undefined : this.#byPrototype.get(Object.getPrototypeOf(value))
  }

  tagged(tag: string): AnyValueType | undefined {
    return this.#byTag.get(tag)
  }
}

function isType(type: Partial<AnyValueType> | null | undefined): boolean {
  const [tag, ...functions] = [type?.tag, type?.class, type?.encode, type?.decode]
  return typeof tag === 'string' && functions.every(part => typeof part === 'function')
}
