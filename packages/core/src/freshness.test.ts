import { describe, expect, test } from 'vitest'
import {
  expiryOf,
  type Freshness,
  freshnessOf,
  isDue,
  isMigratable,
  lasting,
  reasonOf,
  standingOf,
} from './freshness.ts'
import type { Request } from './request.ts'
import { resolveStamp } from './stamp.ts'

const now = 5000
const clock = () => now
const stamp = resolveStamp(1, 1, 's')
const info = { stamp, params: 'p1', storedAt: 0, cost: 0 }
const asked: Request = {
  name: 'a',
  isNamedByKey: true,
  tier: 'memory',
  stamp,
  params: undefined,
  freshness: lasting,
}

describe('identity comes first', () => {
  test.each([
    { held: undefined, request: asked, standing: 'absent' },
    { held: info, request: asked, standing: 'fresh' },
    { held: info, request: { ...asked, params: 'p1' }, standing: 'fresh' },
    { held: info, request: { ...asked, params: 'p2' }, standing: 'params' },
    { held: { ...info, params: undefined }, request: { ...asked, params: 'p1' }, standing: 'params' },
    { held: info, request: { ...asked, stamp: resolveStamp(2, 1, 's') }, standing: 'stamp' },
    {
      held: info,
      request: { ...asked, stamp: resolveStamp(2, 1, 's'), params: 'p2' },
      standing: 'stamp',
    },
    { held: { ...info, expiresAt: 0 }, request: { ...asked, params: 'p2' }, standing: 'params' },
  ])('such an entry is $standing', ({ held, request, standing }) => {
    expect(standingOf(held, request, clock)).toBe(standing)
  })
})

describe('then age', () => {
  const ttl = (options: Omit<Parameters<typeof freshnessOf>[0], 'ttl'> = {}) =>
    freshnessOf({ ttl: 1000, ...options })
  const revalidating = ttl({ staleWhileRevalidate: 200 })
  const resilient = ttl({ staleIfError: 300 })
  const both = ttl({ staleWhileRevalidate: 200, staleIfError: 300 })
  test.each<{ age: number; life?: number; freshness: Freshness; standing: string }>([
    // A writer's time counts for everybody.
    { age: 999, life: 1000, freshness: lasting, standing: 'fresh' },
    { age: 1000, life: 1000, freshness: lasting, standing: 'expired' },
    { age: 1000, life: 1000, freshness: freshnessOf({ ttl: 2000 }), standing: 'expired' },
    { age: 1000, life: 1000, freshness: both, standing: 'expired' },
    { age: 1100, life: 1100, freshness: both, standing: 'expired' },
    { age: 0, life: 0, freshness: lasting, standing: 'expired' },
    // So does that of who asks.
    { age: 999, freshness: ttl(), standing: 'fresh' },
    { age: 1000, freshness: ttl(), standing: 'expired' },
    { age: 1000, life: 5000, freshness: ttl(), standing: 'expired' },
    { age: 0, freshness: freshnessOf({ ttl: 0 }), standing: 'expired' },
    { age: 4999, freshness: freshnessOf({ ttl: Number.POSITIVE_INFINITY }), standing: 'fresh' },
    // What is not fresh is still of use to some.
    { age: 999, life: 1300, freshness: both, standing: 'fresh' },
    { age: 1000, life: 1300, freshness: revalidating, standing: 'stale' },
    { age: 1199, life: 1300, freshness: revalidating, standing: 'stale' },
    { age: 1200, life: 1300, freshness: revalidating, standing: 'expired' },
    { age: 1000, life: 1300, freshness: resilient, standing: 'spare' },
    { age: 1299, life: 1300, freshness: resilient, standing: 'spare' },
    { age: 1300, life: 1300, freshness: resilient, standing: 'expired' },
    { age: 1199, life: 1300, freshness: both, standing: 'stale' },
    { age: 1200, life: 1300, freshness: both, standing: 'spare' },
    { age: 1000, life: 1300, freshness: lasting, standing: 'fresh' },
    { age: 0, life: 10, freshness: freshnessOf({ ttl: 0, staleWhileRevalidate: 10 }), standing: 'stale' },
    // The clock was set back.
    { age: -999, life: 1000, freshness: lasting, standing: 'fresh' },
    { age: -1000, life: 1000, freshness: lasting, standing: 'expired' },
    { age: -1000, freshness: ttl(), standing: 'expired' },
    { age: -1e12, freshness: lasting, standing: 'fresh' },
    { age: -1100, life: 1300, freshness: both, standing: 'stale' },
  ])('at an age of $age of $life an entry is $standing', ({ age, life, freshness, standing }) => {
    const storedAt = now - age
    const entry =
      life === undefined ? { ...info, storedAt } : { ...info, storedAt, expiresAt: storedAt + life }
    expect(standingOf(entry, { ...asked, freshness }, clock)).toBe(standing)
  })
})

test('the clock is not read for an entry that does not expire', () => {
  const unread = () => {
    throw new Error('read')
  }
  expect(standingOf(info, asked, unread)).toBe('fresh')
})

test.each([
  { standing: 'fresh', reason: 'refresh' },
  { standing: 'stale', reason: 'refresh' },
  { standing: 'spare', reason: 'expired' },
  { standing: 'expired', reason: 'expired' },
  { standing: 'absent', reason: 'absent' },
  { standing: 'stamp', reason: 'stamp' },
  { standing: 'params', reason: 'params' },
] as const)('who generates in spite of a $standing entry does so because of: $reason', row => {
  expect(reasonOf(row.standing)).toBe(row.reason)
})

