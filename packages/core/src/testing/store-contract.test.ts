import { describe, expect, test } from 'vitest'
import { failures } from '../../test/failures.ts'
import { CacheError } from '../errors.ts'
import type { Absence, Entry, EntryInfo, Store, StoreEvent } from '../store.ts'
import { MemoryReferenceStore } from './memory-reference-store.ts'
import { storeContract } from './store-contract.ts'

// The reference store refuses what does not survive structured cloning; in Bun, the cause of an error does not.
const refused =
  structuredClone(new Error('no', { cause: 5 })).cause === 5
    ? []
    : ['a value comes back equal in value and type: an error with a cause']

describe('the reference store', () => {
  storeContract({
    test: (name, run) =>
      test(name, async ({ task, skip }) => {
        if (refused.includes(name)) {
          const reason = 'structuredClone drops the cause of an error in this runtime'
          Object.assign(task.meta, { skipped: reason })
          skip(reason)
        }
        await run()
      }),
    create: () => new MemoryReferenceStore(),
    sibling: store => new MemoryReferenceStore(store as MemoryReferenceStore),
    values: 'structured-clone',
  })
})

type Accept = (info: EntryInfo) => boolean

class Sloppy extends MemoryReferenceStore implements Store {
  observe?(listener: (event: StoreEvent) => void): () => void
}

const later = () => new Promise<void>(resolve => setTimeout(resolve, 1))

