import * as fc from 'fast-check'
import { Packr, Unpackr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import { MessageReader } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import { stretchOf } from './stretch.ts'
import { TreeWriter } from './tree-writer.ts'

const reader = new MessageReader()
const packr = new Packr({ useRecords: false })

/** Read from the middle of other bytes, as in a log. */
function read(bytes: Uint8Array): unknown {
  const around = Buffer.concat([Buffer.alloc(3, 0xc0), bytes, Buffer.alloc(20, 0x01)])
  return reader.read({ ...stretchOf(around), start: 3, end: 3 + bytes.length })
}

describe('what was written is read', () => {
  const numbers = [0, 5, 7, 8, 15, 16, 31, 32, 53, 64].flatMap(power => [2 ** power - 1, 2 ** power])
  const texts = [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536].flatMap(length =>
    ['a', 'ä', '漢', '😀'].map(letter => letter.repeat(length)),
  )

  test.each<[string, unknown[]]>([
    [
      'numbers',
      [...numbers, ...numbers.map(number => -number || 1), 0.5, Number.NaN, Number.NEGATIVE_INFINITY],
    ],
    ['bigints', [0n, -1n, 2n ** 63n - 1n]],
    ['texts', texts],
    ['null, undefined and booleans', [null, undefined, true, false]],
    ['binary', [0, 1, 255, 256, 65_536].map(length => new Uint8Array(length).fill(7))],
    ['arrays', [0, 15, 16, 65_535, 65_536].map(length => new Array(length).fill(1))],
    ['maps', [{}, Object.fromEntries(texts.map(text => [text, 1])), { '': 0, 1: 1, a: { a: { a: 1 } } }]],
  ])('%s', (_, values) => {
    for (const value of values) expect(read(packr.pack(value))).toEqual(value)
  })

  test('by msgpackr too', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const message = new MessageWriter()
        message.begin(0)
        fc.pre(new TreeWriter(message).write(value))
        const bytes = message.end()
        expect(new Unpackr({ useRecords: false }).unpack(bytes)).toEqual(read(bytes))
      }),
    )
  })

  test('whichever names of properties were read before', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `${index % 7}name${index}`)
    for (let round = 0; round < 2; round++) {
      for (const name of names) expect(Object.keys(read(packr.pack({ [name]: 1 })) as object)).toEqual([name])
    }
  })
})

test('what was read keeps nothing of the bytes', () => {
  const value = { text: 'x'.repeat(100), binary: new Uint8Array(2000).fill(1) }
  const bytes = packr.pack(value)
  const back = reader.read(stretchOf(bytes))
  bytes.fill(0)
  expect(back).toEqual(value)
})

describe('what cannot have been written is an error', () => {
  test.each<[string, number[]]>([
    ['nothing', []],
    ['a message that ends within a number', [0xcb, 0, 0]],
    ['a message that ends within a text', [0xa5, 0x61]],
    ['a message that ends within a long text', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['a message that ends within the name of a property', [0xde, 0, 1, 0xa5, 0x61]],
    ['a message that ends within binary', [0xc6, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a message that ends within an array', [0x92, 1]],
    ['an array longer than all memory', [0xdd, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a map larger than its message', [0xde, 0xff, 0xff, 0xa1, 0x61, 1]],
    ['something behind the message', [1, 1]],
    [
      'a property that would replace the prototype',
      [0xde, 0, 1, 0xa9, ...Buffer.from('__proto__'), 0xde, 0, 0],
    ],
    ['a property without a name', [0xde, 0, 1, 1, 1]],
    ['an unknown extension', [0xd4, 1, 0]],
    ['an unknown type', [0xc1]],
    ['a million arrays, one in the other', [...new Array(1_000_000).fill(0x91), 1]],
  ])('%s', (_, bytes) => {
    expect(() => read(Uint8Array.from(bytes))).toThrow(Error)
    expect(read(Uint8Array.of(0x91, 7))).toEqual([7])
  })
})
