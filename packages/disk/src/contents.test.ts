import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkIndex, rowsOf } from '../test/invariants.ts'
import { salt } from '../test/logs.ts'
import { patience, rounds } from '../test/rounds.ts'
import { type Change, changeOf } from './change.ts'
import { claimRecord, releaseRecord, type Wanted } from './claim-record.ts'
import { type ClaimEnd, Contents, type Outcome } from './contents.ts'
import { startHash } from './hash.ts'
import type { Place } from './key-index.ts'
import { clearRecord, deleteRecord, isSame, type Origin, recordType, sealRecord } from './record.ts'
import { stretchOf } from './stretch.ts'
import { usesRecord } from './uses-record.ts'
import { valueRecord } from './value-record.ts'

beforeAll(startHash)

const wantedOnes: readonly Wanted[] = [
  { stamp: '1', params: undefined },
  { stamp: '1', params: 'p' },
  { stamp: '2', params: undefined },
]
const nobody: Origin = { writer: 99n, sequence: 99 }

/** Records as they are appended to a log, and what they leave. */
class Written {
  readonly contents: Contents
  readonly records = new Map<number, Buffer>()
  end = 64
  #sequence = 0

  constructor() {
    this.contents = new Contents(salt, {
      knownRecordAt: (position, length) => {
        const record = this.records.get(position)
        return record?.length === length ? stretchOf(record) : undefined
      },
    })
  }

