import pMemoize from 'p-memoize'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** Memoized functions; arguments that are not text count by their JSON, as it advises. */
export const pMemoizeRival: MemoryRival = {
  name: 'p-memoize',
  awaited: true,
  share: 0.2,
  open({ bounded, ttl, sized }, produce) {
    if (bounded || ttl || sized) return undefined
    const cached = pMemoize(async (name: string) => produce(name))
    return { generateLater: name => cached(name) as Promise<Item> }
  },
  memoize: (work, isText) =>
    pMemoize(async argument => work(argument), isText ? {} : { cacheKey: JSON.stringify }),
}
