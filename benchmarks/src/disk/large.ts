import type { OpenSuite, Suite } from '../row.ts'
import { growthTable } from './growth.ts'
import { openingTables } from './opening.ts'
import { Populated } from './populated.ts'
import type { RivalName } from './rivals.ts'

const sizes = [1_000, 100_000, 1_000_000]

// Those that have an index. A file for each entry is found by its name, however many there are, and a million of them
// take longer to write than everything else together; one JSON file of a million entries would be written anew for each batch.
const indexed = [
  'StagCache',
  'lmdb',
  'better-sqlite3',
  'keyv (SQLite)',
] as const satisfies readonly RivalName[]

/** What many entries cost: to open the store, and to use it. */
export const large: Suite = {
  topics: ['disk', 'disk-large'],
  title: 'Up to 1,000,000 entries of 400 bytes',
  quick: false,
  async open(dir, share): Promise<OpenSuite> {
    const scaled = sizes.map(size => Math.ceil(size * share))
    const stores: Populated[] = []
    for (const rival of indexed) {
      for (const size of scaled) stores.push(await Populated.create(rival, size, dir))
    }
    const at = (size: number | undefined) => stores.filter(store => store.size === size)
    const small = at(scaled[0])
    const pairs = at(scaled.at(-1)).flatMap((store, index) => [store, small[index] as Populated])
    return {
      tables: [...openingTables(stores), growthTable(pairs)],
      close: async () => void (await Promise.all(stores.map(store => store.close()))),
    }
  },
}