const broken: { flaw: string; store: new () => Store; fails: string }[] = [
  {
    flaw: 'takes a prefix for a path',
    store: class extends Sloppy {
      override removePrefix(prefix: string) {
        return super.removePrefix(prefix === './a/' ? './a' : prefix)
      }
    },
    fails: 'removePrefix removes what begins so, tells how many, and leaves everything else',
  },
  {
    flaw: 'removes by prefix whatever is there in the end',
    store: class extends Sloppy {
      override async removePrefix(prefix: string) {
        await later()
        return super.removePrefix(prefix)
      }
    },
    fails: 'removePrefix takes its place among the operations, also on large values',
  },
  {
    flaw: 'removes the first thousand of a prefix',
    store: class extends Sloppy {
      override async removePrefix(prefix: string) {
        return Math.min(1000, await super.removePrefix(prefix))
      }
    },
    fails: 'removePrefix finds each of many entries',
  },
  {
    flaw: 'interprets stamps',
    store: class extends Sloppy {
      override write(name: string, entry: Entry) {
        return super.write(name, { ...entry, stamp: (entry.stamp || '0') as Entry['stamp'] })
      }
    },
    fails: 'any text is a stamp',
  },
  {
    flaw: 'rounds the cost',
    store: class extends Sloppy {
      override write(name: string, entry: Entry) {
        return super.write(name, { ...entry, cost: Math.round(entry.cost) })
      }
    },
    fails: 'an entry comes back with its stamp, params, time and cost',
  },
  {
    flaw: 'keeps the params of the earlier entry',
    store: class extends Sloppy {
      params: string | undefined
      override write(name: string, entry: Entry) {
        this.params = entry.params ?? this.params
        return super.write(name, { ...entry, params: this.params })
      }
    },
    fails: 'a write takes the place of the whole earlier entry',
  },
  ...[
    (name: string) => name.toLowerCase(),
    (name: string) => name.normalize(),
    (name: string) => new TextDecoder().decode(new TextEncoder().encode(name)),
    (name: string) => name.slice(0, 2 ** 20),
    (name: string) => name.replace(/\0.*/, ''),
    (name: string) => new URL(name, 'file:///x/').href,
    (name: string) => name.trimEnd(),
    (name: string) => (name in {} ? 'taken' : name),
  ].map((fold, index) => ({
    flaw: `folds names (${index})`,
    store: class extends Sloppy {
      override read(name: string, accept?: Accept) {
        return super.read(fold(name), accept)
      }
      override write(name: string, entry: Entry) {
        return super.write(fold(name), entry)
      }
      override remove(name: string) {
        return super.remove(fold(name))
      }
    },
    fails: 'names are distinct in every UTF-16 unit, of any length, and never paths',
  })),
  {
    flaw: 'encodes as JSON',
    store: class extends Sloppy {
      override write(name: string, entry: Entry) {
        return super.write(name, { ...entry, value: JSON.parse(JSON.stringify(entry.value)) })
      }
    },
    fails: 'a value comes back equal in value and type: a Uint8Array',
  },
  {
    flaw: 'takes the value too late',
    store: class extends Sloppy {
      override async write(name: string, entry: Entry) {
        await later()
        return super.write(name, entry)
      }
    },
    fails: 'a value is taken as it is when write is called',
  },
  {
    flaw: 'hands out what it holds',
    store: class extends Sloppy {
      readonly held = new Map<string, Entry>()
      override async write(name: string, entry: Entry) {
        await super.write(name, entry)
        const copy = await super.read(name)
        if (copy) this.held.set(name, copy)
      }
      override async read(name: string, accept?: Accept) {
        const entry = await super.read(name, accept)
        return entry && (this.held.get(name) ?? entry)
      }
    },
    fails: 'what was read is shared with nobody',
  },
  {
    flaw: 'reads out of order',
    store: class extends Sloppy {
      override async read(name: string, accept?: Accept) {
        await later()
        return super.read(name, accept)
      }
    },
    fails: 'operations take effect in the order in which they were called',
  },
  {
    flaw: 'removes late',
    store: class extends Sloppy {
      override async remove(name: string) {
        await later()
        return super.remove(name)
      }
    },
    fails: 'many operations at once agree with a map',
  },
  {
    flaw: 'writes large values late',
    store: class extends Sloppy {
      override async write(name: string, entry: Entry) {
        if ((entry.value as { length?: number } | null)?.length === 1_000_000) await later()
        return super.write(name, entry)
      }
    },
    fails: 'the order holds for large values beside small ones',
  },
  {
    flaw: 'ignores accept',
    store: class extends Sloppy {
      override read(name: string) {
        return super.read(name)
      }
    },
    fails: 'an entry that accept refuses is not handed out, and stays',
  },
  {
    flaw: 'shows accept the value',
    store: class extends Sloppy {
      override async read(name: string, accept?: Accept) {
        const entry = await super.read(name)
        return entry && accept && !accept(entry) ? undefined : entry
      }
    },
    fails: 'accept is called once, with what is known without the value',
  },
  {
    flaw: 'asks accept again',
    store: class extends Sloppy {
      override read(name: string, accept?: Accept) {
        return super.read(name, accept && (info => accept(info) && accept(info)))
      }
    },
    fails: 'accept is called once, with what is known without the value',
  },
  {
    flaw: 'asks accept about nothing',
    store: class extends Sloppy {
      override async read(name: string, accept?: Accept) {
        const entry = await super.read(name, accept)
        if (!entry) accept?.({} as EntryInfo)
        return entry
      }
    },
    fails: 'accept is not called where there is no entry',
  },
  {
    flaw: 'always says that it removed',
    store: class extends Sloppy {
      override async remove(name: string) {
        await super.remove(name)
        return true
      }
    },
    fails: 'remove tells whether there was an entry, whatever its stamp',
  },
  {
    flaw: 'does not clear',
    store: class extends Sloppy {
      override async clear() {}
    },
    fails: 'clear removes every entry, and what is written later stays',
  },
  {
    flaw: 'loses the earlier entry when it refuses',
    store: class extends Sloppy {
      override async write(name: string, entry: Entry) {
        try {
          await super.write(name, entry)
        } catch (error) {
          await super.remove(name)
          throw error
        }
      }
    },
    fails: 'a value that cannot be kept is refused with its path, and the earlier entry stays',
  },
  {
    flaw: 'drops the class of an instance',
    store: class extends Sloppy {
      override write(name: string, entry: Entry) {
        return super.write(name, { ...entry, value: structuredClone(entry.value) })
      }
    },
    fails: 'an instance of a class is refused rather than changed',
  },
  {
    flaw: 'answers after it was closed',
    store: class extends Sloppy {
      override async close() {}
    },
    fails: 'what was called before close takes effect, what is called later rejects',
  },
  {
    flaw: 'fails when it is closed again',
    store: class extends Sloppy {
      override async close() {
        await super.clear()
        return super.close()
      }
    },
    fails: 'close may be called again',
  },
  {
    flaw: 'reports what is no trouble',
    store: class extends Sloppy {
      override observe(listener: (event: StoreEvent) => void) {
        listener({ type: 'error', error: new CacheError('store-read', 'x') })
        return () => {}
      }
    },
    fails: 'observing begins and ends without an event of a store that works',
  },
]

test.each(broken)('a store that $flaw fails', async ({ store: Broken, fails }) => {
  expect(await failures({ create: () => new Broken(), values: 'data' }, fails)).toEqual([fails])
})

test('a store that keeps nothing over closing fails where it is opened again', async () => {
  const create = () => new MemoryReferenceStore()
  expect(await failures({ create, reopen: create, values: 'structured-clone' })).toEqual([
    ...refused,
    'what was written stays when the store is closed',
  ])
})

