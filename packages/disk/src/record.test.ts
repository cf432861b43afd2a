import type { Stamp } from '@stagcache/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { info, salt, signed } from '../test/logs.ts'
import { changeOf } from './change.ts'
import { startHash } from './hash.ts'
import { clearRecord, deleteRecord, isIntact, isSame, originOf, recordLength, signRecord } from './record.ts'
import { stretchOf } from './stretch.ts'
import { readValue, valueRecord } from './value-record.ts'

beforeAll(startHash)

const origin = { writer: 0xfedcba9876543210n, sequence: 0xffffffff }
const payload = Buffer.from('payload')

describe('a record of a value', () => {
  test.each<[string, string, string, string | undefined]>([
    ['plain', './table', '5.4', undefined],
    ['with params', './table', '5.4#abc', 'f00d'],
    ['with empty params', './table', '', ''],
    ['with texts of every script', './漢字😀\ufeff', '5.ä', 'é'],
    ['with a byte order mark', '\ufeff', '\ufeffx', '\ufeff'],
    ['with lone surrogates', 'a\ud800', '5.ä', '漢'],
    ['with a lone surrogate in its stamp', 'a', '\udc00', 'b'],
    ['with a name of 1 MB', 'x'.repeat(1 << 20), '1.1', undefined],
    ['with zeros', '\0', '\0', '\0'],
  ])('%s says what was stored', (_, name, stamp, params) => {
    const written = { stamp: stamp as Stamp, params, storedAt: 1.5e12, cost: 0.125 }
    const record = signed(valueRecord(origin, name, written, payload))
    expect(recordLength(stretchOf(record))).toBe(record.length)
    expect(isIntact(stretchOf(record), salt)).toBe(true)
    expect(isSame(originOf(record), origin)).toBe(true)
    expect(isSame(originOf(record), { ...origin, sequence: origin.sequence + 1 })).toBe(false)
    expect(isSame(originOf(record), { ...origin, writer: origin.writer + 1n })).toBe(false)
    expect(changeOf(record)).toMatchObject({ type: 1, name, blobBytes: 0 })
    const value = readValue(stretchOf(record))
    expect(value).toMatchObject({ name, info: written, blob: undefined })
    expect(record.subarray(value?.contentStart).toString()).toBe('payload')
  })

  test('names its blob', () => {
    const blob = { file: '3f0123456789abcdef-z', size: 2 ** 33 + 1, checksum: 2n ** 64n - 1n }
    const record = signed(valueRecord(origin, 'a', info, blob))
    expect(changeOf(record)).toMatchObject({ type: 1, name: 'a', blobBytes: 2 ** 33 + 1 })
    expect(readValue(stretchOf(record))?.blob).toEqual(blob)
  })

  test('is found in the middle of other bytes', () => {
    const record = signed(valueRecord(origin, 'name', info, payload))
    const bytes = Buffer.concat([Buffer.alloc(13, 1), record, Buffer.alloc(5, 2)])
    expect(recordLength(stretchOf(bytes.subarray(13)))).toBe(record.length)
    const stretch = { ...stretchOf(bytes), start: 13, end: 13 + record.length }
    expect(isIntact(stretch, salt)).toBe(true)
    expect(readValue(stretch)).toMatchObject({ name: 'name', info })
  })
})

test('a record of a deletion names what is deleted', () => {
  for (const name of ['a', '\ud800', '漢字', '\ufeffa', 'x'.repeat(70_000)])
    expect(changeOf(signed(deleteRecord(origin, name)))).toEqual({ type: 2, name })
})

test('a record of a clear has nothing further', () => {
  const record = signed(clearRecord(origin))
  expect(record).toHaveLength(32)
  expect(changeOf(record)).toEqual({ type: 3 })
  expect(readValue(stretchOf(record))).toBeUndefined()
})

describe('a checksum', () => {
  test('holds in one log only', () => {
    const record = signed(valueRecord(origin, 'a', info, payload))
    expect(isIntact(stretchOf(record), salt + 1n)).toBe(false)
    signRecord(record, salt + 1n)
    expect(isIntact(stretchOf(record), salt + 1n)).toBe(true)
  })

  test('covers every byte but those that are compared themselves', () => {
    const record = signed(valueRecord(origin, 'name', { ...info, params: 'params' }, payload))
    for (let place = 8; place < record.length; place++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(record)
        changed[place] = (changed[place] as number) ^ (1 << bit)
        expect(isIntact(stretchOf(changed), salt), `bit ${bit} of byte ${place}`).toBe(false)
      }
    }
    for (let place = 0; place < 8; place++) {
      const changed = Buffer.from(record)
      changed[place] = (changed[place] as number) ^ 1
      expect(recordLength(stretchOf(changed))).not.toBe(record.length)
    }
  })
})

describe('what is no record', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100)],
    ['a magic number at the end', Buffer.from('f5535231', 'hex')],
    [
      'a length below that of its head',
      Buffer.concat([Buffer.from('f55352311f000000', 'hex'), Buffer.alloc(100)]),
    ],
  ])('%s has no length', (_, bytes) => {
    expect(recordLength(stretchOf(bytes))).toBeUndefined()
  })

  test.each([
    [56, 'its name'],
    [60, 'its stamp'],
    [64, 'its params'],
  ])('a record whose number at %i makes %s too long contradicts itself', place => {
    for (const length of [1000, 0xffffffff]) {
      const record = valueRecord(origin, 'a', info, payload)
      record.writeUInt32LE(length, place)
      signed(record)
      expect(changeOf(record)).toBeUndefined()
      expect(readValue(stretchOf(record))).toBeUndefined()
    }
  })

  test('a value without room for its own head contradicts itself', () => {
    const record = clearRecord(origin)
    record[16] = 1
    expect(changeOf(signed(record))).toBeUndefined()
    expect(readValue(stretchOf(record))).toBeUndefined()
  })

  test('a value with flags of a later version cannot be read, but puts an end to the earlier one', () => {
    for (const unknown of [16, 32, 64, 128]) {
      const record = valueRecord(origin, 'a', info, payload)
      record[17] = (record[17] as number) | unknown
      expect(changeOf(signed(record))).toMatchObject({ name: 'a' })
      expect(readValue(stretchOf(record))).toBeUndefined()
    }
  })

  test('a reference to a blob that is cut off cannot be read', () => {
    const record = valueRecord(origin, 'a', info, Buffer.alloc(15))
    record[17] = (record[17] as number) | 4
    expect(readValue(stretchOf(signed(record)))).toBeUndefined()
  })

  test('a record of a type of a later version changes nothing', () => {
    for (const type of [0, 8, 9, 128, 255]) {
      const record = deleteRecord(origin, 'a')
      record[16] = type
      expect(changeOf(signed(record))).toEqual({ type: 'none' })
    }
  })
})
