import type { EntryInfo } from '../store.ts'
import type { StoreContract, StorePromise } from './contract.ts'
import { brief, entryOf, equal, equalEntries } from './expect.ts'
import { binarySamples, cloneableSamples, dataSamples, type Sample, sampleNames } from './samples.ts'

export const entryPromises: StorePromise[] = [
  {
    name: 'a name under which nothing was written has no entry',
    async run(store) {
      equal(await store.read('./none'), undefined)
    },
  },
  {
    name: 'an entry comes back with its stamp, params, time and cost',
    async run(store) {
      const entry = entryOf(
        { a: 1 },
        { stamp: '5.4', params: 'f00d', storedAt: 1_700_000_000_123, cost: 12.75 },
      )
      await store.write('./a', entry)
      equalEntries(await store.read('./a'), entry)
    },
  },
  {
    name: 'an entry without params has none',
    async run(store) {
      await store.write('./a', entryOf(1, { params: undefined, cost: 0 }))
      equal((await store.read('./a'))?.params, undefined)
    },
  },
  {
    name: 'a write takes the place of the whole earlier entry',
    async run(store) {
      await store.write('./a', entryOf({ old: true }, { stamp: '1.1', params: 'f00d', cost: 5 }))
      const entry = entryOf('new', { stamp: '2.1', params: undefined, storedAt: 7, cost: 0 })
      await store.write('./a', entry)
      equalEntries(await store.read('./a'), entry)
    },
  },
  {
    name: 'any text is a stamp',
    async run(store) {
      for (const stamp of ['-2', '5\\.4.1#f00d', '', 'a\0b', '\uD800', 'x'.repeat(100_000)]) {
        await store.write('./a', entryOf(1, { stamp }))
        equal((await store.read('./a'))?.stamp, stamp)
      }
    },
  },
]

export const expiryPromises: StorePromise[] = [
  {
    name: 'an entry comes back with the time at which it expires',
    async run(store) {
      const entry = entryOf(1, { expiresAt: 4_102_444_800_123 })
      await store.write('./a', entry)
      equalEntries(await store.read('./a'), entry)
      const asked: EntryInfo[] = []
      await store.read('./a', info => asked.push(info) < 0)
      equal(asked[0]?.expiresAt, entry.expiresAt)
    },
  },
  {
    name: 'an entry that has expired comes back with its time, or not at all',
    async run(store) {
      const entry = entryOf(1, { expiresAt: 1001 })
      await store.write('./a', entry)
      const found = await store.read('./a')
      if (found) equalEntries(found, entry)
    },
  },
  {
    name: 'an entry that takes the place of one with a time has none of its own',
    async run(store) {
      await store.write('./a', entryOf(1, { expiresAt: 4_102_444_800_123 }))
      await store.write('./a', entryOf(2))
      equalEntries(await store.read('./a'), entryOf(2))
    },
  },
]

export const namePromises: StorePromise[] = [
  {
    name: 'names are distinct in every UTF-16 unit, of any length, and never paths',
    async run(store) {
      const names = sampleNames()
      for (const [index, name] of names.entries()) await store.write(name, entryOf(index))
      for (const [index, name] of names.entries()) equal((await store.read(name))?.value, index, brief(name))
      for (const [index, name] of names.entries()) {
        equal(await store.remove(name), true, `removing ${brief(name)}`)
        const next = names[index + 1]
        if (next !== undefined) equal((await store.read(next))?.value, index + 1, brief(next))
      }
    },
  },
]

export function samplesOf({ values }: StoreContract): Sample[] {
  const samples = [...dataSamples, ...binarySamples]
  return values === 'data' ? samples : [...samples, ...cloneableSamples]
}

export function keepsSample({ kind, make }: Sample): StorePromise {
  return {
    name: `a value comes back equal in value and type: ${kind}`,
    async run(store) {
      await store.write('./a', entryOf(make()))
      const entry = await store.read('./a')
      if (!entry) throw new Error('The entry is absent.')
      equal(entry.value, make())
    },
  }
}
