import { ValueTypes } from '@stagcache/core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  head,
  headWith,
  info,
  logOf,
  MemoryLogFile,
  openMemoryLog,
  salt,
  scan,
  signed,
  signedValue,
} from '../test/logs.ts'
import { encode } from './codec.ts'
import { type Files, nodeFiles } from './files.ts'
import { startHash } from './hash.ts'
import { emptyLog, Log } from './log.ts'
import { clearRecord, deleteRecord, signRecord } from './record.ts'
import { valueRecord } from './value-record.ts'

beforeAll(startHash)

const record = (sequence: number, size = 10) =>
  signedValue(`./n${sequence}`, 'x'.repeat(size), { writer: 7n, sequence })

function open(bytes: Buffer): { file: MemoryLogFile; log: Log; scan(): (number | string)[] } {
  const file = new MemoryLogFile(bytes)
  const log = openMemoryLog(file)
  return { file, log, scan: () => scan(log, file.bytes.length) }
}

describe('the head of a log', () => {
  function opened(bytes: Buffer): Log | string | undefined {
    const files: Files = { ...nodeFiles, openLog: () => new MemoryLogFile(bytes) }
    return Log.open(files, 'x.log', 1)
  }

  test('tells its salt', () => {
    expect((opened(emptyLog({ ...head, madeAt: 0 })) as Log).salt).toBe(salt)
    expect((opened(emptyLog(headWith(2n ** 64n - 1n))) as Log).salt).toBe(2n ** 64n - 1n)
  })

  test('that is damaged anywhere is told from one of another format', () => {
    for (let place = 0; place < 64; place++) {
      const bytes = emptyLog({ ...head, madeAt: 1e12 })
      bytes[place] = (bytes[place] as number) ^ 4
      expect(opened(bytes)).toMatch(/^it is not a log$|^its format is \d+, not 1$|^its head /)
    }
    const future = emptyLog({ ...head, madeAt: 0 })
    future.writeUInt32LE(2, 8)
    expect(opened(future)).toBe('its format is 2, not 1')
  })

  test('that is cut off is no log', () => {
    for (let length = 0; length < 64; length++)
      expect(opened(emptyLog({ ...head, madeAt: 0 }).subarray(0, length))).toBe('it is not a log')
  })
})

