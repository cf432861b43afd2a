import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkIndex, rowsOf } from '../test/invariants.ts'
import { head, info, logOf, MemoryDraftFile, MemoryLog, readFile, signed, signedValue } from '../test/logs.ts'
import { patience, rounds } from '../test/rounds.ts'
import { claimRecord, releaseRecord } from './claim-record.ts'
import type { Contents } from './contents.ts'
import { Draft } from './draft.ts'
import { startHash } from './hash.ts'
import { whyAbsent } from './history.ts'
import type { Log } from './log.ts'
import { clearRecord, deleteRecord, type Origin, recordType, sealRecord } from './record.ts'
import { atOnce } from './slices.ts'
import { restore, Snapshot } from './snapshot.ts'
import { type Judge, keepAll, Successor } from './successor.ts'
import { usesRecord } from './uses-record.ts'
import { carriesClaim, readValue, valueRecord } from './value-record.ts'

beforeAll(startHash)

const names = ['a', 'b', 'c', 'dropped', '\ud800']
const name = fc.constantFrom(...names)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ verb: fc.constant('value' as const), name, claimed: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('large value' as const), name }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('evicted' as const), name }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('clear' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constant('claim' as const),
      name,
      stamp: fc.constantFrom('1', '2'),
      replaces: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('release' as const), name, which: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('uses' as const), which: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('unknown' as const) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('contradictory' as const) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('damage' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface History {
  readonly bytes: Buffer
  /** Where each record ends. */
  readonly ends: readonly number[]
}

function written(steps: readonly Step[]): History {
  const claims: Origin[] = []
  const values: { name: string; position: number }[] = []
  const ends = [64]
  const records: Buffer[] = []
  let sequence = 0
  const hashes = new MemoryLog(logOf()).contents
  const recordOf = (one: Step): Buffer => {
    const origin = { writer: 7n, sequence: ++sequence }
    switch (one.verb) {
      case 'value':
        values.push({ name: one.name, position: ends.at(-1) as number })
        // The nth last claim, or none.
        return valueRecord(
          origin,
          one.name,
          info,
          Buffer.from([sequence]),
          one.claimed === 0 ? undefined : claims.at(-one.claimed),
        )
      case 'large value':
        values.push({ name: one.name, position: ends.at(-1) as number })
        return valueRecord(origin, one.name, info, {
          file: `3f0123456789abcdef-${sequence}`,
          size: 7e4,
          checksum: 1n,
        })
      case 'delete':
        return deleteRecord(origin, one.name)
      case 'evicted':
        return deleteRecord(origin, one.name, 'evicted')
      case 'clear':
        return clearRecord(origin)
      case 'claim': {
        const replaced = one.replaces ? claims.at(-1) : undefined
        claims.push(origin)
        return claimRecord(origin, one.name, { stamp: one.stamp, params: undefined }, replaced)
      }
      case 'release':
        return releaseRecord(origin, one.name, claims.at(-1 - one.which) ?? origin, false)
      case 'uses': {
        const used = values.at(-1 - one.which) ?? { name: 'a', position: 64 }
        const { name, position } = used
        return usesRecord(origin, [
          { position, hash: hashes.hashOf(name), uses: sequence, usedAt: 1.8e9 + sequence },
        ])
      }
      case 'unknown': {
        const record = clearRecord(origin)
        record[16] = 200
        return record
      }
      case 'contradictory': {
        const record = valueRecord(origin, 'a', info, Buffer.alloc(1))
        record.writeUInt32LE(1e6, 56)
        return record
      }
      case 'damage':
        return Buffer.alloc(50)
    }
  }
  for (const one of steps) {
    const record = recordOf(one)
    records.push(one.verb === 'damage' ? record : signed(record))
    ends.push((ends.at(-1) as number) + record.length)
  }
  return { bytes: logOf(...records), ends }
}

/** The live entries and claims by name, as what they hold says it. */
function leavings(contents: Contents, log: Pick<Log, 'recordAt'>): unknown {
  const entries = rowsOf(contents.index).map(({ positions, lengths }) => {
    const stretch = log.recordAt(positions as number, lengths as number)
    const record = stretch && readValue(stretch)
    if (!record) throw new Error('a live entry cannot be read')
    const { name, info, blob } = record
    const content = stretch.bytes.toString('hex', record.contentStart, stretch.end)
    return [name, info, content, blob?.file ?? null]
  })
  const claims = [...contents.claims.values()].map(({ name, wanted, claim }) => [
    name,
    wanted,
    `${claim.writer} ${claim.sequence}`,
  ])
  return { entries: entries.sort(), claims: claims.sort() }
}

const newOrigin = (): Origin => ({ writer: 8n, sequence: 1 })

/** Makes the successor of an old log, of which so much was known when it began and when it went on. */
function succeed(old: MemoryLog, began: number, went: number, judge: Judge = keepAll) {
  old.readTo(began)
  const file = new MemoryDraftFile()
  const successor = new Successor(file, old.log, old.contents, newOrigin)
  old.readTo(went)
  const usesThen = rowsOf(old.contents.index)
  atOnce(successor.writePrefix(judge))
  old.readAll()
  atOnce(successor.writeRest(old.log.scanned))
  successor.draft.flush()
  const next = new MemoryLog(file.bytes).readAll()
  return { successor, file, next, usesThen }
}

const cuts = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
const steps = fc.array(step, { maxLength: 40, size: 'max' })

function cutAt({ ends }: History, [one, other]: readonly [number, number]): [number, number] {
  const at = (share: number) => ends[Math.floor(share * (ends.length - 1))] as number
  return [at(Math.min(one, other)), at(Math.max(one, other))]
}

describe('a successor', () => {
  test(
    'leaves what the old log leaves, wherever it was begun',
    () => {
      fc.assert(
        fc.property(steps, cuts, (all, shares) => {
          const history = written(all)
          const [began, went] = cutAt(history, shares)
          const old = new MemoryLog(history.bytes)
          const { successor, next, usesThen } = succeed(old, began, went)
          expect(leavings(next.contents, next.log)).toEqual(leavings(old.contents, old.log))
          checkIndex(next.contents.index)
          expect(rowsOf(successor.draft.contents.index)).toEqual(rowsOf(next.contents.index))
          expect([...successor.draft.contents.claims.keys()].sort()).toEqual(
            [...next.contents.claims.keys()].sort(),
          )
          const uses = rowsOf(old.contents.index).map(({ positions, hashes }) => {
            const then = usesThen.find(row => row['positions'] === positions)
            return (positions as number) < began && then
              ? [hashes, then['uses'], then['usedAt']]
              : [hashes, 0, 1_700_000_000]
          })
          const usesNow = rowsOf(next.contents.index).map(({ hashes, uses, usedAt }) => [
            hashes,
            uses,
            usedAt,
          ])
          expect(usesNow.sort()).toEqual(uses.sort())
        }),
        { numRuns: rounds(150, 50_000) },
      )
    },
    patience,
  )

  test(
    'leaves the same without what was dropped, and says why that is not there',
    async () => {
      await fc.assert(
        fc.asyncProperty(steps, cuts, async (all, shares) => {
          const history = written(all)
          const [began, went] = cutAt(history, shares)
          const old = new MemoryLog(history.bytes)
          const dropped = new Map<number, string | undefined>()
          const { successor, next } = succeed(old, began, went, (row, record) => {
            const value = readValue({
              bytes: record,
              view: new DataView(record.buffer, record.byteOffset, record.length),
              start: 0,
              end: record.length,
            })
            if (value?.name !== 'dropped') return undefined
            dropped.set(old.contents.index.placeOf(row).position, value.blob?.file)
            return 'evicted'
          })
          const expected = leavings(old.contents, old.log) as { entries: [string][] }
          const isLeft = rowsOf(old.contents.index).some(
            ({ hashes, positions }) =>
              hashes === old.contents.hashOf('dropped') && !dropped.has(positions as number),
          )
          if (!isLeft) expected.entries = expected.entries.filter(([entry]) => entry !== 'dropped')
          expect(leavings(next.contents, next.log)).toEqual(expected)
          expect(successor.droppedBlobs.map(({ file }) => file)).toEqual(
            [...dropped.values()].filter(Boolean),
          )
          const stillDropped = rowsOf(old.contents.index).some(({ positions }) =>
            dropped.has(positions as number),
          )
          if (stillDropped) expect(await whyAbsent(next.log, 'dropped')).toBe('evicted')
        }),
        { numRuns: rounds(60, 20_000) },
      )
    },
    patience,
  )

  test('is no longer than what is live, whatever else there was', () => {
    const live = signedValue('live', 'x')
    const garbage = Array.from({ length: 50 }, () => signedValue('changing', 'y'))
    const old = new MemoryLog(
      logOf(live, ...garbage, signed(deleteRecord(newOrigin(), 'changing'))),
    ).readAll()
    const { file } = succeed(old, 0, 0)
    expect(file.bytes.length).toBe(64 + live.length)
    const rest = new MemoryLog(
      logOf(live, ...garbage, signed(deleteRecord(newOrigin(), 'never')), signed(sealRecord(newOrigin()))),
    )
    expect(succeed(rest, 64, 64).file.bytes.length).toBe(64 + live.length + (garbage.at(-1) as Buffer).length)
  })

  test('has the salt of the old log, an id of its own, and claims nothing for the values that it took over', () => {
    const origin = { writer: 7n, sequence: 1 }
    const value = signed(valueRecord({ ...origin, sequence: 2 }, 'a', info, Buffer.alloc(9), origin))
    const old = new MemoryLog(
      logOf(signed(claimRecord(origin, 'a', { stamp: '1', params: undefined }, undefined)), value),
    ).readAll()
    const { next, successor, file } = succeed(old, 0, 0)
    expect([next.log.salt, next.log.id]).toEqual([head.salt, successor.draft.id])
    expect(next.log.id).not.toBe(head.id)
    expect(carriesClaim(file.bytes.subarray(64))).toBe(false)
    expect(next.contents.concerns('a')).toBe(true)
  })

  test('remembers why entries are not there that an earlier one has dropped, unless they are again', async () => {
    const origin = { writer: 7n, sequence: 1 }
    const old = new MemoryLog(
      logOf(
        signed(deleteRecord(origin, 'gone', 'expired')),
        signed(deleteRecord(origin, 'back', 'evicted')),
        signed(deleteRecord(origin, 'deleted')),
        signedValue('back', 1),
      ),
    ).readAll()
    const { next } = succeed(old, 0, 0)
    expect(await whyAbsent(next.log, 'gone')).toBe('expired')
    expect(await whyAbsent(next.log, 'deleted')).toBe('absent')
    const types: number[] = []
    next.log.scanAnew().run(next.file.bytes.length, {
      record: record => types.push(record[16] as number) > 0,
      damage: () => {},
    })
    expect(types).toEqual([recordType.value, recordType.delete])
  })

  test('remembers the newest of very many of them', async () => {
    const records = Array.from({ length: 4500 }, (_, number) =>
      signed(deleteRecord(newOrigin(), `${number}`, 'evicted')),
    )
    const { next } = succeed(new MemoryLog(logOf(...records)).readAll(), 0, 0)
    expect(await whyAbsent(next.log, '4499')).toBe('evicted')
    expect(await whyAbsent(next.log, '2500')).toBe('evicted')
    expect(await whyAbsent(next.log, '2499')).toBe('absent')
  })

  test('tells how often very many entries were used', () => {
    const values = Array.from({ length: 2100 }, (_, number) => signedValue(`${number}`, 1))
    const old = new MemoryLog(logOf(...values)).readAll()
    for (let row = 0; row < 2100; row++) old.contents.index.use(row, row % 3, 1_800_000_000)
    old.contents.index.use(1, 2 ** 40, 1_800_000_000)
    const { index } = succeed(old, 0, 0).next.contents
    expect([0, 1, 2, 3, 4, 5].map(row => index.usesOf(row))).toEqual([0, Math.fround(2 ** 32), 2, 0, 1, 2])
    expect(index.usesOf(2099)).toBe(2099 % 3)
    expect(index.usedAtOf(2099)).toBe(1_800_000_000)
  })
})

describe('a draft', () => {
  const sizes = [10, 100_000, 200_000, 300_000, 1, 262_144, 5]
  const values = sizes.map((size, number) =>
    valueRecord(newOrigin(), `${number}`, info, Buffer.alloc(size, number)),
  )

  test('holds records of any size, and reads them back before they were handed over', () => {
    const file = new MemoryDraftFile()
    const draft = new Draft(file, head)
    for (const [number, value] of values.entries()) {
      const position = draft.size
      draft.add(signed(value))
      expect(draft.contents.concerns(`${number}`)).toBe(true)
      const stretch = draft.knownRecordAt(position, value.length)
      expect(stretch?.bytes.equals(value)).toBe(true)
      expect(draft.knownRecordAt(position + 1, value.length - 1)).toBeUndefined()
      expect(draft.knownRecordAt(position, value.length + 1)).toBeUndefined()
    }
    draft.flush()
    expect(file.bytes.equals(logOf(...values))).toBe(true)
    expect(draft.size).toBe(file.bytes.length)
  })

  test('says how far it reaches, as the snapshot of it needs it', () => {
    const file = new MemoryDraftFile()
    const draft = new Draft(file, head)
    for (const value of values) draft.add(signed(value))
    draft.flush()
    const last = draft.size - (values.at(-1) as Buffer).length
    expect(draft.extent).toMatchObject({ end: draft.size, last, logId: head.id })
    const parts: Buffer[] = []
    const snapshot = new Snapshot(draft.contents, draft.extent)
    atOnce(
      snapshot.write(
        Object.assign(new MemoryDraftFile(), {
          write: (bytes: Uint8Array) => parts.push(Buffer.from(bytes)),
        }),
      ),
    )
    const { log } = new MemoryLog(file.bytes)
    const restored = restore(readFile(Buffer.concat(parts)), log)
    expect(restored?.contents.index.count).toBe(values.length)
    expect(log.scanned).toBe(file.bytes.length)
  })

  test('that is empty has no last record', () => {
    expect(new Draft(new MemoryDraftFile(), head).extent).toEqual({
      logId: head.id,
      end: 64,
      last: 0,
      lastChecksum: 0n,
    })
  })
})
