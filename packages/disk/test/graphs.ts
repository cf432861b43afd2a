import * as fc from 'fast-check'

// What an object that is being built can hold: something already built (which makes sharing), or one that is still being
// built (which makes cycles).
type Pick = { readonly primitive: unknown } | { readonly object: number }

const texts = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom('__proto__', 'constructor', 'toJSON', '0', '7', '-1', '\ud800', '\ufeffx', 'x'.repeat(200)),
)

const primitives: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.boolean(), texts) },
  fc.constantFrom(null, undefined, -0, 0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 63)),
  fc.bigInt(),
)

const picks: fc.Arbitrary<Pick> = fc.oneof(
  primitives.map(primitive => ({ primitive })),
  fc.nat(30).map(object => ({ object })),
)

type Get = (pick: Pick | undefined) => unknown

interface Recipe {
  make(): object
  fill(object: never, get: Get): void
}

const contents = fc.array(picks, { maxLength: 5 })
const named = fc.array(fc.tuple(texts, picks), { maxLength: 5 })

function define(object: object, entries: readonly (readonly [PropertyKey, Pick])[], get: Get): void {
  for (const [key, pick] of entries) {
    Object.defineProperty(object, key, {
      value: get(pick),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
}

const pool = new ArrayBuffer(3000)
new Uint8Array(pool).forEach((_, index, bytes) => {
  bytes[index] = index % 251
})

const viewClasses: (new (buffer: ArrayBuffer, offset: number, length: number) => object)[] = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint32Array,
  Float64Array,
  BigInt64Array,
  DataView,
]

const recipes: fc.Arbitrary<Recipe> = fc.oneof(
  contents.map(items => ({
    make: () => [],
    fill: (array: unknown[], get: Get) => void array.push(...items.map(get)),
  })),
  named.map(entries => ({
    make: () => ({}),
    fill: (object: object, get: Get) => define(object, entries, get),
  })),
  named.map(entries => ({
    make: () => Object.create(null) as object,
    fill: (object: object, get: Get) => define(object, entries, get),
  })),
  fc
    .tuple(fc.nat(6), fc.array(fc.tuple(fc.nat(6), picks), { maxLength: 4 }), named)
    .map(([length, items, entries]) => ({
      make: () => new Array(length),
      fill: (array: object, get: Get) => {
        define(array, items, get)
        define(array, entries, get)
      },
    })),
  contents.map(items => ({
    make: () => new Map(),
    fill: (map: Map<unknown, unknown>, get: Get) => {
      for (let index = 0; index < items.length; index += 2) map.set(get(items[index]), get(items[index + 1]))
    },
  })),
  contents.map(items => ({
    make: () => new Set(),
    fill: (set: Set<unknown>, get: Get) => {
      for (const item of items) set.add(get(item))
    },
  })),
  fc
    .tuple(fc.constantFrom(Error, TypeError, RangeError), texts, picks, named)
    .map(([Class, message, cause, entries]) => ({
      make: () => new Class(message),
      fill: (error: Error, get: Get) => {
        if (entries.length % 2) error.cause = get(cause)
        define(
          error,
          entries.filter(([key]) => !['message', 'stack', 'cause', 'errors'].includes(key)),
          get,
        )
      },
    })),
  fc
    .tuple(fc.constantFrom(...viewClasses), fc.nat(100), fc.nat(180), fc.boolean())
    .map(([Class, offset, length, own]) => ({
      make: () => new Class(own ? pool.slice(0) : pool, offset * 8, length),
      fill: () => {},
    })),
  fc
    .constantFrom<() => object>(
      () => new Date(1e12),
      () => new Date(Number.NaN),
      () => /a+b/giu,
      () => pool,
      () => pool.slice(0, 77),
      () => Buffer.from('pooled'),
      () => Object(-0) as object,
      () => Object('boxed') as object,
      () => Object(3n) as object,
    )
    .map(make => ({ make, fill: () => {} })),
) as fc.Arbitrary<Recipe>

/** Values of every kind that can be stored, with parts that occur more than once and parts that contain themselves. */
export const arbitraryGraph: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: fc.jsonValue() },
  {
    weight: 6,
    arbitrary: fc.array(recipes, { minLength: 1, maxLength: 14 }).map(list => {
      const objects = list.map(recipe => recipe.make())
      const get: Get = pick => {
        if (pick === undefined) return undefined
        return 'primitive' in pick ? pick.primitive : objects[pick.object % objects.length]
      }
      for (const [index, recipe] of list.entries()) recipe.fill(objects[index] as never, get)
      return objects[0]
    }),
  },
)
