import { expect, test } from 'vitest'
import { failures } from '../../test/failures.ts'
import { withoutClaims } from '../../test/without-claims.ts'
import { CacheError } from '../errors.ts'
import type { Stamp } from '../stamp.ts'
import type { Claim, ClaimAnswer, Entry, EntryInfo, Patience, Store, Wanted } from '../store.ts'
import { MemoryReferenceStore } from './memory-reference-store.ts'

type Accept = (info: EntryInfo) => boolean

const later = () => new Promise<void>(resolve => setTimeout(resolve, 1))

/** A store whose claims are what `change` makes of those of the reference store. */
function changed(change: (claim: Claim, store: MemoryReferenceStore, name: string) => Partial<Claim>) {
  return class extends MemoryReferenceStore {
    override async claim(name: string, wanted: Wanted, patience: Patience): Promise<ClaimAnswer> {
      const answer = await super.claim(name, wanted, patience)
      return typeof answer === 'object' ? { ...answer, ...change(answer, this, name) } : answer
    }
  }
}

const flaws: { flaw: string; store: typeof MemoryReferenceStore; fails: string }[] = [
  {
    flaw: 'drops what is written with a claim',
    store: changed(claim => ({
      write: async () => {
        await claim.release('failed')
        return true
      },
    })),
    fails: 'a claim is granted where none stands, and stores what is written with it',
  },
  {
    flaw: 'tells everybody to wait',
    store: class extends MemoryReferenceStore {
      override async claim(name: string, wanted: Wanted, patience: Patience) {
        patience.waiting?.()
        return await super.claim(name, wanted, patience)
      }
    },
    fails: 'who waits for a claim is told so at once, and who is granted it is not',
  },
  {
    flaw: 'grants every claim',
    store: class extends MemoryReferenceStore {
      override async claim(name: string) {
        const write = (entry: Entry) => this.write(name, entry).then(() => true)
        return { write, release: async () => {} }
      }
    },
    fails: 'a claim for the same waits for the value, and looks again',
  },
  {
    flaw: 'does nothing while a claim waits',
    store: class extends MemoryReferenceStore {
      waiting = 0
      override async claim(name: string, wanted: Wanted, patience: Patience) {
        this.waiting++
        const answer = await super.claim(name, wanted, patience)
        this.waiting--
        return answer
      }
      override async read(name: string, accept?: Accept) {
        return this.waiting ? undefined : super.read(name, accept)
      }
    },
    fails: 'a claim that waits holds up nothing else',
  },
  {
    flaw: 'lets all run when a generator failed',
    store: changed(claim => ({ release: () => claim.release('unstored') })),
    fails: 'a claim released as failed is granted to one of those who wait',
  },
  {
    flaw: 'lets all look again where there is nothing to see',
    store: changed((_claim, store, name) => ({ release: async () => void (await store.remove(name)) })),
    fails: 'a claim released as unstored leaves all who wait on their own',
  },
  ...[
    'a write through the same store',
    'a write from elsewhere',
    'remove through the same store',
    'remove from elsewhere',
    'clear through the same store',
    'clear from elsewhere',
  ].map(change => ({
    flaw: `stores over ${change}`,
    store: changed((_claim, store, name) => ({
      write: entry => store.write(name, entry).then(() => true),
    })),
    fails: `${change} wins over a claim that stands`,
  })),
  ...[
    { by: 'stamp', fails: 'a claim for another stamp ends the one that stands' },
    { by: 'params', fails: 'a claim for other params ends the one that stands' },
  ].map(({ by, fails }) => ({
    flaw: `has a claim for each of the ${by}`,
    store: class extends MemoryReferenceStore {
      override async claim(name: string, wanted: Wanted, patience: Patience) {
        const answer = await super.claim(`${name}${wanted[by as keyof Wanted]}`, wanted, patience)
        const write = (entry: Entry) => this.write(name, entry).then(() => true)
        return typeof answer === 'object' ? { ...answer, write } : answer
      }
    },
    fails,
  })),
  {
    flaw: 'has one claim at all',
    store: class extends MemoryReferenceStore {
      override claim(name: string, _wanted: Wanted, patience: Patience) {
        return super.claim('./any', { stamp: name as Stamp, params: undefined }, patience)
      }
    },
    fails: 'claims on different names have nothing to do with each other',
  },
  {
    flaw: 'sends away who has waited long enough',
    store: class extends MemoryReferenceStore {
      override async claim(name: string, wanted: Wanted, { maxWait, ...patience }: Patience) {
        const answer = super.claim(name, wanted, patience)
        return maxWait ? Promise.race([answer, later().then(() => 'alone' as const)]) : answer
      }
    },
    fails: 'who has waited for maxWait takes the claim over',
  },
  {
    flaw: 'answers those who have given up',
    store: class extends MemoryReferenceStore {
      override claim(name: string, wanted: Wanted, patience: Patience) {
        return super.claim(name, wanted, patience).catch(() => 'alone' as const)
      }
    },
    fails: 'a claim rejects with the reason of its signal, and waits no more',
  },
  {
    flaw: 'answers those who wait when it is closed',
    store: class extends MemoryReferenceStore {
      override claim(name: string, wanted: Wanted, patience: Patience) {
        return super.claim(name, wanted, patience).catch(error => {
          if (error instanceof CacheError) return 'look-again' as const
          throw error
        })
      }
    },
    fails: 'closing a store passes its claims on, and ends its waiting',
  },
  {
    flaw: 'stores twice with one claim',
    store: changed((claim, store, name) => {
      let written = false
      const write = async (entry: Entry) => {
        written = (await claim.write(entry)) || written
        if (written) await store.write(name, entry)
        return written
      }
      return { write }
    }),
    fails: 'a claim that has ended does nothing more',
  },
  {
    flaw: 'passes a claim on when a value is refused',
    store: changed(claim => ({
      write: entry =>
        claim.write(entry).catch(async error => {
          await claim.release('failed')
          throw error
        }),
    })),
    fails: 'a claim outlives a value that cannot be kept',
  },
  {
    flaw: 'claims late',
    store: class extends MemoryReferenceStore {
      override async claim(name: string, wanted: Wanted, patience: Patience) {
        await later()
        return super.claim(name, wanted, patience)
      }
    },
    fails: 'a claim takes its place among operations in the order of their calls',
  },
]

test.each(flaws)('a store that $flaw fails', async ({ store: Broken, fails }) => {
  const sibling = (store: Store) => new Broken(store as MemoryReferenceStore)
  expect(await failures({ create: () => new Broken(), sibling, values: 'data' }, fails)).toEqual([fails])
})

test('stores that cannot claim keep all promises', async () => {
  const create = () => withoutClaims(new MemoryReferenceStore())
  const sibling = (store: Store) => withoutClaims(new MemoryReferenceStore(store as MemoryReferenceStore))
  expect(await failures({ create, sibling, values: 'data' })).toEqual([])
})