test.each([
  {
    flaw: 'forgets when an entry expires',
    change: ({ expiresAt, ...entry }: Entry) => entry,
    fails: 'an entry comes back with the time at which it expires',
  },
  {
    flaw: 'changes when an entry expired',
    change: (entry: Entry) => (entry.expiresAt === 1001 ? { ...entry, expiresAt: 9999 } : entry),
    fails: 'an entry that has expired comes back with its time, or not at all',
  },
  {
    flaw: 'gives every entry a time',
    change: (entry: Entry) => ({ expiresAt: 4_102_444_800_123, ...entry }),
    fails: 'an entry that takes the place of one with a time has none of its own',
  },
])('a store for entries that expire fails which $flaw', async ({ change, fails }) => {
  class Broken extends Sloppy {
    override write(name: string, entry: Entry) {
      return super.write(name, change(entry))
    }
  }
  expect(await failures({ create: () => new Broken(), values: 'data' }, fails)).toEqual([fails])
})

describe('a store that says why it has no entry', () => {
  const only = 'why there is no entry is told as far as it is so'

  class Remembering extends Sloppy {
    readonly deleted = new Set<string>()
    override async remove(name: string) {
      this.deleted.add(name)
      return super.remove(name)
    }
    async whyAbsent(name: string): Promise<Absence> {
      await this.read(name)
      return this.deleted.has(name) ? 'deleted' : 'absent'
    }
  }

  test('may remember what was deleted', async () => {
    expect(await failures({ create: () => new Remembering(), values: 'data' }, only)).toEqual([])
  })

  test.each([
    { flaw: 'guesses', whyAbsent: async () => 'evicted' as const },
    { flaw: 'takes every absence for a deletion', whyAbsent: async () => 'deleted' as const },
    { flaw: 'answers after it was closed', whyAbsent: async () => 'absent' as const },
  ])('fails where it $flaw', async ({ whyAbsent }) => {
    const create = () => Object.assign(new Sloppy(), { whyAbsent })
    expect(await failures({ create, values: 'data' }, only)).toEqual([only])
  })

  test('fails where it removes what it is asked about', async () => {
    class Careless extends Remembering {
      override async whyAbsent(name: string) {
        const reason = await super.whyAbsent(name)
        await super.clear()
        return reason
      }
    }
    expect(await failures({ create: () => new Careless(), values: 'data' }, only)).toEqual([only])
  })
})

test('a store may drop what has expired', async () => {
  class Tidy extends Sloppy {
    override async read(name: string, accept?: Accept) {
      const isOver = (info: EntryInfo) => info.expiresAt !== undefined && info.expiresAt <= Date.now()
      return super.read(name, info => !isOver(info) && (accept?.(info) ?? true))
    }
  }
  expect(await failures({ create: () => new Tidy(), values: 'data' })).toEqual([])
})

test('a store for data is not asked for more', async () => {
  class DataStore extends Sloppy {
    override write(name: string, entry: Entry) {
      const bare = new Set<unknown>([Map, Set, Date, RegExp, Error, BigInt])
      if (bare.has((entry.value as object | null)?.constructor))
        return Promise.reject(new Error('not asked for'))
      return super.write(name, entry)
    }
  }
  expect(await failures({ create: () => new DataStore(), values: 'data' })).toEqual([])
  expect(await failures({ create: () => new DataStore(), values: 'structured-clone' })).toContain(
    'a value comes back equal in value and type: a map',
  )
})

test('a failing test says what was expected, and where it differs', async () => {
  const messages: string[] = []
  class Forgetful extends Sloppy {
    override write(name: string, entry: Entry) {
      return super.write(name, { ...entry, cost: 0 })
    }
  }
  const runs: Promise<void>[] = []
  storeContract({
    test: (_name, run) => runs.push(run().catch((error: Error) => void messages.push(error.message))),
    create: () => new Forgetful(),
    values: 'data',
  })
  await Promise.all(runs)
  expect(messages[0]).toContain('"cost":12.75')
  expect(messages[0]).toContain('they differ at the entry.cost')
})

test('the reference store names the part that cannot be cloned', async () => {
  const store = new MemoryReferenceStore()
  const entry = { stamp: '1.1' as Entry['stamp'], params: undefined, storedAt: 0, cost: 0 }
  await expect(store.write('./a', { ...entry, value: new Map([['a', () => 1]]) })).rejects.toMatchObject({
    code: 'unserializable',
    path: 'value',
  })
  await expect(store.write('./a', { ...entry, value: [{ b: Symbol('c') }] })).rejects.toMatchObject({
    path: 'value[0].b',
  })
})
