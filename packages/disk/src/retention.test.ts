import { setTimeout as delay } from 'node:timers/promises'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, test } from 'vitest'
import { signedValue } from '../test/logs.ts'
import { directoryBytes, entryOf, largeValue, openStore, type TestStore } from '../test/stores.ts'
import { startHash } from './hash.ts'
import { KeyIndex } from './key-index.ts'
import { Retention } from './retention.ts'
import { atOnce } from './slices.ts'

beforeAll(startHash)

const maxBytes = 1 << 20
const filler = 'x'.repeat(4000)

/** Stores more than there is room for, and answers which of the entries are left in the end. */
async function crowd(store: TestStore, count: number, costOf: (index: number) => number): Promise<number[]> {
  for (let index = 0; index < count; index++) {
    await store.write(`${index}`, { ...entryOf(filler + index), cost: costOf(index), storedAt: Date.now() })
    if (index % 10 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await store.close()
  const next = openStore({ dir: store.dir, maxBytes })
  const left: number[] = []
  for (let index = 0; index < count; index++) {
    const value = await next.value(`${index}`)
    if (value === undefined) continue
    expect(value).toBe(filler + index)
    left.push(index)
  }
  return left
}

describe('a directory with more than it may have', () => {
  test('keeps what was expensive to generate', async () => {
    const store = openStore({ dir: temporaryDirectory(), maxBytes })
    const left = await crowd(store, 1000, index => (index % 10 === 0 ? 5000 : 1))
    expect(left.filter(index => index % 10 === 0)).toHaveLength(100)
    expect(directoryBytes(store.dir)).toBeLessThan(3 * maxBytes)
  })

  test('makes use of its room', async () => {
    const store = openStore({ dir: temporaryDirectory(), maxBytes })
    expect((await crowd(store, 1000, () => 1)).length).toBeGreaterThan((0.7 * maxBytes) / filler.length)
  })

  test('counts large values, and removes their files', async () => {
    const store = openStore({ dir: temporaryDirectory(), maxBytes })
    for (let seed = 0; seed < 20; seed++) {
      await store.put(`${seed}`, largeValue(seed))
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    await store.close()
    expect(directoryBytes(store.dir)).toBeLessThan(3 * maxBytes)
    const next = openStore({ dir: store.dir })
    expect(await next.value('19')).toEqual(largeValue(19))
  })

  test('says what had to make room', async () => {
    const store = openStore({ dir: temporaryDirectory(), maxBytes })
    const left = new Set(await crowd(store, 1000, () => 1))
    const gone = Array.from({ length: 1000 }, (_, index) => index).filter(index => !left.has(index))
    const next = openStore({ dir: store.dir })
    expect(await next.whyAbsent(`${gone.at(-1)}`)).toBe('evicted')
    expect(await next.whyAbsent('never')).toBe('absent')
  })

  test('keeps everybody where it is enough that what has expired goes', async () => {
    const options = { dir: temporaryDirectory(), maxBytes }
    const store = openStore(options)
    const storedAt = Date.now()
    for (let index = 0; index < 150; index++)
      await store.write(`old${index}`, { ...entryOf(filler), storedAt, cost: 1e6, expiresAt: 1 })
    for (let index = 0; index < 120; index++)
      await store.write(`live${index}`, { ...entryOf(filler), storedAt, cost: 1 })
    await store.close()
    const next = openStore(options)
    for (let index = 0; index < 120; index++) expect(await next.value(`live${index}`)).toBe(filler)
  })

  test('gives back the room of entries most of which have expired, with the first write of a later store', async () => {
    const dir = temporaryDirectory()
    const store = openStore({ dir })
    const expiring = (index: number) => ({ ...entryOf(filler + index), expiresAt: Date.now() + 50 })
    for (let index = 0; index < 400; index++) await store.write(`old${index}`, expiring(index))
    for (let seed = 0; seed < 5; seed++)
      await store.write(`oldBlob${seed}`, { ...entryOf(largeValue(seed)), expiresAt: Date.now() + 50 })
    for (let index = 0; index < 200; index++) await store.put(`young${index}`, filler + index)
    await store.close()
    expect(directoryBytes(dir)).toBeGreaterThan(3e6)
    await delay(60)
    const next = openStore({ dir })
    await next.put('other', 1)
    await next.close()
    expect(directoryBytes(dir)).toBeLessThan(1.2e6)
    const last = openStore({ dir })
    for (let index = 0; index < 200; index++) expect(await last.value(`young${index}`)).toBe(filler + index)
    expect(await last.whyAbsent('old7')).toBe('expired')
  })

  test('drops what has expired, and says so', async () => {
    const store = openStore({ dir: temporaryDirectory() })
    await store.write('old', { ...entryOf(1), expiresAt: Date.now() - 1 })
    await store.write('young', { ...entryOf(2), expiresAt: Date.now() + 1e6 })
    for (let round = 0; round < 40; round++) await store.put('changing', 'x'.repeat(50_000) + round)
    await store.close()
    const next = openStore({ dir: store.dir })
    expect(await next.value('old')).toBeUndefined()
    expect(await next.whyAbsent('old')).toBe('expired')
    expect(await next.value('young')).toBe(2)
    expect(await next.value('changing')).toMatch(/39$/)
    expect(directoryBytes(store.dir)).toBeLessThan(1e6)
  })
})

describe('of entries that are alike in all else, what goes first is what', () => {
  const now = 2_000_000
  const alike = { length: 1000, cost: 100, storedAt: now - 1000, uses: 2, usedAt: now - 400 }
  const entries = 40

  /** Every second entry is of the worse kind; answers which ones go, where there is no room for a quarter of all. */
  function dropped(worse: Partial<typeof alike>): number[] {
    const index = new KeyIndex()
    for (let row = 0; row < entries; row++) {
      const { uses, usedAt, ...values } = row % 2 ? { ...alike, ...worse } : alike
      index.add(row, { ...values, position: 64 + row, blobBytes: 0 })
      index.use(row, uses, usedAt)
    }
    const room = (0.75 * index.recordBytes) / 0.8
    const holdings = { log: { scanned: 2 * index.recordBytes }, contents: { index } }
    const retention = new Retention(holdings, room, 1000 * now)
    atOnce(retention.weigh())
    const record = signedValue('a', 1)
    return Array.from({ length: entries }, (_, row) => row).filter(row => retention.judge(row, record))
  }

  test.each<{ what: string; worse: Partial<typeof alike> }>([
    { what: 'took less time to generate', worse: { cost: 50 } },
    { what: 'was used less often', worse: { uses: 0 } },
    { what: 'was not used for longer', worse: { usedAt: now - 1000 } },
    { what: 'takes more room', worse: { length: 2000 } },
  ])('$what', ({ worse }) => {
    const gone = dropped(worse)
    expect(gone.length).toBeGreaterThan(entries / 6)
    expect(gone.filter(row => row % 2 === 0)).toEqual([])
  })

  test('was stored first', () => {
    expect(dropped({})).toEqual(Array.from({ length: entries / 4 }, (_, row) => row))
  })
})
