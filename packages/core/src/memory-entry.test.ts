import { expect, test } from 'vitest'
import { MemoryEntry, type NewEntry, Resident } from './memory-entry.ts'
import { resolveStamp } from './stamp.ts'

const stamp = resolveStamp(1, 1, 'session')

function entry(storedAt: number, expiresAt?: number): NewEntry {
  return { value: 'x', stamp, params: undefined, cost: 0, validAsKey: undefined, storedAt, expiresAt }
}

test.each([0, 1, -5, 2 ** 31, 1.8e12, -6e13, 9e15])(
  'keeps the times of whole milliseconds, such as %d',
  time => {
    for (const kept of [
      new MemoryEntry(entry(time, time + 7)),
      new Resident('x', entry(time, time + 7), 0),
    ]) {
      expect(kept).toMatchObject({ storedAt: time, expiresAt: time + 7 })
    }
  },
)

test.each([0.1, 123.456, Date.now() + 0.3])('loses next to nothing of the fractions of %d', time => {
  const { storedAt, expiresAt } = new MemoryEntry(entry(time, 2 * time))
  expect(Math.abs(storedAt - time)).toBeLessThan(0.0003)
  expect(Math.abs((expiresAt as number) - 2 * time)).toBeLessThan(0.0003)
})

test('an entry that does not expire has no such time', () => {
  expect(new MemoryEntry(entry(1)).expiresAt).toBeUndefined()
})
