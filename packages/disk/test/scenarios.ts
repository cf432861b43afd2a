import type { DiskStore } from '../src/disk-store.ts'
import { absent, type Expectation } from './expectation.ts'
import { entryOf, largeValue } from './stores.ts'

/** What a process does to a store, and tells of it. */
export type Scenario = (store: DiskStore, expected: Expectation) => Promise<void>

/** Twenty-two of them under one name are a log that is worth reclaiming. */
export const filler = (seed: number): string => 'x'.repeat(50_000) + seed

/** For who dies in the middle of one, whatever the cause. */
export const scenarios: Record<string, Scenario> = {
  async 'the first entry'(store, expected) {
    await expected.write(store, 'a', 1)
  },

  async 'several entries at once'(store, expected) {
    await Promise.all(['a', 'b', 'c', 'a'].map((name, index) => expected.write(store, name, index)))
  },

  async 'large values in the place of each other'(store, expected) {
    await expected.write(store, 'a', largeValue(1))
    await expected.write(store, 'a', largeValue(2))
    await expected.write(store, 'a', 'small')
    await expected.write(store, 'b', largeValue(3))
    await expected.remove(store, 'b')
  },

  async 'deleting and clearing'(store, expected) {
    await expected.write(store, 'a', 1)
    await expected.remove(store, 'a')
    await expected.write(store, 'b', largeValue(1))
    await expected.write(store, 'c', 1)
    await expected.clear(store)
    await expected.write(store, 'd', 1)
  },

  async 'a claim and its value'(store, expected) {
    await expected.write(store, 'kept', 1)
    await expected.writeClaimed(store, 'a', 2)
  },

  async 'reclaiming a log that is half garbage, and a snapshot'(store, expected) {
    await expected.write(store, 'kept', 'first')
    await expected.write(store, 'large', largeValue(7))
    for (let round = 0; round < 24; round++) await expected.write(store, 'changing', filler(round))
    await expected.write(store, 'later', 2)
    await store.close()
  },

  async 'calls that do not wait'(store, expected) {
    await store.open()
    await expected.change(['a'], 1, () => store.writeSync('a', entryOf(1)))
    await expected.change(['b'], largeValue(1), () => store.writeSync('b', entryOf(largeValue(1))))
    await expected.change(['b'], largeValue(2), () => store.writeSync('b', entryOf(largeValue(2))))
    await expected.change(['a'], absent, () => store.removeSync('a'))
    await expected.change(['a', 'b'], absent, () => store.clearSync())
    await expected.change(['b'], 3, () => store.writeSync('b', entryOf(3)))
  },

  async 'reclaiming where nothing happens in the background'(store, expected) {
    await store.open()
    await expected.change(['kept'], largeValue(7), () => store.writeSync('kept', entryOf(largeValue(7))))
    for (let round = 0; round < 45; round++) {
      const value = filler(round)
      await expected.change(['changing'], value, () => store.writeSync('changing', entryOf(value)))
    }
  },

  async 'removing by prefix'(store, expected) {
    await Promise.all(['a/1', 'b/1'].map(name => expected.write(store, name, 1)))
    await expected.write(store, 'a/2', largeValue(1))
    await expected.change(['a/1', 'a/2'], absent, () => store.removePrefix('a/'))
  },
}
