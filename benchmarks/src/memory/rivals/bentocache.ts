import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** One level, in memory, with the values as they are: `serialize: false` is what it advises where speed counts. */
export const bentocache: MemoryRival = {
  name: 'bentocache',
  awaited: true,
  share: 0.05,
  open({ entries, bounded, ttl, sized }, produce) {
    if (sized) return undefined
    const driver = memoryDriver({ maxItems: bounded ? entries : 2 * entries, serialize: false })
    const cache = new BentoCache({
      default: 'memory',
      ttl: ttl ? '1h' : null,
      stores: { memory: bentostore().useL1Layer(driver) },
    })
    return {
      get: key => cache.get<Item>({ key }) as Promise<Item | undefined>,
      set: (key, value) => cache.set({ key, value }),
      delete: key => cache.delete({ key }),
      generate: key => cache.getOrSet({ key, factory: () => produce(key) }),
      generateLater: key => cache.getOrSet({ key, factory: async () => produce(key) }),
    }
  },
}
