import { Cacheable, createKeyv } from 'cacheable'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** With its default store, which clones nothing that is asked for through it; `wrap` memoizes. */
export const cacheable: MemoryRival = {
  name: 'cacheable',
  awaited: true,
  share: 0.05,
  open({ entries, bounded, ttl, sized }, produce) {
    if (sized) return undefined
    const cache = new Cacheable({
      ...(bounded && { primary: createKeyv({ lruSize: entries }) }),
      ...(ttl && { ttl: '1h' }),
    })
    return {
      get: name => cache.get<Item>(name),
      set: (name, value) => cache.set(name, value),
      delete: name => cache.delete(name),
      generate: name => cache.getOrSet(name, async () => produce(name)) as Promise<Item>,
      generateLater: name => cache.getOrSet(name, async () => produce(name)) as Promise<Item>,
    }
  },
  memoize: work => new Cacheable().wrap(async argument => work(argument), { keyPrefix: 'work' }),
}
