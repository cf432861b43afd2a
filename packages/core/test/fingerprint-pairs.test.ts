import { expect, test } from 'vitest'
import { fingerprint } from '../src/fingerprint.ts'
import { isLong } from './rounds.ts'

/*
 * Structures that differ by one edit, somewhere inside of them, must not have one fingerprint. Which edits are likely to go
 * unnoticed is known from formats that write parts one behind the other: see `edits`.
 */

const pairs = isLong ? 1_000_000 : 20_000

type Pair = readonly [one: unknown, other: unknown]

/** Numbers from 0 to 1, the same in every run: the generator mulberry32. */
class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.number() * limit)
  }

  of<V>(choices: readonly V[]): V {
    return choices[this.below(choices.length)] as V
  }

  list<V>(most: number, make: () => V): V[] {
    return Array.from({ length: this.below(most + 1) }, make)
  }

  /** Letters that formats use for themselves are likely. */
  text(least = 0): string {
    const length = least + this.below(4)
    return Array.from({ length }, () => this.of(['a', 'b', '1', ',', '"', ':', '[', ']', '{', '\0'])).join('')
  }

  bytes(): number[] {
    return Array.from({ length: 8 * (1 + this.below(2)) }, () => this.below(256))
  }
}

function leaf(draw: Draw): unknown {
  return draw.of<() => unknown>([
    () => draw.below(100),
    () => draw.number(),
    () => draw.text(),
    () => draw.of([null, undefined, true, false, Number.NaN, 0]),
    () => BigInt(draw.below(1000)),
    () => new Date(draw.below(1e9)),
    () => Uint8Array.from(draw.bytes()),
  ])()
}

function value(draw: Draw, depth: number): unknown {
  if (depth === 0 || draw.number() < 0.4) return leaf(draw)
  const part = () => value(draw, depth - 1)
  return draw.of<() => unknown>([
    () => draw.list(4, part),
    () => Object.fromEntries(draw.list(4, () => [draw.text(1), part()])),
    () => new Map(draw.list(3, () => [part(), part()])),
    () => new Set(draw.list(3, part)),
  ])()
}

const two = (draw: Draw) => [value(draw, 1), value(draw, 1)] as const

const edits: Readonly<Record<string, (draw: Draw) => Pair>> = {
  'a bracket that moved over an element': draw => {
    const [first, last] = two(draw)
    return draw.of<Pair>([
      [
        [[first, last], 1],
        [[first], last, 1],
      ],
      [[[first], last], [[first, last]]],
      [
        [first, [last]],
        [[first, last], []],
      ],
    ])
  },
  'one level more': draw => {
    const part = value(draw, 2)
    return draw.of<Pair>([
      [part, [part]],
      [[[part]], [part]],
      [{ a: { a: part } }, { a: part }],
    ])
  },
  'an element that went over to its neighbour': draw => {
    const [first, last] = two(draw)
    return draw.of<Pair>([
      [
        [[first, last], []],
        [[first], [last]],
      ],
      [
        { a: { b: first, c: last }, d: {} },
        { a: { b: first }, d: { c: last } },
      ],
      [
        [new Set(['x', 'y']), new Set()],
        [new Set(['x']), new Set(['y'])],
      ],
    ])
  },
  'a letter that went over to its neighbour': draw => {
    const [first, letter, last] = [draw.text(), draw.text(1), draw.text()]
    return draw.of<Pair>([
      [
        [first + letter, last],
        [first, letter + last],
      ],
      [{ [first + letter]: last }, { [first]: letter + last }],
      [
        { [`k${letter}`]: 1, [last]: 2 },
        { k: 1, [last + letter]: 2 },
      ],
      [/a/g, /ag/],
    ])
  },
  'a number for its text': draw => {
    const number = draw.of([draw.below(1000), draw.number(), 1e21, -1])
    return draw.of<Pair>([
      [number, String(number)],
      [BigInt(Math.trunc(number)), String(Math.trunc(number))],
      [new Map([[number, 1]]), new Map([[String(number), 1]])],
    ])
  },
  'a text that looks like what is written': draw => {
    const text = draw.text(1)
    return draw.of<Pair>([
      [[text, text], `[${JSON.stringify(text)},${JSON.stringify(text)}]`],
      [[text, 'b'], [`${text}","b`]],
      [
        ['s', text],
        [`s${text}`, ''],
      ],
      [null, 'null'],
      [undefined, 'undefined'],
    ])
  },
  'a type for its neighbour': draw => {
    const bytes = draw.bytes()
    const raw = () => Uint8Array.from(bytes).buffer
    const [first, last] = two(draw)
    const time = draw.below(1e9)
    return draw.of<Pair>([
      [new Uint8Array(raw()), new Int8Array(raw())],
      [new Uint8Array(raw()), new Uint8ClampedArray(raw())],
      [new Uint16Array(raw()), new Int16Array(raw())],
      [new Float32Array(raw()), new Uint32Array(raw())],
      [new Float64Array(raw()), new BigInt64Array(raw())],
      [new Uint8Array(raw()), raw()],
      [new Uint8Array(raw()), new DataView(raw())],
      [new Uint8Array(raw()), bytes],
      [new Map([[first, last]]), [[first, last]]],
      [new Map([['a', last]]), { a: last }],
      [new Set([first]), [first]],
      [new Date(time), time],
      [new Date(time), new Date(time).toJSON()],
      [[first], { 0: first }],
      [BigInt(time), time],
      [0, -0],
      [null, undefined],
      [false, 0],
      ['', null],
      [[], {}],
      [/a/, '/a/'],
    ])
  },
  'something that is missing': draw => {
    const [first, last] = two(draw)
    const holey: unknown[] = [first]
    holey[2] = last
    return draw.of<Pair>([
      [{ a: first, b: undefined }, { a: first }],
      [[first, undefined], [first]],
      [holey, [first, undefined, last]],
      [[first, last], [first]],
      [new Map([[1, undefined]]), new Map()],
    ])
  },
  'another order': () => [
    [1, 2],
    [2, 1],
  ],
}

/** The pair somewhere inside of the same: a structure and its edition. */
function within(pair: Pair, draw: Draw, depth: number): Pair {
  if (depth === 0) return pair
  const before = draw.list(2, () => value(draw, 1))
  const after = draw.list(2, () => value(draw, 1))
  const name = draw.text()
  const around = draw.of<(part: unknown) => unknown>([
    part => [...before, part, ...after],
    part => ({ a: before, [name]: part, z: after }),
    part => new Map([[name, part]]),
    // Of -0, as a key or a member, they would make 0.
    part => new Map([[[part], name]]),
    part => new Set([[part]]),
  ])
  return within([around(pair[0]), around(pair[1])], draw, depth - 1)
}

test.each(Object.entries(edits))(
  '%s makes another fingerprint, wherever it is',
  (_name, edit) => {
    const draw = new Draw(1)
    const count = Math.ceil(pairs / Object.keys(edits).length)
    const unnoticed: Pair[] = []
    for (let round = 0; round < count; round++) {
      const pair = within(edit(draw), draw, draw.below(4))
      if (fingerprint(pair[0]) === fingerprint(pair[1])) unnoticed.push(pair)
    }
    expect(unnoticed).toEqual([])
  },
  600_000,
)
