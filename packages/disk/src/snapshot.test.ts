import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkIndex, rowsOf } from '../test/invariants.ts'
import { head, logOf, MemoryLogFile, openMemoryLog, readFile, signed, signedValue } from '../test/logs.ts'
import { patience, rounds } from '../test/rounds.ts'
import { bytesBeforeBlocks, countsIn, resigned } from '../test/snapshots.ts'
import { type Change, changeOf } from './change.ts'
import { claimRecord } from './claim-record.ts'
import { Contents } from './contents.ts'
import type { DraftFile } from './files.ts'
import { startHash } from './hash.ts'
import { emptyLog, type Log, logHeadBytes } from './log.ts'
import { deleteRecord } from './record.ts'
import { atOnce } from './slices.ts'
import { restore, Snapshot } from './snapshot.ts'
import { readValue } from './value-record.ts'

beforeAll(startHash)

const names = Array.from({ length: 30 }, (_, number) => `./${number}`)
const origin = { writer: 7n, sequence: 1 }
const wanted = { stamp: '5.4', params: undefined }

function records(): Buffer[] {
  return [
    ...names.map((name, number) => signedValue(name, number, { writer: 7n, sequence: number })),
    signed(claimRecord(origin, './claimed', wanted, undefined)),
    signedValue('./0', 'again'),
    signed(deleteRecord(origin, './1')),
  ]
}

interface Saved {
  readonly bytes: Buffer
  readonly contents: Contents
  readonly log: Log
}

/** What a log of these records leaves, and its snapshot. */
function saved(all: readonly Buffer[] = records()): Saved {
  const file = new MemoryLogFile(logOf(...all))
  const log = openMemoryLog(file)
  const contents = new Contents(log.salt, log)
  let last = 0
  log.scan(file.bytes.length, {
    record(record, position) {
      contents.apply(changeOf(record) as Change, position, record.length)
      log.skipTo(position)
      last = position
      return true
    },
    damage: () => {},
  })
  log.skipTo(file.bytes.length)
  contents.index.use(0, 3, 2 ** 31)
  const lastChecksum = last === 0 ? 0n : (log.checksumAt(last) as bigint)
  const snapshot = new Snapshot(contents, { logId: log.id, end: log.scanned, last, lastChecksum })
  return { bytes: bytesOf(snapshot), contents, log }
}

function bytesOf(snapshot: Snapshot): Buffer {
  const written: Buffer[] = []
  atOnce(snapshot.write({ write: (bytes: Uint8Array) => void written.push(Buffer.from(bytes)) } as DraftFile))
  return Buffer.concat(written)
}

function restored(bytes: Buffer, log: Log = openMemoryLog(new MemoryLogFile(logOf(...records())))) {
  const answer = restore(readFile(bytes), log)
  if (!answer) return undefined
  atOnce(answer.contents.index.load())
  return answer.contents.index.isDamaged ? undefined : { ...answer, log }
}

function expectSame(one: Contents, other: Contents): void {
  checkIndex(one.index)
  expect(rowsOf(one.index)).toEqual(rowsOf(other.index))
  expect([...one.claims]).toEqual([...other.claims])
}

