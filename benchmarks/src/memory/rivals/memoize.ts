import memoize from 'memoize'
import type { MemoryRival } from '../memory-rival.ts'

/** Memoized functions; arguments that are not text count by their JSON, as it advises. */
export const memoizeRival: MemoryRival = {
  name: 'memoize',
  awaited: false,
  open({ bounded, ttl, sized }, produce) {
    if (bounded || ttl || sized) return undefined
    const cached = memoize(produce)
    return { generate: name => cached(name) }
  },
  memoize: (work, isText) => memoize(work, isText ? {} : { cacheKey: JSON.stringify }),
}
