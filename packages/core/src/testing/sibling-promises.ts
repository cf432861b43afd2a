import type { Store } from '../store.ts'
import type { StoreContract, StorePromise } from './contract.ts'
import { entryOf, equal, equalEntries } from './expect.ts'

/** Opens a second handle on what a store keeps. */
export type Sibling = NonNullable<StoreContract['sibling']>

interface PairPromise {
  readonly name: string
  run(one: Store, other: Store): Promise<void>
}

/** Promises about two stores that keep the same entries, as promises about one. */
export function withSibling(sibling: Sibling, promises: readonly PairPromise[]): StorePromise[] {
  return promises.map(({ name, run }) => ({
    name,
    async run(store) {
      const other = await sibling(store)
      try {
        await run(store, other)
      } finally {
        await other.close()
      }
    },
  }))
}

export const siblingPromises: PairPromise[] = [
  {
    name: 'what was written or removed is so for every other store of the same entries',
    async run(one, other) {
      equal(await other.read('./a'), undefined)
      await one.write('./a', entryOf({ a: 1 }))
      equalEntries(await other.read('./a'), entryOf({ a: 1 }))
      await other.write('./a', entryOf(2))
      equal((await one.read('./a'))?.value, 2)
      equal(await one.remove('./a'), true)
      equal(await other.read('./a'), undefined)
      await one.write('./a', entryOf(3))
      await other.clear()
      equal(await one.read('./a'), undefined)
    },
  },
  {
    name: 'closing one store leaves the others of the same entries as they were',
    async run(one, other) {
      await one.write('./a', entryOf(1))
      await one.close()
      equal((await other.read('./a'))?.value, 1)
      await other.write('./a', entryOf(2))
      equal((await other.read('./a'))?.value, 2)
    },
  },
]
