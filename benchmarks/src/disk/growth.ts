import { type Item, item } from '../data.ts'
import type { Contender, Row, Table, Target } from '../row.ts'
import { getEach, setEach } from './operations.ts'
import { numbered, type Populated } from './populated.ts'
import type { Operation } from './store.ts'

const mostOperations = 1_000

/** What gets and sets cost in large stores beside small ones: StagCache's large and small one, then those of the others. */
export function growthTable(stores: readonly Populated[]): Table {
  const [large, small] = stores.map(({ size }) => size.toLocaleString('en'))
  const targets: readonly Target[] = [{ measure: 'time', against: stores[1]?.name ?? '', limit: 1.5 }]
  const row = (name: string, part: (store: Populated) => Contender): Row => ({
    name,
    contenders: stores.map(part),
    targets,
  })
  return {
    title: `Entries of 400 bytes: ${large} of them beside ${small}`,
    rows: [row('get', gettingFrom), row('set, awaited', settingIn)],
  }
}

function gettingFrom(populated: Populated): Contender {
  const count = countOf(populated, 'get')
  let ids: number[] = []
  let sum = 0
  return {
    name: populated.name,
    operations: count,
    prove: () => populated.prove(),
    async prepare() {
      await populated.open()
      ids = spreadIds(populated.size, count, ids)
    },
    async run() {
      sum = await getEach(populated.store, ids.map(numbered), markOf)
      return sum
    },
    async settle() {
      if (sum !== sumOf(ids)) throw new Error('It answered wrongly while it was timed.')
    },
  }
}

function settingIn(populated: Populated): Contender {
  const count = countOf(populated, 'set')
  let ids: number[] = []
  let items: Item[] = []
  return {
    name: populated.name,
    operations: count,
    prove: () => populated.prove(),
    async prepare() {
      await populated.open()
      ids = spreadIds(populated.size, count, ids)
      items = ids.map(id => item(id, (items[0]?.revision ?? 0) + 1))
    },
    async run() {
      await setEach(populated.store, ids.map(numbered), items)
      return count
    },
    async settle() {
      await populated.store.settle?.()
      const sum = await getEach(populated.store, ids.map(numbered), markOf)
      if (sum !== sumOf(ids)) throw new Error('It lost what was set while it was timed.')
    },
  }
}

function countOf({ rival, size }: Populated, operation: Operation): number {
  return Math.ceil(Math.min(mostOperations, size) * (rival.share?.[operation] ?? 1))
}

// A step that has no divisor in common with any size, and leads all over the store.
const step = 611_953

/** Numbers of entries that lie all over the store, and go on where the ones before ended. */
function spreadIds(size: number, count: number, before: readonly number[]): number[] {
  const last = before.at(-1) ?? 0
  return Array.from({ length: count }, (_, index) => (last + (index + 1) * step) % size)
}

function markOf(value: unknown): number {
  return (value as Item).id + 1
}

function sumOf(ids: readonly number[]): number {
  return ids.reduce((sum, id) => sum + id + 1, 0)
}
