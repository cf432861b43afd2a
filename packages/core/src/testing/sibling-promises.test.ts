import { expect, test } from 'vitest'
import { failures } from '../../test/failures.ts'
import type { Store } from '../store.ts'
import { MemoryReferenceStore } from './memory-reference-store.ts'

const flaws: { flaw: string; store: typeof MemoryReferenceStore; fails: string }[] = [
  {
    flaw: 'keeps its entries to itself',
    store: class extends MemoryReferenceStore {
      constructor(_sibling?: MemoryReferenceStore) {
        super()
      }
    },
    fails: 'what was written or removed is so for every other store of the same entries',
  },
  {
    flaw: 'clears when it is closed',
    store: class extends MemoryReferenceStore {
      override async close() {
        await super.clear().catch(() => {})
        return super.close()
      }
    },
    fails: 'closing one store leaves the others of the same entries as they were',
  },
]

test.each(flaws)('a store that $flaw fails', async ({ store: Broken, fails }) => {
  const sibling = (store: Store) => new Broken(store as MemoryReferenceStore)
  expect(await failures({ create: () => new Broken(), sibling, values: 'data' }, fails)).toEqual([fails])
})
