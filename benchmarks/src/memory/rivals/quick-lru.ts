import QuickLRU from 'quick-lru'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** Holds up to twice its `maxSize`, as it says. */
export const quickLru: MemoryRival = {
  name: 'quick-lru',
  awaited: false,
  open({ entries, bounded, ttl, sized }) {
    if (sized) return undefined
    const cache = new QuickLRU<string, Item>({
      maxSize: bounded ? entries : 2 * entries,
      ...(ttl && { maxAge: 3_600_000 }),
    })
    return {
      get: name => cache.get(name),
      set: (name, value) => cache.set(name, value),
      delete: name => cache.delete(name),
    }
  },
}