describe('a scan', () => {
  test('finds the records in their order, and each of them once', () => {
    const { file, scan } = open(logOf(record(1), record(2), signed(clearRecord({ writer: 1n, sequence: 3 }))))
    expect(scan()).toEqual([1, 2, 3])
    expect(scan()).toEqual([])
    file.append(record(4))
    file.append(record(5))
    expect(scan()).toEqual([4, 5])
  })

  test('finds records longer than what is read at once', () => {
    const { scan } = open(logOf(record(1, 3_000_000), record(2), record(3, 1_048_000), record(4, 5_000_000)))
    expect(scan()).toEqual([1, 2, 3, 4])
  })

  test('waits for a record that is still being written', () => {
    const whole = logOf(record(1), record(2, 2000))
    const start = logOf(record(1)).length
    const { file, log, scan } = open(logOf(record(1)))
    expect(scan()).toEqual([1])
    for (const length of [1, 4, 8, 31, 32, 33, 100, 1000, whole.length - start - 1]) {
      file.bytes = whole.subarray(0, start + length)
      expect(scan()).toEqual([])
      expect(log.scanned).toBe(start)
    }
    file.bytes = whole
    expect(scan()).toEqual([2])
  })

  test('reports a torn record once, when a good one lies behind it', () => {
    const { file, scan } = open(logOf(record(1)))
    const torn = file.bytes.length
    file.append(record(2, 500).subarray(0, 300))
    expect(scan()).toEqual([1])
    file.append(record(3))
    expect(scan()).toEqual([`damage ${torn}-${torn + 300}`, 3])
    expect(scan()).toEqual([])
    file.append(record(4))
    expect(scan()).toEqual([4])
  })

  test('does not read a torn end again until something has been appended', () => {
    const { file, scan } = open(logOf(record(1), record(2, 500).subarray(0, 300)))
    scan()
    const { reads } = file
    scan()
    expect(file.reads).toBe(reads)
  })

  test('that could not read is tried again', () => {
    const { file, log, scan } = open(logOf(record(1), record(2)))
    const read = file.read
    file.read = () => {
      throw new Error('EIO')
    }
    expect(() => scan()).toThrow('EIO')
    expect(log.scanned).toBe(64)
    file.read = read
    expect(scan()).toEqual([1, 2])
  })

  test('goes on behind whatever stands between two records', () => {
    const rubbish = [
      Buffer.alloc(1),
      Buffer.alloc(100_000),
      Buffer.from('f5535231', 'hex'),
      Buffer.from('f5535231ffffffff', 'hex'),
      Buffer.concat([Buffer.from('f5535231', 'hex'), Buffer.alloc(70_000, 0xf5)]),
      Buffer.from('f5'.repeat(65_535), 'hex'),
      record(9).subarray(1),
      Buffer.concat([record(9).subarray(0, 40), record(8).subarray(0, 40)]),
    ]
    for (const piece of rubbish) {
      const { scan } = open(logOf(record(1), piece, record(2), record(3)))
      const from = logOf(record(1)).length
      expect(scan()).toEqual([1, `damage ${from}-${from + piece.length}`, 2, 3])
    }
  })

  test('finds a record at whatever distance, across the borders of what is read at once', () => {
    for (let distance = 65_530; distance < 65_545; distance++) {
      for (const extra of [0, 65_536]) {
        const { scan } = open(logOf(Buffer.alloc(distance + extra), record(2)))
        expect(scan().at(-1)).toBe(2)
      }
    }
  })

  test('never takes a record inside a value for one, not even behind damage', () => {
    const forged = record(66)
    const foreign = Buffer.from(forged)
    signRecord(foreign, salt + 1n)
    const outer = valueRecord(
      { writer: 1n, sequence: 1 },
      'outer',
      info,
      encode(foreign, new ValueTypes(), 'x').bytes as Uint8Array,
    )
    expect(outer.includes(foreign)).toBe(true)
    expect(open(logOf(signed(outer), record(2))).scan()).toEqual([1, 2])
    signed(outer)
    outer[20] = 99
    const { scan } = open(logOf(outer, record(2)))
    expect(scan()).toEqual([`damage 64-${64 + outer.length}`, 2])
  })

  test('has nothing to do with records of another log', () => {
    const other = Buffer.from(record(9))
    signRecord(other, salt + 1n)
    expect(open(logOf(record(1), other, record(2))).scan()).toMatchObject([
      1,
      expect.stringContaining('damage'),
      2,
    ])
  })

  test('finds what lies behind a torn value full of beginnings of records', () => {
    const content = Buffer.alloc(60_000)
    for (let at = 0; at < content.length; at += 8) {
      content.write('f5535231', at, 'hex')
      content.writeUInt32LE(500_000, at + 4)
    }
    const after = Array.from({ length: 100 }, (_, index) => record(index + 2, 10_000))
    const { scan } = open(logOf(record(1), content, ...after))
    const found = scan().filter(what => typeof what === 'number')
    expect(found).toEqual(Array.from({ length: 101 }, (_, index) => index + 1))
  })

  test('is not kept busy by long records that are none, each with a real one behind it', () => {
    const count = 20_000
    const pair = Buffer.concat([Buffer.alloc(32), record(1)])
    const bytes = Buffer.concat(Array.from({ length: count }, () => pair))
    for (let at = 0; at < bytes.length; at += pair.length) {
      bytes.write('f5535231', at, 'hex')
      bytes.writeUInt32LE(bytes.length - at, at + 4)
    }
    const { scan } = open(logOf(bytes))
    const start = performance.now()
    expect(scan().filter(what => what === 1)).toHaveLength(count)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('is not kept busy by many long records that are none', () => {
    const liar = Buffer.alloc(32)
    Buffer.from('f5535231', 'hex').copy(liar)
    const count = 100_000
    const bytes = Buffer.alloc(32 * count)
    for (let index = 0; index < count; index++) {
      liar.writeUInt32LE(bytes.length - 32 * index, 4)
      liar.copy(bytes, 32 * index)
    }
    const { file, scan } = open(logOf(record(1), bytes))
    const start = performance.now()
    const found = scan()
    expect(performance.now() - start).toBeLessThan(2000)
    expect(found[0]).toBe(1)
    file.append(record(2))
    expect(scan().at(-1)).toBe(2)
  })
})

describe('any damage', () => {
  const records = () => [
    record(1),
    signed(deleteRecord({ writer: 3n, sequence: 2 }, './n1')),
    record(3, 90),
    record(4),
  ]

  test('of one byte costs the record it is in, and no other', () => {
    const bytes = logOf(...records())
    const ends: number[] = []
    for (const each of records()) ends.push((ends.at(-1) ?? 64) + each.length)
    for (let place = 64; place < bytes.length; place++) {
      const harmed = ends.findIndex(end => place < end) + 1
      for (const mask of [1, 0x80, 0xff]) {
        const changed = Buffer.from(bytes)
        changed[place] = (changed[place] as number) ^ mask
        const found = open(changed).scan()
        const expected = [1, 2, 3, 4].filter(sequence => sequence !== harmed)
        expect(found.filter(each => typeof each === 'number')).toEqual(expected)
        expect(found.filter(each => typeof each === 'string').length).toBe(harmed === 4 ? 0 : 1)
      }
    }
  })

  test('by cutting off leaves the records before', () => {
    const bytes = logOf(...records())
    for (let length = 64; length <= bytes.length; length++) {
      const found = open(bytes.subarray(0, length)).scan()
      let whole = 0
      for (let end = 64; whole < 4 && end + (records()[whole] as Buffer).length <= length; whole++)
        end += (records()[whole] as Buffer).length
      expect(found).toEqual([1, 2, 3, 4].slice(0, whole))
    }
  })

  test('by inserting or removing bytes costs the record it is in, and no other', () => {
    const bytes = logOf(...records())
    for (let place = 64; place < bytes.length; place += 3) {
      const longer = Buffer.concat([bytes.subarray(0, place), Buffer.from([1, 2, 3]), bytes.subarray(place)])
      const shorter = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)])
      for (const changed of [longer, shorter]) {
        const found = open(changed)
          .scan()
          .filter(each => typeof each === 'number')
        expect(found.length).toBeGreaterThanOrEqual(3)
      }
    }
  })
})

describe('a record at a known place', () => {
  test('is read again, from memory too', () => {
    const { file, log, scan } = open(logOf(record(1), record(2, 9000), record(3)))
    scan()
    const position = logOf(record(1)).length
    const length = record(2, 9000).length
    for (let round = 0; round < 2; round++) {
      const found = log.recordAt(position, length)
      expect(found?.bytes.subarray(found.start, found.end).equals(record(2, 9000))).toBe(true)
    }
    expect(log.recordAt(position, length - 1)).toBeUndefined()
    expect(log.recordAt(position + 1, length)).toBeUndefined()
    expect(log.recordAt(file.bytes.length - 10, 32)).toBeUndefined()
  })

  test('that has changed is not handed out', () => {
    const { file, log, scan } = open(logOf(record(1)))
    scan()
    file.bytes[100] = (file.bytes[100] as number) ^ 1
    expect(log.recordAt(64, record(1).length)).toBeUndefined()
  })

  test('beyond the end is not handed out', () => {
    const { file, log, scan } = open(logOf(record(1), record(2)))
    scan()
    file.bytes = file.bytes.subarray(0, file.bytes.length - 1)
    expect(log.recordAt(logOf(record(1)).length, record(2).length)).toBeUndefined()
  })
})
