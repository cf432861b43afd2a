import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { CacheError } from './errors.ts'
import { changedParts } from './explain.ts'
import { platform } from './platform.ts'
import type { EntryOptions } from './request.ts'
import { appSessionId, overrideAppSessionId } from './session.ts'
import { resolveStamp, type Stamp } from './stamp.ts'
import type { Absence, Store } from './store.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'

const session = appSessionId()
const otherSession = 's0123456789abcdef01234567'

beforeEach(() => overrideAppSessionId(session))
afterEach(() => {
  overrideAppSessionId(session)
  vi.restoreAllMocks()
})

describe.each([
  { tier: 'memory', key: 'table', name: 'table', minor: session },
  { tier: 'persistent', key: './table', name: './table', minor: '1' },
] as const)('in the $tier tier', ({ tier, key, name, minor }) => {
  let now = 0
  const newCache = () => {
    now = 1_000_000
    return new Cache({ store: new MemoryReferenceStore(), clock: () => now })
  }

  test('where nothing was stored', async () => {
    expect(await newCache().explain(key)).toEqual({
      outcome: 'miss',
      reason: 'absent',
      name,
      tier,
      wanted: `1.${minor}`,
      message: `"${name}" would be a miss: nothing is stored under this name.`,
    })
  })

  test('where there is a valid entry', async () => {
    const cache = newCache()
    let time = 0
    vi.spyOn(platform.performance, 'now').mockImplementation(() => time)
    await cache.cache(`${key}@4`, () => {
      time += 50
      return 'value'
    })
    now += 300_000
    expect(await cache.explain(`${key}@4`)).toEqual({
      outcome: 'hit',
      stale: false,
      name,
      tier,
      wanted: '1.4',
      stored: '1.4',
      storedAt: 1_000_000,
      age: 300_000,
      cost: 50,
      expiresAt: undefined,
      message: `"${name}" would be a hit: stored 5m ago.`,
    })
  })

  test('where there is an entry of another stamp', async () => {
    const cache = newCache()
    await cache.set(`${key}@3`, 'value')
    now += 2000
    const options = { version: 4, hashVal: 1 }
    const why = await cache.explain(key, options)
    expect(why).toEqual({
      outcome: 'miss',
      reason: 'stamp',
      changed: ['minor', 'hash'],
      name,
      tier,
      wanted: expect.stringMatching(/^1\.4#[0-9a-f]{64}$/),
      stored: '1.3',
      storedAt: 1_000_000,
      age: 2000,
      cost: 0,
      expiresAt: undefined,
      message: expect.anything(),
    })
    const wanted = why.wanted.slice(0, 23)
    expect(why.message).toBe(
      `"${name}" would be a miss: stored 2s ago, but with another version and another hashVal ("1.3", wanted "${wanted}…").`,
    )
  })

  test('where there is an entry made from other params', async () => {
    const cache = newCache()
    await cache.cache(key, { hashParams: true }, (size: number) => size, 1)
    expect(await cache.explain(key, { params: [2], hashParams: true })).toMatchObject({
      outcome: 'miss',
      reason: 'params',
      age: 0,
      message: `"${name}" would be a miss: stored 0ms ago, but made from other params.`,
    })
    expect(await cache.explain(key, { params: [1], hashParams: true })).toMatchObject({ outcome: 'hit' })
    expect(await cache.explain(key, { params: [2] })).toMatchObject({ outcome: 'hit' })
  })

  test('where the clock was put back', async () => {
    const cache = newCache()
    await cache.set(key, 1)
    now -= 5000
    expect(await cache.explain(key)).toMatchObject({ outcome: 'hit', age: 0 })
  })

  test('agrees with what the next call does', async () => {
    const options: EntryOptions[] = [
      {},
      { version: 0 },
      { version: 4 },
      { version: -4 },
      { hashVal: null },
      { version: 4, hashVal: [1] },
      { params: 1 },
      { params: 1, hashParams: true },
    ]
    for (const stored of options) {
      for (const asked of options) {
        const cache = newCache()
        await cache.set(key, 1, stored)
        const { outcome, ...why } = await cache.explain(key, asked)
        expect(outcome).toBe((await cache.has(key, asked)) ? 'hit' : 'miss')
        const reasons: unknown[] = []
        cache.events.on('miss', ({ reason }) => reasons.push(reason))
        await cache.cache(key, asked, () => 2)
        expect(reasons).toEqual(outcome === 'hit' ? [] : [(why as { reason: unknown }).reason])
      }
    }
  })

  test('counts nothing, tells nobody and changes nothing', async () => {
    const cache = newCache()
    await cache.set(key, 'value', { version: 4 })
    const [events, before] = [recorded(cache), cache.stats()]
    for (const options of [{ version: 4 }, { version: 5 }]) await cache.explain(key, options)
    await cache.explain(`${key}2`)
    expect(events).toEqual([])
    expect(cache.stats()).toEqual(before)
    expect(await cache.get(key, { version: 4 })).toBe('value')
  })

  test('refuses options that say nothing about an entry', async () => {
    const cache = newCache()
    await expect(async () => cache.explain(key, { default: 1 } as EntryOptions)).rejects.toThrow(
      'explain() has no option "default"',
    )
  })
})

test('memory answers at once, a store with a promise', () => {
  const cache = new Cache({ store: new MemoryReferenceStore() })
  expect(cache.explain('a')).toHaveProperty('outcome')
  expect(cache.explain('./a')).toBeInstanceOf(Promise)
})

describe('a store', () => {
  const [name, stamp] = Cache.keyAndVersion('./a', 1)

  test.each([
    { reason: 'absent', message: 'nothing is stored under this name' },
    { reason: 'deleted', message: 'what was stored has been deleted' },
    { reason: 'evicted', message: 'what was stored had to make room for other entries' },
    { reason: 'expired', message: 'what is stored has expired' },
    { reason: 'corrupt', message: 'what is stored cannot be read, and a "corrupt" event says why' },
  ] as { reason: Absence; message: string }[])(
    'may know why there is no entry: $reason',
    async ({ reason, message }) => {
      const whyAbsent = vi.fn(async () => reason)
      const store: Store = Object.assign(new MemoryReferenceStore(), { whyAbsent })
      expect(await new Cache({ store }).explain('./a')).toMatchObject({
        outcome: 'miss',
        reason,
        message: `"./a" would be a miss: ${message}.`,
      })
      expect(whyAbsent.mock.calls).toEqual([['./a']])
    },
  )

  test('is not asked about an entry that is there', async () => {
    const whyAbsent = vi.fn(async () => 'deleted' as const)
    const store: Store = Object.assign(new MemoryReferenceStore(), { whyAbsent })
    const cache = new Cache({ store })
    await cache.set('./a', 1)
    expect(await cache.explain('./a')).toMatchObject({ outcome: 'hit' })
    expect(await cache.explain('./a@2')).toMatchObject({ reason: 'stamp' })
    expect(whyAbsent).not.toHaveBeenCalled()
  })

  test('that has dropped the time of an entry has not decided anything', async () => {
    const store = new MemoryReferenceStore()
    await store.write(name, { value: 1, stamp, params: undefined, storedAt: 0, cost: 0, expiresAt: 7000 })
    expect(await new Cache({ store, clock: () => 7000 }).explain('./a')).toMatchObject({
      outcome: 'miss',
      reason: 'expired',
      expiresAt: 7000,
      age: 7000,
      message: '"./a" would be a miss: stored 7s ago, but it has expired.',
    })
    expect(await new Cache({ store, clock: () => 6999 }).explain('./a')).toMatchObject({
      outcome: 'hit',
      expiresAt: 7000,
    })
  })

  test('that cannot hand out a valid entry has a corrupt one', async () => {
    class Damaged extends MemoryReferenceStore {
      override async read(...asked: Parameters<MemoryReferenceStore['read']>) {
        await super.read(...asked)
        return undefined
      }
    }
    const store = new Damaged()
    const cache = new Cache({ store })
    await cache.set('./a', 1)
    expect(await cache.explain('./a')).toMatchObject({ outcome: 'miss', reason: 'corrupt' })
    expect(await cache.explain('./a@2')).toMatchObject({ outcome: 'miss', reason: 'stamp' })
    Object.assign(store, { whyAbsent: async () => 'deleted' })
    expect(await cache.explain('./a')).toMatchObject({ outcome: 'miss', reason: 'deleted' })
  })

  test('that hands out entries unasked is understood', async () => {
    class Hasty extends MemoryReferenceStore {
      override read(asked: string) {
        return super.read(asked)
      }
    }
    const cache = new Cache({ store: new Hasty() })
    await cache.set('./a', 1)
    expect(await cache.explain('./a')).toMatchObject({ outcome: 'hit' })
    expect(await cache.explain('./a@2')).toMatchObject({ reason: 'stamp', stored: '1.1' })
  })

  test('that cannot read makes it reject', async () => {
    const failure = new CacheError('store-read', 'The disk is gone.')
    const store = new MemoryReferenceStore()
    vi.spyOn(store, 'read').mockRejectedValue(failure)
    await expect(new Cache({ store }).explain('./a')).rejects.toBe(failure)
    await expect(new Cache().explain('./a')).rejects.toMatchObject({ code: 'no-store' })
  })
})

describe('what has changed between two stamps', () => {
  test.each([
    { stored: '1.3', wanted: '1.4', changed: ['minor'] },
    { stored: '1.4', wanted: '2.4', changed: ['major'] },
    { stored: '1.3', wanted: '2.4', changed: ['major', 'minor'] },
    { stored: '1.4', wanted: '1.4#a', changed: ['hash'] },
    { stored: '1.4#a', wanted: '1.4', changed: ['hash'] },
    { stored: '1.4#a', wanted: '1.4#b', changed: ['hash'] },
    { stored: '1.3#a', wanted: '2.4#b', changed: ['major', 'minor', 'hash'] },
    { stored: '1\\.2.4', wanted: '1.4', changed: ['major'] },
    { stored: '1.2.4', wanted: '1.4', changed: ['minor'] },
    { stored: '-2', wanted: '-3', changed: ['minor'] },
    { stored: '-2', wanted: '1.4', changed: ['minor'] },
    { stored: '1.4#a', wanted: '-2', changed: ['minor', 'hash'] },
    { stored: `1.${otherSession}`, wanted: `1.${session}`, changed: ['session'] },
    { stored: `1.${otherSession}`, wanted: `2.${session}#a`, changed: ['major', 'session', 'hash'] },
    { stored: `1.${otherSession}`, wanted: '1.4', changed: ['minor'] },
    { stored: '1.3', wanted: `1.${session}`, changed: ['minor-or-session'] },
    { stored: '1.dev', wanted: `1.${session}`, changed: ['minor-or-session'] },
    { stored: `1.\\=${session}`, wanted: `1.${session}`, changed: ['minor'] },
    { stored: `1.${session}`, wanted: `1.\\=${session}`, changed: ['minor-or-session'] },
    { stored: '1.\\=dev', wanted: '1.dev', changed: ['minor-or-session'] },
    { stored: '-2', wanted: `1.${session}`, changed: ['minor'] },
    { stored: 'foreign', wanted: '1.4', changed: ['minor'] },
  ])('$stored, wanted $wanted: $changed', ({ stored, wanted, changed }) => {
    expect(changedParts(stored as Stamp, wanted as Stamp, session)).toEqual(changed)
  })

  // No version is equal to a session id that was made here.
  const version = fc.oneof(
    fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...'\\.#-=01s') }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom('4', 'dev'),
  )
  const made = fc.record({
    major: version,
    minor: version,
    session: fc.constantFrom(session, otherSession, '4', '-1', 'dev'),
    hash: fc.option(fc.constantFrom('0', 'f00d'), { nil: undefined }),
  })

  test('is told where it is so, and nothing is told that is not', () => {
    fc.assert(
      fc.property(made, made, (one, other) => {
        const stampOf = (m: typeof one) => resolveStamp(m.major, m.minor, m.session, m.hash)
        fc.pre(stampOf(one) !== stampOf(other))
        const changed = changedParts(stampOf(one), stampOf(other), other.session)
        const [minor, wanted] = [String(one.minor), String(other.minor)]
        const counts = !minor.startsWith('-') && !wanted.startsWith('-')
        expect(changed.length).toBeGreaterThan(0)
        expect(changed.includes('hash')).toBe(one.hash !== other.hash)
        expect(changed.includes('major')).toBe(counts && String(one.major) !== String(other.major))
        if (changed.includes('minor')) expect(minor).not.toBe(wanted)
        if (changed.includes('session')) expect([minor, wanted]).toEqual(['0', '0'])
        if (changed.includes('session')) expect(one.session).not.toBe(other.session)
        if (changed.includes('minor-or-session')) {
          expect(counts).toBe(true)
          expect([minor, one.session]).not.toEqual([wanted, other.session])
        }
      }),
      { numRuns: 3000 },
    )
  })
})
