import * as fc from 'fast-check'
import { Packr } from 'msgpackr/pack'
import { describe, expect, test } from 'vitest'
import { MessageOverflow, MessageWriter } from './message-writer.ts'
import { TreeWriter } from './tree-writer.ts'

const packr = new Packr({ useRecords: false })

function written(write: (message: MessageWriter) => unknown, message = new MessageWriter()): Buffer {
  message.begin(0)
  write(message)
  return message.end()
}

describe('a message is the one that msgpackr writes', () => {
  test.each(
    [0, 1, 5, 7, 8, 15, 16, 31, 32, 53, 63, 64].flatMap(power => [
      2 ** power - 1,
      2 ** power,
      2 ** power + 1,
    ]),
  )('for %d and its negative', number => {
    for (const value of [number, -number || 0, number + 0.5]) {
      expect(written(message => message.number(value))).toEqual(packr.pack(value))
    }
  })

  test.each([-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n])('for the bigint %d', bigint => {
    expect(written(message => message.bigint(bigint))).toEqual(packr.pack(bigint))
  })

  test.each([0, 1, 31, 32, 63, 64, 255, 256, 65_535, 65_536])('for binary and texts of %i', length => {
    const binary = Buffer.alloc(length, 7)
    expect(written(message => message.binary(binary)).equals(packr.pack(binary))).toBe(true)
    for (const letter of ['a', 'ä', '漢', '😀']) {
      const text = letter.repeat(length)
      expect(written(message => message.text(text)).equals(packr.pack(text))).toBe(true)
    }
  })

  test('for any tree', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const isTree = (message: MessageWriter) => new TreeWriter(message).write(value)
        fc.pre(isTree(begun()))
        expect(written(isTree)).toEqual(packr.pack(value))
      }),
    )
  })

  function begun(): MessageWriter {
    const message = new MessageWriter()
    message.begin(0)
    return message
  }
})

test('a head has room in front of its message, wherever that moves as it grows', () => {
  const message = new MessageWriter()
  for (const length of [10, 100_000, 1_000_000, 10]) {
    message.begin(5)
    message.array(length)
    for (let index = 0; index < length; index++) message.boolean(true)
    const place = message.beginMap()
    message.endMap(place, 0x1234)
    const bytes = message.end()
    const { length: elements } = bytes.subarray(5 + (length < 16 ? 1 : 5), -3).filter(byte => byte === 0xc3)
    expect(elements).toBe(length)
    expect(bytes.subarray(-3)).toEqual(Buffer.of(0xde, 0x12, 0x34))
  }
})

test.each([5, 500_000])('%i dropped bytes are not part of the next message', length => {
  const message = new MessageWriter()
  message.begin(1)
  message.text('x'.repeat(length))
  message.drop()
  message.number(1)
  expect(message.length).toBe(1)
})

test('a message never becomes longer than is allowed', () => {
  const text = (length: number) =>
    written(message => message.text('x'.repeat(length)), new MessageWriter(4000))
  expect(text(1000).length).toBe(1003)
  expect(() => text(4000)).toThrow(MessageOverflow)
})