  origin(): Origin {
    return { writer: 7n, sequence: ++this.#sequence }
  }

  append(record: Buffer): Outcome {
    const position = this.end
    this.records.set(position, record)
    this.end += record.length
    return this.contents.apply(changeOf(record) as Change, position, record.length)
  }

  value(
    name: string,
    { blobBytes = 0, claim }: { blobBytes?: number; claim?: Origin | undefined } = {},
  ): Outcome {
    const info = { stamp: '1' as never, params: undefined, storedAt: 1.7e12 + 1000 * this.#sequence, cost: 3 }
    const blob = { file: '3f0123456789abcdef-a', size: blobBytes, checksum: 5n }
    return this.append(valueRecord(this.origin(), name, info, blobBytes > 0 ? blob : Buffer.alloc(4), claim))
  }

  claim(name: string, wanted: Wanted = wantedOnes[0] as Wanted, replaces?: Origin): Origin {
    const origin = this.origin()
    this.append(claimRecord(origin, name, wanted, replaces))
    return origin
  }

  standing(name: string): Origin | undefined {
    return this.contents.claims.get(name)?.claim
  }
}

describe('a claim', () => {
  const wanted = wantedOnes[0] as Wanted

  test.each<[string, ClaimEnd | 'stands', (written: Written, own: Origin) => void]>([
    ['a value on its name', 'changed', written => written.value('a')],
    ['a value that carries it', 'changed', (written, own) => written.value('a', { claim: own })],
    ['a delete on its name', 'changed', written => written.append(deleteRecord(nobody, 'a'))],
    ['a clear', 'changed', written => written.append(clearRecord(nobody))],
    ['a claim for another stamp', 'superseded', written => written.claim('a', wantedOnes[2])],
    ['a claim for other params', 'superseded', written => written.claim('a', wantedOnes[1])],
    ['a claim that replaces it', 'replaced', (written, own) => written.claim('a', wanted, own)],
    [
      'a claim for another stamp that replaces it',
      'superseded',
      (written, own) => written.claim('a', wantedOnes[2], own),
    ],
    [
      'its release',
      'failed',
      (written, own) => written.append(releaseRecord({ ...own, sequence: 50 }, 'a', own, false)),
    ],
    [
      'its release with a result that is not stored',
      'unstored',
      (written, own) => written.append(releaseRecord({ ...own, sequence: 50 }, 'a', own, true)),
    ],
    ['a value that carries another one', 'stands', written => written.value('a', { claim: nobody })],
    ['a value on another name', 'stands', written => written.value('b')],
    ['a delete on another name', 'stands', written => written.append(deleteRecord(nobody, 'b'))],
    [
      'a record that says why there is no entry',
      'stands',
      written => written.append(deleteRecord(nobody, 'a', 'evicted')),
    ],
    ['a claim for the same', 'stands', written => written.claim('a')],
    [
      'a claim for the same that replaces another one',
      'stands',
      written => written.claim('a', wanted, nobody),
    ],
    ['a claim on another name', 'stands', written => written.claim('b', wantedOnes[2])],
    [
      'the release of another one',
      'stands',
      written => written.append(releaseRecord(nobody, 'a', nobody, false)),
    ],
    ['a seal', 'stands', written => written.append(sealRecord(nobody))],
  ])('that meets %s: %s', (_, end, meet) => {
    const written = new Written()
    const own = written.claim('a')
    const standing = written.contents.claims.get('a')
    meet(written, own)
    expect(standing?.ended ?? 'stands').toBe(end)
    expect(written.contents.claims.get('a') === standing).toBe(end === 'stands')
  })

  test('is told of the one that stands in its place', () => {
    const written = new Written()
    const first = written.claim('a')
    const later = claimRecord(written.origin(), 'a', wanted, undefined)
    expect(written.append(later).standing?.claim).toEqual(first)
    const replacing = written.origin()
    const outcome = written.append(claimRecord(replacing, 'a', wanted, first))
    expect(outcome.standing?.claim).toEqual(replacing)
  })

  test('makes values count that carry it, and only while it stands', () => {
    const written = new Written()
    const first = written.claim('a')
    expect(written.value('a', { claim: nobody }).counted).toBe(false)
    expect(written.value('b', { claim: first }).counted).toBe(false)
    expect(written.value('a', { claim: first }).counted).toBe(true)
    expect(written.value('a', { claim: first }).counted).toBe(false)
    expect(written.contents.concerns('b')).toBe(false)
  })
})

describe('a record tells', () => {
  const garbageOf = ({ garbage }: Outcome) => garbage.map(({ position, hasBlob }) => [position, hasBlob])

  test('whether it put an end to an entry, and whose blobs nobody needs', () => {
    const written = new Written()
    const blobAt = written.end
    expect(written.value('a', { blobBytes: 70_000 })).toMatchObject({ existed: false, garbage: [] })
    const nextAt = written.end
    const replaced = written.value('a', { blobBytes: 80_000 })
    expect([replaced.existed, garbageOf(replaced)]).toEqual([true, [[blobAt, true]]])
    const removed = written.append(deleteRecord(nobody, 'a'))
    expect([removed.existed, garbageOf(removed)]).toEqual([true, [[nextAt, true]]])
    expect(written.append(deleteRecord(nobody, 'a'))).toMatchObject({ existed: false, garbage: [] })
    expect(written.append(clearRecord(nobody))).toMatchObject({ existed: false, garbage: [] })
    written.value('small')
    expect(written.value('small')).toMatchObject({ existed: true, garbage: [] })
    const large = [written.end]
    written.value('b', { blobBytes: 1 })
    large.push(written.end)
    written.value('c', { blobBytes: 2 })
    const cleared = written.append(clearRecord(nobody))
    expect([cleared.existed, garbageOf(cleared)]).toEqual([true, large.map(at => [at, true])])
  })

  test('of a value that does not count, that its own blob is not needed', () => {
    const written = new Written()
    const at = written.end
    expect(garbageOf(written.value('a', { claim: nobody, blobBytes: 70_000 }))).toEqual([[at, true]])
    expect(garbageOf(written.value('a', { claim: nobody }))).toEqual([])
  })
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1e9])(
  'a blob that says it has %d bytes does not spoil the sum',
  size => {
    const written = new Written()
    written.value('a', { blobBytes: 100 })
    const record = valueRecord(
      nobody,
      'b',
      { stamp: '1' as never, params: undefined, storedAt: size, cost: size },
      { file: '3f0123456789abcdef-a', size, checksum: 5n },
    )
    written.append(record)
    written.append(deleteRecord(nobody, 'b'))
    expect(written.contents.index.blobBytes).toBe(100)
  },
)

test.each([
  { milliseconds: 1_700_000_000_499, seconds: 1_700_000_000 },
  { milliseconds: -5000, seconds: 0 },
  { milliseconds: Number.NaN, seconds: 0 },
  { milliseconds: 1e300, seconds: 0xffffffff },
])('an entry stored at $milliseconds ms is one of $seconds s', ({ milliseconds, seconds }) => {
  const written = new Written()
  const times = { stamp: '1' as never, params: undefined, storedAt: milliseconds, cost: 0 }
  written.append(valueRecord(nobody, 'a', times, Buffer.alloc(1)))
  expect(written.contents.index.storedAtOf(0)).toBe(seconds)
})

const name = fc.constantFrom('a', 'b', 'c', '')
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ verb: fc.constant('value' as const), name, large: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constant('claimed value' as const), name, which: fc.nat(4) }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('clear' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constant('claim' as const),
      name,
      wanted: fc.nat(2),
      replaces: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      verb: fc.constant('release' as const),
      name,
      which: fc.nat(4),
      unstored: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('uses' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant('unknown' as const), type: fc.integer({ min: 7, max: 255 }) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface ModelEntry {
  readonly position: number
  uses: number
}

/** What records leave, in the simplest words. */
class Model {
  readonly entries = new Map<string, ModelEntry>()
  readonly claims = new Map<string, { readonly claim: Origin; readonly wanted: Wanted }>()

  store(name: string, position: number, claim?: Origin): void {
    if (claim && !this.#stands(name, claim)) return
    this.claims.delete(name)
    this.entries.set(name, { position, uses: 0 })
  }

  remove(name: string): void {
    this.claims.delete(name)
    this.entries.delete(name)
  }

  clear(): void {
    this.claims.clear()
    this.entries.clear()
  }

  claim(name: string, claim: Origin, wanted: Wanted, replaces: Origin | undefined): void {
    const standing = this.claims.get(name)
    const isForSame = standing?.wanted === wanted
    if (!standing || !isForSame || (replaces && isSame(standing.claim, replaces)))
      this.claims.set(name, { claim, wanted })
  }

  release(name: string, claim: Origin): void {
    if (this.#stands(name, claim)) this.claims.delete(name)
  }

  #stands(name: string, claim: Origin): boolean {
    const standing = this.claims.get(name)
    return standing !== undefined && isSame(standing.claim, claim)
  }
}

class Modelled extends Written {
  readonly model = new Model()
  readonly #claims: Origin[] = []
  readonly #places: { name: string; place: Place }[] = []

  do(step: Step): void {
    const position = this.end
    if (step.verb === 'value') {
      this.value(step.name, { blobBytes: step.large ? 70_000 : 0 })
      this.model.store(step.name, position)
      this.#placed(step.name, position)
    } else if (step.verb === 'claimed value') {
      const claim = this.#claims.at(-1 - step.which) ?? nobody
      this.value(step.name, { claim })
      this.model.store(step.name, position, claim)
      this.#placed(step.name, position)
    } else if (step.verb === 'delete') {
      this.append(deleteRecord(this.origin(), step.name))
      this.model.remove(step.name)
    } else if (step.verb === 'clear') {
      this.append(clearRecord(this.origin()))
      this.model.clear()
    } else if (step.verb === 'claim') this.#claim(step.name, wantedOnes[step.wanted] as Wanted, step.replaces)
    else if (step.verb === 'release') {
      const claim = this.#claims.at(-1 - step.which) ?? { writer: 7n, sequence: 1000 }
      this.append(releaseRecord({ ...claim, sequence: 2000 }, step.name, claim, step.unstored))
      this.model.release(step.name, claim)
    } else if (step.verb === 'uses') this.#use(step.which)
    else {
      const record = deleteRecord(this.origin(), 'a')
      record[16] = step.type
      this.append(record)
    }
  }

  check(): void {
    const { index, claims } = this.contents
    checkIndex(index)
    expect(rowsOf(index).map(({ positions, uses }) => ({ position: positions, uses }))).toEqual(
      [...this.model.entries.values()].sort((one, other) => one.position - other.position),
    )
    for (const [name, { position }] of this.model.entries)
      expect(index.findAt(this.contents.hashOf(name), position)).toBeGreaterThanOrEqual(0)
    for (const name of ['a', 'b', 'c', ''])
      expect(this.contents.concerns(name)).toBe(this.model.entries.has(name) || this.model.claims.has(name))
    expect(claimsOf(claims)).toEqual(claimsOf(this.model.claims))
  }

  #claim(name: string, wanted: Wanted, replaces: boolean): void {
    const replaced = replaces ? this.model.claims.get(name)?.claim : undefined
    const claim = this.claim(name, wanted, replaced)
    this.model.claim(name, claim, wanted, replaced)
    this.#claims.push(claim)
  }

  #placed(name: string, position: number): void {
    this.#places.push({ name, place: { position, length: 0, hasBlob: false } })
  }

  // Of records that may have been replaced since.
  #use(which: number): void {
    const known = this.#places.at(-1 - which)
    if (!known) return
    const { name, place } = known
    const use = { position: place.position, hash: this.contents.hashOf(name), uses: 2, usedAt: 5 }
    this.append(usesRecord(this.origin(), [use]))
    const entry = this.model.entries.get(name)
    if (entry?.position === place.position) entry.uses += 2
  }
}

function claimsOf(claims: ReadonlyMap<string, { readonly claim: Origin; readonly wanted: Wanted }>): unknown {
  return [...claims]
    .map(([name, { claim, wanted }]) => [name, String(claim.writer), claim.sequence, wanted])
    .sort()
}

test(
  'records leave what they leave in the model, and the same to everybody who reads them',
  () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const written = new Modelled()
        for (const one of steps) {
          written.do(one)
          written.check()
        }
        const again = new Written()
        for (const record of written.records.values()) again.append(record)
        expect(rowsOf(again.contents.index)).toEqual(rowsOf(written.contents.index))
        expect(claimsOf(again.contents.claims)).toEqual(claimsOf(written.contents.claims))
      }),
      { numRuns: rounds(200, 20_000) },
    )
  },
  patience,
)

