import { expect, test, vi } from 'vitest'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { Expiry } from './expiry.ts'
import { resolveStamp } from './stamp.ts'
import type { EntryInfo } from './store.ts'

const stamp = resolveStamp(1, 1, 's')
const entry = (expiresAt?: number): EntryInfo => ({
  stamp,
  params: undefined,
  storedAt: 0,
  cost: 0,
  expiresAt,
})

function setUp() {
  const entries = new Map<string, EntryInfo>()
  const dropped: string[] = []
  const look = vi.spyOn(entries, 'entries')
  const expiry = new Expiry(entries, name => {
    entries.delete(name)
    dropped.push(name)
  })
  const put = (name: string, info: EntryInfo) => {
    entries.set(name, info)
    expiry.stored(info, 1000)
  }
  return { entries, look, dropped, put }
}

test('what has expired is gone once as many more entries were stored as there are', () => {
  const { entries, dropped, put } = setUp()
  for (let one = 0; one < 100; one++) put(`lasting${one}`, entry())
  for (let one = 0; one < 100; one++) put(`short${one}`, entry(1000))
  expect(entries.size).toBeLessThanOrEqual(200)
  for (let one = 0; one < 200; one++) put(`later${one}`, entry(1001))
  expect(dropped.toSorted()).toEqual(Array.from({ length: 100 }, (_, one) => `short${one}`).toSorted())
  expect(entries.size).toBe(300)
})

test('entries that all expire at once do not pile up', () => {
  const { entries, put } = setUp()
  let most = 0
  for (let one = 0; one < 1000; one++) {
    put(`${one}`, entry(1000))
    most = Math.max(most, entries.size)
  }
  expect(most).toBeLessThan(10)
})

test('nothing is looked at where nothing expires', () => {
  const { look, put } = setUp()
  for (let one = 0; one < 10; one++) put(`${one}`, entry())
  expect(look).not.toHaveBeenCalled()
  put('short', entry(1001))
  expect(look).toHaveBeenCalled()
})

test('the memory tier drops what has expired, and tells all who want to know', () => {
  let now = 0
  const disposed: unknown[] = []
  const cache = new Cache({ clock: () => now, dispose: (...value) => disposed.push(value) })
  const events = recorded(cache)
  const listener = vi.fn()
  cache.set('short', 'old', { ttl: 10, staleIfError: 10 })
  cache.subscribe('short', listener)
  cache.set('lasting', 1)
  now = 19
  for (let one = 0; one < 5; one++) cache.set(`other${one}`, 1)
  expect(cache.get('short')).toBe('old')
  now = 20
  for (let one = 5; one < 15; one++) cache.set(`other${one}`, 1)
  expect(events.filter(({ type }) => type === 'expire')).toEqual([
    { type: 'expire', name: 'short', tier: 'memory' },
  ])
  expect(disposed).toEqual([['old', 'expire']])
  expect(listener).toHaveBeenCalledTimes(1)
  expect(cache.explain('short')).toMatchObject({ outcome: 'miss', reason: 'absent' })
  expect(cache.has('lasting')).toBe(true)
})

test('what has expired can still be asked why, until it is dropped', () => {
  let now = 0
  const cache = new Cache({ clock: () => now })
  cache.set('short', 1, { ttl: 10 })
  now = 10
  expect(cache.get('short')).toBeUndefined()
  expect(cache.explain('short')).toMatchObject({ outcome: 'miss', reason: 'expired' })
})
