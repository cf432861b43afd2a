import { LRUCache } from 'lru-cache'
import { type Item, itemBytes } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** With `max`, as it asks for; `memoMethod` and `fetchMethod` are its ways to generate. */
export const lruCache: MemoryRival = {
  name: 'lru-cache',
  awaited: false,
  open({ entries, bounded, ttl, sized }, produce) {
    const cache = new LRUCache<string, Item>({
      max: bounded ? entries : 2 * entries,
      memoMethod: produce,
      fetchMethod: async name => produce(name),
      ...(ttl && { ttl: 3_600_000 }),
      ...(sized && { maxSize: 2 * entries * itemBytes, sizeCalculation: () => itemBytes }),
    })
    return {
      get: name => cache.get(name),
      set: (name, value) => cache.set(name, value),
      delete: name => cache.delete(name),
      generate: name => cache.memo(name),
      generateLater: name => cache.fetch(name) as Promise<Item>,
    }
  },
}