test.each([
  { options: {}, expiresAt: undefined },
  { options: { ttl: 1000 }, expiresAt: 6000 },
  { options: { ttl: '1s' }, expiresAt: 6000 },
  { options: { ttl: Number.POSITIVE_INFINITY }, expiresAt: undefined },
  { options: { ttl: 1000, staleWhileRevalidate: 200 }, expiresAt: 6200 },
  { options: { ttl: 1000, staleWhileRevalidate: 200, staleIfError: 300 }, expiresAt: 6300 },
  { options: { ttl: 1000, staleWhileRevalidate: 400, staleIfError: 300 }, expiresAt: 6400 },
] as const)('with $options an entry is of no use from $expiresAt on', ({ options, expiresAt }) => {
  expect(expiryOf(now, freshnessOf(options))).toBe(expiresAt)
})

test("a call's own options win over those of the cache, one by one", () => {
  const defaults = { ttl: 1000, staleWhileRevalidate: 200, refreshAhead: true } as const
  expect(freshnessOf({}, defaults)).toEqual({ fresh: 1000, stale: 1200, spare: 0, useful: 1200, ahead: 1 })
  expect(freshnessOf({ ttl: 50, refreshAhead: false }, defaults)).toMatchObject({
    fresh: 50,
    stale: 250,
    ahead: 0,
  })
  expect(freshnessOf({ staleIfError: 300 }, defaults)).toMatchObject({
    stale: 1200,
    spare: 1300,
    useful: 1300,
  })
})

test.each([
  { options: { staleWhileRevalidate: 1 }, message: 'staleWhileRevalidate needs a ttl' },
  { options: { staleIfError: 1 }, message: 'staleIfError needs a ttl' },
  { options: { refreshAhead: true }, message: 'refreshAhead needs a ttl' },
  { options: { ttl: -1 }, message: 'ttl is "-1": it is milliseconds' },
  { options: { ttl: 'soon' as never }, message: 'ttl is "soon": it is milliseconds' },
  { options: { ttl: Number.NaN }, message: 'ttl is "NaN"' },
  { options: { ttl: 1, staleIfError: -1 }, message: 'staleIfError is "-1"' },
  { options: { ttl: 1, refreshAhead: -1 }, message: 'refreshAhead is "-1": it is true, false' },
  { options: { ttl: 1, refreshAhead: 'yes' as never }, message: 'refreshAhead is "yes": it is true, false' },
])('$options are refused', ({ options, message }) => {
  expect(() => freshnessOf(options)).toThrow(message)
})

test.each([
  { held: { ...info, stamp: resolveStamp(0, 1, 's') }, freshness: lasting, migratable: true },
  {
    held: { ...info, stamp: resolveStamp(0, 1, 's') },
    freshness: freshnessOf({ ttl: 5000, staleIfError: 100 }),
    migratable: false,
  },
  {
    held: { ...info, stamp: resolveStamp(0, 1, 's'), expiresAt: 5000 },
    freshness: lasting,
    migratable: false,
  },
])('what is fresh but for its stamp can be migrated: $migratable', ({ held, freshness, migratable }) => {
  expect(isMigratable(held, { ...asked, freshness }, clock)).toBe(migratable)
  expect(isMigratable(held, { ...asked, params: 'p2', freshness }, clock)).toBe(false)
})

describe('what is generated ahead', () => {
  const entry = { ...info, cost: 100 }
  const due = (age: number, random: number, options: object = {}, cost = entry.cost) =>
    isDue(
      { ...entry, cost, storedAt: now - age },
      freshnessOf({ ttl: 1000, refreshAhead: true, ...options }),
      clock,
      () => random,
    )

  test.each([
    // -100 ms * ln(1 - random) before the end.
    { age: 999, random: 0, is: false },
    { age: 930, random: 0.5, is: false },
    { age: 931, random: 0.5, is: true },
    { age: 769, random: 0.9, is: false },
    { age: 770, random: 0.9, is: true },
  ])('at an age of $age with the number $random: $is', ({ age, random, is }) => {
    expect(due(age, random)).toBe(is)
  })

  test('is so earlier, the longer its generator ran and the larger the factor', () => {
    expect(due(862, 0.5, {}, 200)).toBe(true)
    expect(due(861, 0.5, {}, 200)).toBe(false)
    expect(due(862, 0.5, { refreshAhead: 2 })).toBe(true)
    expect(due(861, 0.5, { refreshAhead: 2 })).toBe(false)
    expect(due(965, 0.5, { refreshAhead: 0.5 })).toBe(false)
    expect(due(966, 0.5, { refreshAhead: 0.5 })).toBe(true)
  })

  test('is so before the end that its writer gave, too', () => {
    const held = { ...entry, storedAt: now - 480, expiresAt: now + 20 }
    const isIt = (random: number) =>
      isDue(held, freshnessOf({ ttl: 1000, refreshAhead: true }), clock, () => random)
    expect([isIt(0.1), isIt(0.3)]).toEqual([false, true])
  })

  test('is never what was set', () => {
    expect(due(999, 0.999_999, {}, 0)).toBe(false)
  })

  test('without the option reads neither the clock nor the random numbers', () => {
    const unread = () => {
      throw new Error('read')
    }
    expect(isDue(entry, freshnessOf({ ttl: 1000 }), unread, unread)).toBe(false)
  })
})
