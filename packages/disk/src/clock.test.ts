import { inProcessWith, temporaryDirectory } from '@stagcache/test-kit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadedFor, patience } from '../test/rounds.ts'
import { blobPaths, directoryBytes, entryOf, largeValue, logNumbers, openStore } from '../test/stores.ts'

const decade = 10 * 365 * 24 * 60 * 60 * 1000
const present = Date.UTC(2026, 0, 1)

const clocks: Record<string, number> = {
  'set back by ten years': present - decade,
  'set back to before 1970': -decade,
  'set forward by ten years': present + decade,
  'standing still': present,
}

/** More than half of a log of garbage, and some. */
async function fillWithGarbage(store: ReturnType<typeof openStore>): Promise<void> {
  for (let round = 0; round < 40; round++) await store.put('changing', `${'x'.repeat(50_000)}${round}`)
}

// A busy machine takes its time to sync what is reclaimed.
describe('a clock', { timeout: patience }, () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: present })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  describe.each(Object.entries(clocks))('%s', (_, time) => {
    test('changes nothing about which value is the latest, here and elsewhere', async () => {
      const store = openStore()
      const other = openStore({ dir: store.dir })
      const put = (value: number) => store.write('a', { ...entryOf(value), storedAt: Date.now() })
      await put(1)
      vi.setSystemTime(time)
      await put(2)
      expect(await other.value('a')).toBe(2)
      await store.remove('a')
      expect(await other.value('a')).toBeUndefined()
      vi.setSystemTime(present)
      await put(3)
      expect(await openStore({ dir: store.dir }).value('a')).toBe(3)
    })

    test('lets a log be reclaimed, and loses nothing by it', async () => {
      const store = openStore()
      await store.put('kept', 1)
      await store.put('large', largeValue(1))
      vi.setSystemTime(time)
      await store.put('later', 2)
      await fillWithGarbage(store)
      await store.close()
      expect(logNumbers(store.dir)[0]).toBeGreaterThan(1)
      const next = openStore({ dir: store.dir })
      expect([await next.value('kept'), await next.value('later')]).toEqual([1, 2])
      expect(await next.value('large')).toEqual(largeValue(1))
      expect(await next.value('changing')).toMatch(/x39$/)
      expect(next.events).toEqual([])
    })

    test('lets a directory that is too large be made smaller', async () => {
      const store = openStore({ dir: temporaryDirectory(), maxBytes: 1 << 20 })
      for (let round = 0; round < 20; round++) await store.put(`before ${round}`, 'x'.repeat(50_000))
      vi.setSystemTime(time)
      for (let round = 0; round < 20; round++) {
        await store.put(`after ${round}`, 'x'.repeat(50_000))
        await store.value('before 1')
      }
      await store.close()
      expect(directoryBytes(store.dir)).toBeLessThan(1.2 * (1 << 20))
      expect(await openStore({ dir: store.dir }).value('after 19')).toHaveLength(50_000)
    })

    test('removes no file of a store that is alive', async () => {
      const store = openStore()
      await store.put('large', largeValue(1))
      vi.setSystemTime(time)
      const sweeping = openStore({ dir: store.dir })
      await fillWithGarbage(sweeping)
      await sweeping.close()
      expect(blobPaths(store.dir)).toHaveLength(1)
      expect(await store.value('large')).toEqual(largeValue(1))
    })
  })
})

test(
  'processes whose clocks disagree by decades share a directory, and lose nothing',
  async () => {
    const dir = temporaryDirectory()
    const flags = [`--import=${new URL('../test/clock.ts', import.meta.url)}`]
    const tenants = [`${decade}`, `${-decade}`, `${-9 * decade}`, 'stopped'].map((clock, index) => {
      const options = { flags, env: { STAGCACHE_TEST_CLOCK: clock } }
      return inProcessWith(
        options,
        new URL('../test/tenant.ts', import.meta.url),
        dir,
        'abcd'.charAt(index),
        'undisturbed',
      )
    })
    await Promise.all(tenants.map(tenant => tenant.line()))
    // A log that has been reclaimed under them.
    const end = performance.now() + loadedFor
    while (performance.now() < end || (logNumbers(dir)[0] ?? 0) < 2)
      await new Promise(resolve => setTimeout(resolve, 20))
    for (const tenant of tenants) tenant.say('stop')
    for (const tenant of tenants) expect(await tenant.result()).toMatchObject({ problems: [], corrupt: [] })
  },
  patience,
)
