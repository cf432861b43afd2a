import { createCache } from 'async-cache-dedupe'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

const ttl = 3600

/** Functions of one argument, which it keeps for a `ttl` only. */
export const asyncCacheDedupe: MemoryRival = {
  name: 'async-cache-dedupe',
  awaited: true,
  share: 0.05,
  open({ entries, bounded, sized }, produce) {
    if (bounded || sized) return undefined
    const cache = createCache({ ttl, storage: { type: 'memory', options: { size: 2 * entries } } })
      .define('now', (name: string) => Promise.resolve(produce(name)))
      .define('later', async (name: string) => produce(name))
    return {
      generate: name => cache.now(name) as Promise<Item>,
      generateLater: name => cache.later(name) as Promise<Item>,
    }
  },
  memoize<A>(work: (argument: A) => number) {
    const options = { ttl, storage: { type: 'memory', options: { size: 10_000 } } } as const
    const cache = createCache(options).define('work', async (argument: A) => work(argument))
    return (argument: A) => cache.work(argument)
  },
}
