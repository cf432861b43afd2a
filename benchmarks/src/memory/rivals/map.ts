import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** For orientation: what a lookup costs at least. */
export const map: MemoryRival = {
  name: 'Map',
  awaited: false,
  open({ bounded, ttl, sized }) {
    if (bounded || ttl || sized) return undefined
    const map = new Map<string, Item>()
    return {
      get: name => map.get(name),
      set: (name, value) => map.set(name, value),
      delete: name => map.delete(name),
    }
  },
}
