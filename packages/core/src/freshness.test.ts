import { expect, test } from 'vitest'
import { missReason } from './freshness.ts'
import { resolveStamp } from './stamp.ts'

const clock = () => 5000
const entry = { stamp: resolveStamp(1, 1, 's'), params: 'p1', storedAt: 0, cost: 0 }
const asked = { name: 'a', tier: 'memory', stamp: entry.stamp, params: undefined } as const

test.each([
  { held: undefined, request: asked, reason: 'absent' },
  { held: entry, request: asked, reason: undefined },
  { held: entry, request: { ...asked, params: 'p1' }, reason: undefined },
  { held: entry, request: { ...asked, params: 'p2' }, reason: 'params' },
  { held: { ...entry, params: undefined }, request: { ...asked, params: 'p1' }, reason: 'params' },
  { held: entry, request: { ...asked, stamp: resolveStamp(2, 1, 's') }, reason: 'stamp' },
  { held: entry, request: { ...asked, stamp: resolveStamp(2, 1, 's'), params: 'p2' }, reason: 'stamp' },
  { held: { ...entry, expiresAt: undefined }, request: asked, reason: undefined },
  { held: { ...entry, expiresAt: 5001 }, request: asked, reason: undefined },
  { held: { ...entry, expiresAt: 5000 }, request: asked, reason: 'expired' },
  { held: { ...entry, expiresAt: 0 }, request: asked, reason: 'expired' },
  { held: { ...entry, expiresAt: 0 }, request: { ...asked, params: 'p2' }, reason: 'params' },
])('an entry is not valid because of: $reason', ({ held, request, reason }) => {
  expect(missReason(held, request, clock)).toBe(reason)
})

test('the clock is not read for an entry that does not expire', () => {
  const unread = () => {
    throw new Error('read')
  }
  expect(missReason(entry, asked, unread)).toBeUndefined()
})
