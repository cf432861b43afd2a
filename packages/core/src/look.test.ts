import { expect, test } from 'vitest'
import { lasting } from './freshness.ts'
import { Look } from './look.ts'
import { resolveStamp } from './stamp.ts'
import type { Entry } from './store.ts'

const entry: Entry = { value: 1, stamp: resolveStamp(1, 1, 's'), params: undefined, storedAt: 0, cost: 0 }
const old: Entry = { ...entry, stamp: resolveStamp(1, 0, 's') }
const newLook = (migrates = false) => {
  const { stamp, params } = entry
  return new Look(
    { name: './a', isNamedByKey: true, tier: 'persistent', stamp, params, freshness: lasting },
    () => 0,
    0,
    migrates,
  )
}

test('a look finds what serves its request, whether or not the store asked', () => {
  const look = newLook()
  expect(look.accept(entry)).toBe(true)
  expect(look.found(entry).entry).toBe(entry)
  expect(newLook().found(entry).entry).toBe(entry)
})

test('a look says why nothing was found', () => {
  expect(newLook().found(undefined)).toMatchObject({ entry: undefined, info: undefined, reason: 'absent' })
  expect(newLook().found(old)).toMatchObject({ entry: undefined, info: old, reason: 'stamp' })
})

test('of two entries that a look saw, the later one counts', () => {
  const look = newLook()
  look.accept(old)
  look.accept(entry)
  expect(look.found(undefined)).toMatchObject({ entry: undefined, info: entry, reason: 'absent' })
})

test('a look for what can be migrated finds older entries too', () => {
  const look = newLook(true).found(old)
  expect(look).toMatchObject({ entry: old, served: undefined, reason: 'stamp' })
})

test('what was valid when the store asked stays so until its answer has come', () => {
  let now = 0
  const asked = { ...entry, storedAt: 0, expiresAt: 1000 }
  const look = new Look(
    {
      name: './a',
      isNamedByKey: true,
      tier: 'persistent',
      stamp: entry.stamp,
      params: undefined,
      freshness: lasting,
    },
    () => now,
    0,
  )
  expect(look.accept(asked)).toBe(true)
  now = 1000
  expect(look.found(asked).served).toBe(asked)
  // Another one than it has asked for is looked at.
  expect(look.found({ ...asked, storedAt: -1 }).served).toBeUndefined()
})
