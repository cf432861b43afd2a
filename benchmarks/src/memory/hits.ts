import { strictEqual } from 'node:assert/strict'
import { Cache } from '@stagcache/core'
import { LRUCache } from 'lru-cache'
import { type Item, items, shuffled } from '../data.ts'
import type { Contender, Suite, Target } from '../row.ts'

const entries = 1_000
const rounds = 200
const targets: readonly Target[] = [{ measure: 'time', against: 'lru-cache get', limit: 1.2 }]

/** What a program pays for asking the cache each time instead of keeping the value in a variable of its own. */
export const hits: Suite = {
  topics: ['memory'],
  title: `Hits in memory, ${entries.toLocaleString('en')} entries`,
  quick: true,
  async open(_dir, share) {
    const field = items(entries)
    const names = shuffled(field.map(({ id }) => `item-${id}`))
    const repeats = Math.ceil(rounds * share)
    const cache = new Cache({ version: 1 })
    const lru = new LRUCache<string, Item>({ max: 10 * entries })
    const map = new Map<string, Item>()
    const held = new Map(field.map(item => [`item-${item.id}`, item]))
    for (const [name, item] of held) {
      cache.set(name, item)
      lru.set(name, item)
      map.set(name, item)
    }
    const generate = (): Item => {
      throw new Error('generated what it had')
    }

    const work = {
      operations: names.length * repeats,
      expected: repeats * ((entries * (entries - 1)) / 2),
    }
    const getFromCache: Contender = {
      ...work,
      ...proof('StagCache', held, name => cache.get(name) as Item | undefined),
      run: () => {
        let sum = 0
        for (let turn = 0; turn < repeats; turn++) {
          for (const name of names) sum += (cache.get(name) as Item).id
        }
        return sum
      },
    }
    const cacheInCache: Contender = {
      ...work,
      ...proof('StagCache', held, name => cache.cache(name, generate) as Item),
      run: () => {
        let sum = 0
        for (let turn = 0; turn < repeats; turn++) {
          for (const name of names) sum += (cache.cache(name, generate) as Item).id
        }
        return sum
      },
    }
    const getFromLru: Contender = {
      ...work,
      ...proof('lru-cache get', held, name => lru.get(name)),
      run: () => {
        let sum = 0
        for (let turn = 0; turn < repeats; turn++) {
          for (const name of names) sum += (lru.get(name) as Item).id
        }
        return sum
      },
    }
    const getFromMap: Contender = {
      ...work,
      ...proof('Map get', held, name => map.get(name)),
      run: () => {
        let sum = 0
        for (let turn = 0; turn < repeats; turn++) {
          for (const name of names) sum += (map.get(name) as Item).id
        }
        return sum
      },
    }

    const rows = [
      { name: 'get', targets, contenders: [getFromCache, getFromLru, getFromMap] },
      { name: 'cache(key, generate)', targets, contenders: [cacheInCache, getFromLru, getFromMap] },
    ]
    return { tables: [{ title: hits.title, rows }], close: async () => {} }
  },
}

// The loop is each contender's own: called through a function that all share, a hit would cost more than it takes.
function proof(
  name: string,
  held: ReadonlyMap<string, Item>,
  get: (name: string) => Item | undefined,
): Pick<Contender, 'name' | 'prove'> {
  return {
    name,
    async prove() {
      for (const [key, item] of held) strictEqual(get(key), item)
    },
  }
}
