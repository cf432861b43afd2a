import * as fc from 'fast-check'
import { Packr } from 'msgpackr/pack'
import { describe, expect, test } from 'vitest'
import { difference } from '../test/difference.ts'
import { readMessage } from './message-reader.ts'
import { stretchOf } from './stretch.ts'

const packr = new Packr({ useRecords: false })
const read = (...bytes: number[]) => readMessage(stretchOf(Buffer.from(bytes)))

/** What is read where the message lies in the midst of other bytes. */
function readWithin(message: Uint8Array): unknown {
  const around = Buffer.alloc(13 + message.length + 29, 0xa5)
  around.set(message, 13)
  return readMessage({ ...stretchOf(around), start: 13, end: 13 + message.length })
}

function comesBack(value: unknown): void {
  expect(difference(value, readWithin(packr.pack(value)))).toBeUndefined()
}

describe('a message is read', () => {
  test.each<[number[], unknown]>([
    [[0x00], 0],
    [[0x7f], 127],
    [[0xe0], -32],
    [[0xff], -1],
    [[0xc0], null],
    [[0xc2], false],
    [[0xc3], true],
    [[0xcc, 0xff], 255],
    [[0xcd, 0xff, 0xfe], 65534],
    [[0xce, 0xff, 0xff, 0xff, 0xfe], 4294967294],
    [[0xcf, 0xff, 0, 0, 0, 0, 0, 0, 1], 0xff00000000000001n],
    [[0xd0, 0x80], -128],
    [[0xd1, 0x80, 0], -32768],
    [[0xd2, 0x80, 0, 0, 0], -2147483648],
    [[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], -0x8000000000000000n],
    [[0xca, 0x3f, 0x80, 0, 0], 1],
    [[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    [[0xd4, 0, 0], undefined],
    [[0xa0], ''],
    [[0xa2, 0xc3, 0xa9], 'é'],
    [[0xd9, 1, 0x61], 'a'],
    [[0xda, 0, 1, 0x61], 'a'],
    [[0xdb, 0, 0, 0, 1, 0x61], 'a'],
    [[0xc4, 2, 1, 2], Uint8Array.of(1, 2)],
    [[0xc5, 0, 2, 1, 2], Uint8Array.of(1, 2)],
    [[0xc6, 0, 0, 0, 2, 1, 2], Uint8Array.of(1, 2)],
    [
      [0x92, 1, 0x90],
      [1, []],
    ],
    [[0xdc, 0, 1, 1], [1]],
    [[0xdd, 0, 0, 0, 1, 1], [1]],
    [[0x81, 0xa1, 0x61, 0x80], { a: {} }],
    [[0xde, 0, 1, 0xd9, 1, 0x61, 1], { a: 1 }],
  ])('%j', (bytes, value) => {
    expect(difference(value, read(...bytes))).toBeUndefined()
  })

  test('as any other reader would', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ maxLength: 700 }))
    const number = fc.double().map(one => one + 0) // never -0
    const leaf = fc.oneof(text, fc.integer(), number, fc.boolean(), fc.constantFrom(null, undefined))
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 4, depthSize: 'medium' },
        leaf,
        fc.array(tie('value'), { maxLength: 20 }),
        fc.dictionary(
          text.filter(name => !(name in {})),
          tie('value'),
          { maxKeys: 20, noNullPrototype: true },
        ),
      ),
    }))
    fc.assert(fc.property(value, comesBack), { numRuns: 500 })
  })

  test('with texts on both sides of where a piece ends', () => {
    for (let length = 490; length < 530; length++)
      comesBack(['x'.repeat(30), 'y'.repeat(length), 'z'.repeat(40), 'ä', 'b'])
    for (let length = 1; length < 65; length++)
      comesBack(Array.from({ length: 40 }, (_, index) => String(index).padStart(length, '-')))
  })

  test('whose names have the bytes that others have as letters', () => {
    for (let code = 0x80; code < 0x800; code++) {
      const name = `©é${String.fromCharCode(code)}é`
      const letters = Buffer.from(name).toString('latin1')
      comesBack({ [letters]: 1 })
      comesBack({ [name]: 1 })
    }
  })

  test('with more names than are remembered', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`name ${index}`, index]))
    comesBack(many)
    comesBack(many)
  })

  test('and keeps no hold of its bytes', () => {
    const message = Buffer.of(0xc4, 2, 1, 2)
    const bytes = readMessage(stretchOf(message)) as Uint8Array
    message.fill(9)
    expect([...bytes]).toEqual([1, 2])
    expect(bytes.buffer.byteLength).toBe(2)
  })
})

describe('it is an error if a message', () => {
  test.each<[string, number[]]>([
    ['is empty', []],
    ['ends within a number', [0xcd, 1]],
    ['ends within a text', [0xa2, 0x61]],
    ['ends within bytes', [0xc4, 2, 1]],
    ['ends within an array', [0x92, 1]],
    ['ends within an object', [0x81, 0xa1, 0x61]],
    ['goes on behind its value', [1, 1]],
    ['has a token that stands for nothing', [0xc1]],
    ['has an unknown extension', [0xd4, 1, 0]],
    ['has a name that is no text', [0x81, 1, 1]],
    ['has a name that would exchange a prototype', [0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]],
    ['has such a name in its longer form', [0x81, 0xd9, 9, ...Buffer.from('__proto__'), 0x80]],
    ['announces more elements than it has bytes', [0xdd, 0, 0, 0, 2, 1]],
    ['announces them several times over', [0x93, 0x92, 1, 0x91, 1]],
  ])('%s', (_, bytes) => {
    expect(() => read(...bytes)).toThrow(Error)
    expect(() => readWithin(Uint8Array.from(bytes))).toThrow(Error)
  })

  test('announces, level by level, as many elements as could still come, without memory being taken for them', () => {
    const level = [0xdd, 0, 1, 0, 0]
    const message = Buffer.alloc(1 << 17, Buffer.from(level))
    expect(() => readMessage(stretchOf(message))).toThrow('ends early')
  })
})
