import { createMemoryStorage, defineCachedFunction } from 'ocache'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

const hour = 3600

/** Cached functions without a limit, with the name as the key where there is one; their entries always have an age. */
export const ocache: MemoryRival = {
  name: 'ocache',
  awaited: true,
  share: 0.05,
  open({ bounded, sized }, produce) {
    if (bounded || sized) return undefined
    const storage = createMemoryStorage({
      maxSize: Number.POSITIVE_INFINITY,
      maxBytes: Number.POSITIVE_INFINITY,
    })
    const settings = { maxAge: hour, swr: false, storage, getKey: (name: string) => name }
    const cached = defineCachedFunction(produce, { ...settings, name: `names-${++made}` })
    const cachedLater = defineCachedFunction(async (name: string) => produce(name), {
      ...settings,
      name: `later-${made}`,
    })
    return {
      generate: name => cached(name) as Promise<Item>,
      generateLater: name => cachedLater(name) as Promise<Item>,
    }
  },
  memoize: work => defineCachedFunction(work, { maxAge: hour, swr: false, name: `work-${++made}` }) as never,
}

// Functions are told apart by their names.
let made = 0
