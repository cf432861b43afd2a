import { ValueTypes } from '@stagcache/core'
import { describe, expect, test } from 'vitest'
import { difference } from '../test/difference.ts'
import { decode, encode } from './codec.ts'
import { viewClasses } from './graph.ts'
import { loneViewIn } from './lone-view.ts'
import { stretchOf } from './stretch.ts'

const types = new ValueTypes()

/** The payload of a value, at an odd place of a larger buffer. */
function payloadOf(value: unknown): Buffer {
  const bytes = encode(value, types, './view').kept().bytes as Uint8Array
  const around = Buffer.alloc(bytes.length + 20, 0xa5)
  around.set(bytes, 7)
  return around.subarray(7, 7 + bytes.length)
}

const loneViewOf = (payload: Buffer) => loneViewIn({ ...stretchOf(payload), start: 1 })

function filled(name: string, bytes: number): ArrayBufferView {
  const buffer = new ArrayBuffer(bytes)
  new Uint8Array(buffer).forEach((_, index, all) => {
    all[index] = index + 1
  })
  if (name === 'Buffer') return Buffer.from(buffer)
  const ViewClass = viewClasses.byName.get(name) as unknown as new (buffer: ArrayBuffer) => ArrayBufferView
  return new ViewClass(buffer)
}

describe.each([...viewClasses.byName.keys()])('a %s by itself', name => {
  test.each([0, 8, 64, 248, 256, 1016])('of %i bytes has memory of its own, and no more of it', bytes => {
    const view = filled(name, bytes)
    const payload = payloadOf(view)
    const read = loneViewOf(payload) as ArrayBufferView
    payload.fill(0)
    expect(difference(view, read)).toBeUndefined()
    expect(read.buffer.byteLength).toBe(bytes)
  })
})

test.each<[string, unknown]>([
  ['beside something else', [new Uint8Array(3), 1]],
  ['of which the memory counts', [new Uint8Array(3), new ArrayBuffer(3)]],
  ['too large for the message', new Uint8Array(1024)],
])('one %s is not by itself', (_, value) => {
  const payload = payloadOf(value)
  expect(loneViewOf(payload)).toBeUndefined()
  expect(difference(value, decode(stretchOf(payload), types))).toBeUndefined()
})

test('one that ends early, or before the message does, is an error', () => {
  for (const bytes of [100, 300]) {
    const payload = payloadOf(new Uint8Array(bytes))
    for (const other of [payload.subarray(0, -1), Buffer.concat([payload, Buffer.of(0)])]) {
      expect(loneViewOf(other)).toBeUndefined()
      expect(() => decode(stretchOf(other), types)).toThrow(Error)
    }
  }
})

test('no other graph is taken for one', () => {
  const payload = payloadOf(new Uint8Array(100))
  for (let at = 1; at < payload.indexOf('Uint8Array') - 1; at++) {
    const other = Buffer.from(payload)
    other[at] = (other[at] as number) ^ 1
    expect(loneViewOf(other)).toBeUndefined()
  }
})
