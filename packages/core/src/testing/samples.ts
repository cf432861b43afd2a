/** Names of which every two are different, chosen so that a store which takes them for paths or folds them fails. */
export function sampleNames(): string[] {
  const long = 'x'.repeat(2 ** 20)
  return [
    ...[
      './a',
      './A',
      'a',
      './a/b',
      './a/',
      './a//b',
      './a/./b',
      './a/../b',
      '../../etc/passwd',
      '/etc/passwd',
    ],
    ...[
      '.',
      '..',
      './',
      './a.',
      './a ',
      ' ./a',
      './con',
      './NUL.txt',
      'C:\\a',
      './a\\b',
      './a:b',
      './*',
      './a%2Fb',
    ],
    ...['\0', './a\0', './a\0b', './a\n', './a\r\n', './\u{1F98C}', './表', './ß', './ss', './İ', './i'],
    // Composed and decomposed, lone surrogates and what an encoder without a place for them writes instead.
    ...['./\u00E9', './e\u0301', './\uD800', './\uDBFF', './\uDC00', './\uFFFD', './?'],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0', '-0', 'null', 'undefined'],
    ...[long, `${long}y`, `${long}z`, `./${long}`, `${'a/'.repeat(2 ** 10)}b`],
  ]
}

/** A kind of value: what it is called, and how a new one is made. */
export interface Sample {
  readonly kind: string
  make(): unknown
}

/** Values of every kind that JSON has, in the shapes that break encoders. */
export const dataSamples: readonly Sample[] = [
  { kind: 'null', make: () => null },
  { kind: 'true', make: () => true },
  { kind: 'false', make: () => false },
  { kind: 'zero', make: () => 0 },
  { kind: 'numbers', make: () => [1, -1, 0.1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1, 1e300, 5e-324] },
  { kind: 'an empty text', make: () => '' },
  { kind: 'texts', make: () => ['a', 'Grüße', '\u{1F98C}', '\0', '"\\', 'e\u0301', '\u00E9', '2020-01-01'] },
  { kind: 'a text of a million letters', make: () => 'stag ü '.repeat(150_000) },
  { kind: 'an empty array', make: () => [] },
  { kind: 'an array of 100,000 numbers', make: () => Array.from({ length: 100_000 }, (_, index) => index) },
  { kind: 'arrays in arrays', make: () => [[], [[]], [[[1]], [2, [3]]]] },
  { kind: 'an empty object', make: () => ({}) },
  {
    kind: 'an object',
    make: () => ({ b: 1, a: { c: [true, null, { d: 'e' }] }, '': 0, 'x y': '', 10: 'ten' }),
  },
  {
    kind: 'many objects of one shape',
    make: () => Array.from({ length: 1000 }, (_, index) => ({ id: index, name: `n${index}`, on: true })),
  },
  { kind: 'an object of 1000 properties', make: () => manyProperties() },
  { kind: 'a deep object', make: () => deep(200) },
]

/** Typed arrays and buffers, alone and inside other data. */
export const binarySamples: readonly Sample[] = [
  { kind: 'a Uint8Array', make: () => new Uint8Array([1, 2, 255]) },
  { kind: 'an empty Uint8Array', make: () => new Uint8Array() },
  { kind: 'a Uint8ClampedArray', make: () => new Uint8ClampedArray([1, 2, 255]) },
  { kind: 'an Int8Array', make: () => new Int8Array([1, -2]) },
  { kind: 'a Uint16Array', make: () => new Uint16Array([1, 65_535]) },
  { kind: 'an Int16Array', make: () => new Int16Array([1, -2]) },
  { kind: 'a Uint32Array', make: () => new Uint32Array([1, 2 ** 32 - 1]) },
  { kind: 'an Int32Array', make: () => new Int32Array([1, -2]) },
  { kind: 'a Float32Array', make: () => new Float32Array([0.5, -0, Number.NaN]) },
  { kind: 'a Float64Array', make: () => new Float64Array([0.1, -0, Number.POSITIVE_INFINITY]) },
  { kind: 'a BigInt64Array', make: () => new BigInt64Array([1n, -2n]) },
  { kind: 'a BigUint64Array', make: () => new BigUint64Array([1n, 2n ** 64n - 1n]) },
  { kind: 'a DataView', make: () => new DataView(new Uint8Array([1, 2, 3]).buffer) },
  { kind: 'an ArrayBuffer', make: () => new Uint8Array([1, 2, 3]).buffer },
  { kind: 'a part of a larger array', make: () => new Uint16Array([1, 2, 3, 4]).subarray(1, 3) },
  { kind: 'a typed array of two million elements', make: () => ramp(2_000_000) },
  {
    kind: 'typed arrays among other data',
    make: () => ({
      name: 'mesh',
      points: new Float64Array([1, 2, 3]),
      parts: [{ index: ramp(50_000) }, 'end'],
    }),
  },
]

/** What structured cloning keeps beyond that; a store may keep less. */
export const cloneableSamples: readonly Sample[] = [
  { kind: 'undefined in data', make: () => ({ a: undefined, b: [undefined] }) },
  { kind: 'negative zero', make: () => [-0, { zero: -0 }] },
  {
    kind: 'NaN and infinities',
    make: () => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  },
  { kind: 'lone surrogates', make: () => ['\uD800', 'a\uDC00b', { '\uD800': 1 }] },
  { kind: 'bigints', make: () => [0n, -1n, 2n ** 64n, -(2n ** 200n)] },
  { kind: 'a date', make: () => new Date(1_700_000_000_123) },
  { kind: 'an invalid date', make: () => new Date(Number.NaN) },
  { kind: 'a regular expression', make: () => /a(?<b>.)\n/giu },
  {
    kind: 'a map',
    make: () =>
      new Map<unknown, unknown>([
        [{ a: 1 }, new Map()],
        [Number.NaN, 'x'],
        ['1', 1],
        [1, 2],
      ]),
  },
  { kind: 'a set', make: () => new Set<unknown>([1, '1', { a: new Set() }]) },
  { kind: 'an error', make: () => new RangeError('too far') },
  { kind: 'an error with a cause', make: () => new Error('no', { cause: { code: 5 } }) },
  { kind: 'boxed primitives', make: () => [Object(1), Object('a'), Object(false), Object(1n)] },
  { kind: 'holes', make: () => sparse() },
  { kind: 'an array with a property', make: () => Object.assign([1, 2], { name: 'pair' }) },
  { kind: 'a key __proto__', make: () => JSON.parse('{"a":{"__proto__":{"b":1}},"constructor":2}') },
  { kind: 'a cycle', make: () => cyclic() },
  { kind: 'shared parts', make: () => sharing() },
  { kind: 'two views of one buffer', make: () => views() },
]

function manyProperties(): Record<string, number> {
  return Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key ${index}`, index]))
}

function deep(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { down: value }
  return value
}

function ramp(length: number): Float32Array {
  const array = new Float32Array(length)
  for (let index = 0; index < length; index++) array[index] = index / 3
  return array
}

function sparse(): unknown[] {
  const array: unknown[] = Array(10)
  array[3] = 'three'
  return array
}

function cyclic(): object {
  const top: Record<string, unknown> = { name: 'top' }
  top['children'] = [{ parent: top }, new Map([['top', top]])]
  return top
}

function sharing(): object {
  const part = { a: 1 }
  const date = new Date(5)
  return { one: part, other: [part, part], dates: [date, date] }
}

function views(): object {
  const { buffer } = new Uint8Array([1, 2, 3, 4])
  return { all: new Uint8Array(buffer), half: new Uint16Array(buffer, 2), buffer }
}
