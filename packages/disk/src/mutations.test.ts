import { type Stamp, ValueTypes } from '@stagcache/core'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { difference } from '../test/difference.ts'
import { logOf, MemoryLogFile, openMemoryLog, salt, signed } from '../test/logs.ts'
import { patience, rounds } from '../test/rounds.ts'
import { changeOf } from './change.ts'
import { claimRecord, releaseRecord } from './claim-record.ts'
import { decode, encode } from './codec.ts'
import { Contents } from './contents.ts'
import { startHash } from './hash.ts'
import { deleteRecord, signRecord } from './record.ts'
import { stretchOf } from './stretch.ts'
import { usesRecord } from './uses-record.ts'
import { readValue, valueRecord } from './value-record.ts'

/*
 * Records of every kind, with some of their bytes changed: as they are, and with a checksum that says that they are right,
 * as somebody hostile could write them.
 */

beforeAll(startHash)

const types = new ValueTypes()
const origin = { writer: 7n, sequence: 3 }
const info = { stamp: '1.1' as Stamp, params: 'f00d', storedAt: 1.7e12, cost: 5 }

const values: unknown[] = [
  { text: 'äöü', numbers: [1, 2.5, -3, 2 ** 40], nested: { yes: true, no: null } },
  new Map<unknown, unknown>([[new Date(0), new Set([1n, -0, Number.NaN])]]),
  [new Float64Array(300).fill(0.5), new Uint8Array(2000), new Error('x', { cause: /y/g })],
  'x'.repeat(1000),
  Array.from({ length: 30 }, (_, index) => ({ index, text: `${index}`, place: { x: 0.5, zone: null } })),
]

const records: Buffer[] = []
beforeAll(() => {
  for (const value of values)
    records.push(valueRecord(origin, './a', info, encode(value, types, './a').kept().bytes as Uint8Array))
  const blob = { file: '3f0123456789abcdef-z', size: 70_000, checksum: 5n }
  records.push(
    valueRecord(origin, './a', info, blob, origin),
    deleteRecord(origin, './a'),
    deleteRecord(origin, './a', 'evicted'),
    claimRecord(origin, './a', info, { writer: 9n, sequence: 1 }),
    releaseRecord(origin, './a', origin, true),
    usesRecord(origin, [{ position: 64, hash: 5, uses: 2, usedAt: 1.7e9 }]),
  )
})

const mutation = fc.record({
  record: fc.nat(10),
  changes: fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 255 })),
    { minLength: 1, maxLength: 6 },
  ),
  early: fc.boolean(),
})

/** A record with some of its bytes changed, more often in its head than elsewhere. */
function mutated({
  record,
  changes,
  early,
}: typeof mutation extends fc.Arbitrary<infer M> ? M : never): Buffer {
  const bytes = Buffer.from(records[record] as Buffer)
  for (const [where, by] of changes) {
    const place = 16 + Math.floor(where * (early ? Math.min(80, bytes.length - 16) : bytes.length - 16))
    bytes[place] = (bytes[place] as number) ^ by
  }
  return bytes
}

function prototypes(): string {
  return [Object.prototype, Array.prototype, Map.prototype]
    .map(each => Reflect.ownKeys(each).map(String))
    .join()
}

const before = prototypes()

describe('a mutated record', () => {
  test(
    'with its old checksum is none',
    () => {
      fc.assert(
        fc.property(mutation, one => {
          const original = records[one.record] as Buffer
          signRecord(original, salt)
          const bytes = mutated(one)
          const log = openMemoryLog(new MemoryLogFile(logOf(bytes)))
          let found = 0
          log.scan(64 + bytes.length, { record: () => ++found > 0, damage: () => {} })
          // Changes of the same byte may undo each other.
          expect(found).toBe(bytes.equals(original) ? 1 : 0)
        }),
        { numRuns: rounds(10_000, 1_000_000) },
      )
    },
    patience,
  )

  test(
    'with a right checksum is read without an error, or not at all',
    () => {
      fc.assert(
        fc.property(mutation, one => {
          const bytes = signed(mutated(one))
          const contents = new Contents(salt, { knownRecordAt: () => stretchOf(bytes) })
          const change = changeOf(bytes)
          if (change) contents.apply(change, 64, bytes.length)
          const value = readValue(stretchOf(bytes))
          if (!value || value.blob) return
          try {
            decode({ ...stretchOf(bytes), start: value.contentStart }, types)
          } catch (error) {
            // As the store does, which takes it for a miss.
            expect(error).toBeInstanceOf(Error)
          }
        }),
        { numRuns: rounds(20_000, 1_000_000) },
      )
      expect(prototypes()).toBe(before)
    },
    patience,
  )

  test(
    'takes no more memory than its size lets expect',
    () => {
      const largest = { bytes: 0 }
      fc.assert(
        fc.property(mutation, one => {
          const bytes = signed(mutated(one))
          const value = readValue(stretchOf(bytes))
          if (!value || value.blob) return
          const memory = process.memoryUsage()
          try {
            decode({ ...stretchOf(bytes), start: value.contentStart }, types)
          } catch {}
          const now = process.memoryUsage()
          largest.bytes = Math.max(
            largest.bytes,
            now.arrayBuffers - memory.arrayBuffers,
            now.heapTotal - memory.heapTotal,
          )
        }),
        { numRuns: rounds(2000, 100_000) },
      )
      expect(largest.bytes).toBeLessThan(64 << 20)
    },
    patience,
  )
})

test('an unharmed record gives back its value', () => {
  for (const [index, value] of values.entries()) {
    const bytes = signed(records[index] as Buffer)
    const start = readValue(stretchOf(bytes))?.contentStart
    expect(difference(value, decode(stretchOf(Buffer.from(bytes.subarray(start))), types))).toBeUndefined()
  }
})
