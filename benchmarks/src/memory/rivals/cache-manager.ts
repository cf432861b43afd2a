import { createCache } from 'cache-manager'
import { createKeyv } from 'cacheable'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** With the store of cacheable, which it recommends in memory. */
export const cacheManager: MemoryRival = {
  name: 'cache-manager',
  awaited: true,
  share: 0.05,
  open({ entries, bounded, ttl, sized }, produce) {
    if (sized) return undefined
    const store = createKeyv(bounded ? { lruSize: entries } : {})
    const cache = createCache({ stores: [store], ...(ttl && { ttl: 3_600_000 }) })
    return {
      get: name => cache.get<Item>(name),
      set: (name, value) => cache.set(name, value),
      delete: name => cache.del(name),
      generate: name => cache.wrap(name, () => produce(name)),
      generateLater: name => cache.wrap(name, async () => produce(name)),
    }
  },
}