test('an entry is found by its name among others whose names have the same hash', () => {
  const written = new Written()
  Object.defineProperty(written.contents, 'hashOf', { value: () => 5 })
  for (const name of ['a', 'b', 'c']) written.value(name)
  written.value('b')
  expect(written.contents.index.count).toBe(3)
  written.append(deleteRecord(nobody, 'a'))
  expect(['a', 'b', 'c', 'd'].map(name => written.contents.concerns(name))).toEqual([
    false,
    true,
    true,
    false,
  ])
})

describe('a claim that is known from a snapshot', () => {
  test('stands if its record does, and it is one', () => {
    const written = new Written()
    const claimAt = written.end
    const own = written.claim('a')
    const length = written.end - claimAt
    const valueAt = written.end
    written.value('b')
    const restored = new Contents(salt, written.contents.records)
    restored.restoreClaim({ position: valueAt, length: written.end - valueAt, hasBlob: false })
    restored.restoreClaim({ position: claimAt, length: length + 1, hasBlob: false })
    expect(restored.claims.size).toBe(0)
    restored.restoreClaim({ position: claimAt, length, hasBlob: false })
    expect(restored.claims.get('a')).toMatchObject({ claim: own, place: { position: claimAt, length } })
    expect(restored.apply({ type: recordType.delete, name: 'a' }, 0, 0).existed).toBe(false)
    expect(restored.claims.size).toBe(0)
  })
})