describe('a snapshot', () => {
  test('leaves what the log leaves, the claims too, and the log is read on from there', () => {
    const { bytes, contents, log } = saved()
    const again = restored(bytes)
    if (!again) throw new Error('it was not restored')
    expectSame(again.contents, contents)
    expect([...again.contents.claims.keys()]).toEqual(['./claimed'])
    expect(again.log.scanned).toBe(log.scanned)
    expect(again.extent).toMatchObject({ logId: head.id, end: log.scanned })
    expect(names.filter(name => again.contents.concerns(name))).toEqual(names.filter(name => name !== './1'))
  })

  test('of an empty log is one too', () => {
    const { bytes } = saved([])
    const again = restored(bytes, openMemoryLog(new MemoryLogFile(logOf())))
    expect(again?.contents.index.count).toBe(0)
    expect(again?.log.scanned).toBe(logHeadBytes)
  })

  test('does not change with the contents', () => {
    const { bytes, contents, log } = saved()
    const extent = { logId: log.id, end: log.scanned, last: 0, lastChecksum: 0n }
    const snapshot = new Snapshot(contents, extent)
    const before = bytesOf(snapshot)
    contents.index.use(2, 100, 2 ** 31)
    expect(bytesOf(snapshot).equals(before)).toBe(true)
    expect(bytesOf(new Snapshot(contents, extent)).equals(before)).toBe(false)
    expect(before.length).toBe(bytes.length)
  })

  test(
    'is not used when any byte of it is another',
    () => {
      const { bytes } = saved()
      for (let place = 0; place < bytes.length; place += rounds(3, 1)) {
        const damaged = Buffer.from(bytes)
        damaged[place] = (damaged[place] as number) ^ (1 << (place % 8))
        expect(restored(damaged), `byte ${place}`).toBeUndefined()
      }
    },
    patience,
  )

  test(
    'is not used when it is cut off, or longer',
    () => {
      const { bytes } = saved()
      for (let length = 0; length < bytes.length; length += rounds(3, 1))
        expect(restored(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined()
      expect(restored(Buffer.concat([bytes, Buffer.alloc(16)]))).toBeUndefined()
    },
    patience,
  )

  test.each<[string, () => Buffer]>([
    ['has another id', () => Buffer.concat([emptyLog({ ...head, id: 5n }), ...records()])],
    ['was cut off', () => logOf(...records().slice(0, -1))],
    [
      'was cut off and has grown again',
      () =>
        logOf(...records().slice(0, -1), signedValue('./another', 1), signedValue('./more', 'x'.repeat(99))),
    ],
  ])('is not used for a log that %s', (_, log) => {
    const { bytes } = saved()
    expect(restored(bytes, openMemoryLog(new MemoryLogFile(log())))).toBeUndefined()
  })

  test('is used for a log that has grown', () => {
    const { bytes, log } = saved()
    const grown = openMemoryLog(new MemoryLogFile(logOf(...records(), signedValue('./more', 1))))
    expect(restored(bytes, grown)?.log.scanned).toBe(log.scanned)
  })

  test.each<[string, (bytes: Buffer) => unknown]>([
    ['another format', bytes => bytes.writeUInt32LE(2, 8)],
    ['another length of the head', bytes => bytes.writeUInt32LE(100, 12)],
    ['another magic', bytes => bytes.write('x', 0)],
    ['fewer buckets than there are', bytes => bytes.writeDoubleLE(63, 56)],
    ['no buckets', bytes => bytes.writeDoubleLE(0, 56)],
    ['records of no size', bytes => bytes.writeDoubleLE(Number.NaN, 72)],
    ['blobs of a negative size', bytes => bytes.writeDoubleLE(-1, 80)],
    ['a number of rows that is none', bytes => bytes.writeDoubleLE(Number.NaN, 48)],
    ['a negative number of claims', bytes => bytes.writeDoubleLE(-1, 64)],
    ['half a claim', bytes => bytes.writeDoubleLE(0.5, 64)],
    ['an end that is none', bytes => bytes.writeDoubleLE(Number.NaN, 24)],
    ['an end within the head of the log', bytes => bytes.writeDoubleLE(63, 24)],
    ['a negative end', bytes => bytes.writeDoubleLE(-100, 24)],
    ['a last record nowhere', bytes => bytes.writeDoubleLE(Number.NaN, 32)],
    ['a last record between two bytes', bytes => bytes.writeDoubleLE(64.5, 32)],
    ['a last record before the log', bytes => bytes.writeDoubleLE(-64, 32)],
    ['a last record at an infinite distance', bytes => bytes.writeDoubleLE(Number.POSITIVE_INFINITY, 32)],
  ])('is not used that says it has %s', (_, change) => {
    const { bytes } = saved()
    change(bytes)
    expect(restored(resigned(bytes))).toBeUndefined()
  })

  test(
    'that was tampered with makes entries be missed, and does no worse',
    () => {
      const { bytes } = saved()
      const words = fc.oneof(
        fc.record({ at: fc.nat(bytes.length - 4), word: fc.integer({ min: 0, max: 0xffffffff }) }),
        fc.record({
          at: fc.constantFrom(...positionsIn(bytes)),
          number: fc.oneof(fc.double(), fc.nat(3000)),
        }),
      )
      let used = 0
      fc.assert(
        fc.property(fc.array(words, { minLength: 1, maxLength: 5 }), changes => {
          const tampered = Buffer.from(bytes)
          for (const change of changes) {
            if ('word' in change) tampered.writeUInt32LE(change.word, change.at)
            else tampered.writeDoubleLE(change.number, change.at)
          }
          const again = restored(resigned(tampered))
          if (!again) return
          used++
          const { contents, log } = again
          for (const name of names) {
            const hash = contents.hashOf(name)
            for (let row = contents.index.first(hash); row >= 0; row = contents.index.next(hash)) {
              const { position, length } = contents.index.placeOf(row)
              const stretch = log.recordAt(position, length)
              if (stretch) readValue(stretch)
            }
            contents.concerns(name)
          }
          contents.apply(changeOf(signedValue('./0', 1)) as Change, log.scanned, 100)
          for (const name of names) contents.apply({ type: 2, name }, log.scanned, 100)
        }),
        { numRuns: rounds(1000, 100_000) },
      )
      expect(used).toBeGreaterThan(50)
    },
    patience,
  )
})

// Of records and claims.
function positionsIn(bytes: Buffer): number[] {
  const [rows, , claims] = countsIn(bytes)
  const ofRows = Array.from({ length: rows }, (_, row) => bytesBeforeBlocks + 40 * row)
  return [...ofRows, ...Array.from({ length: 2 * claims }, (_, index) => bytes.length - 8 * (index + 1))]
}
