import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemError } from '../test/hooked-files.ts'
import type { Blobs } from './blobs.ts'
import { Garbage } from './garbage.ts'
import type { Pins } from './pins.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** Garbage of a directory in which some blobs are pinned and others held by somebody. */
function setUp() {
  const pinned = new Set<string>()
  const held = new Set<string>()
  const read = new Set<string>()
  const removed: string[] = []
  const blobs = {
    remove: async ({ file }: { file: string }) => {
      if (held.has(file)) throw systemError('EBUSY')
      removed.push(file)
    },
    removeNow: ({ file }: { file: string }) => void removed.push(`${file} now`),
    isBeingRead: ({ file }: { file: string }) => read.has(file),
  } as unknown as Blobs
  const pins = { pinned: async () => new Set(pinned), pinnedByAny: () => pinned } as unknown as Pins
  return { garbage: new Garbage(blobs, pins), pinned, held, read, removed }
}

describe('a blob', () => {
  test('that nobody has pinned is removed at once', async () => {
    const { garbage, removed } = setUp()
    await garbage.remove(['a', 'b'])
    expect(removed).toEqual(['a', 'b'])
    expect(garbage.isDue).toBe(false)
    await garbage.retry()
    expect(removed).toHaveLength(2)
  })

  test('that is pinned waits until it is not', async () => {
    const { garbage, pinned, removed } = setUp()
    pinned.add('a')
    await garbage.remove(['a', 'b'])
    await garbage.retry()
    expect(removed).toEqual(['b'])
    pinned.clear()
    expect(garbage.isDue).toBe(false)
    vi.advanceTimersByTime(1002)
    expect(garbage.isDue).toBe(true)
    await garbage.retry()
    expect(removed).toEqual(['b', 'a'])
    expect(garbage.isDue).toBe(false)
  })

  test('that somebody holds waits too, keeps no other one from going, and is told of', async () => {
    const { garbage, held, removed } = setUp()
    held.add('7')
    const all = Array.from({ length: 40 }, (_, number) => `${number}`)
    await expect(garbage.remove(all)).rejects.toMatchObject({ code: 'EBUSY' })
    expect(removed).toHaveLength(39)
    held.clear()
    await garbage.retry()
    expect(removed).toHaveLength(40)
  })

  test('goes at once where nothing can be waited for, unless anybody has pinned it', async () => {
    const { garbage, pinned, removed } = setUp()
    pinned.add('a')
    const removal = garbage.remove(['a', 'b', 'c'])
    garbage.removeNow(1)
    garbage.removeNow(2)
    expect(removed).toEqual(['b now', 'c now'])
    await removal
    garbage.removeNow()
    expect(removed).toHaveLength(2)
    pinned.clear()
    await garbage.retry()
    expect(removed).toEqual(['b now', 'c now', 'a'])
  })

  test('that is being read is left to who can wait', async () => {
    const { garbage, read, removed } = setUp()
    read.add('a')
    const removal = garbage.remove(['a', 'b'])
    garbage.removeNow()
    expect(removed).toEqual(['b now'])
    await removal
    expect(removed).toEqual(['b now', 'a'])
  })
})
