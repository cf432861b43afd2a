import { createHash } from 'node:crypto'
import { Cache } from '@stagcache/core'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

// What the cache does not offer yet is written here as the design names it, and takes part as soon as the cache takes it.
type Offered = Cache & {
  memoize?(name: string, work: (argument: never) => number): (argument: unknown) => number
}
type Options = { [option: string]: unknown }

/** With default options, and Node's SHA-256 for what is fingerprinted. */
export const stagCache: MemoryRival = {
  name: 'StagCache',
  awaited: false,
  open({ entries, bounded, ttl, sized }, produce) {
    const cache = offered(() => {
      const limits = { ...(bounded && { maxEntries: entries }), ...(sized && { maxBytes: 2 ** 40 }) }
      const made = new Cache({ version: 1, ...limits } as Options)
      if (ttl) made.set('probe', 1, { ttl: '1h' } as Options)
      return made
    })
    if (!cache) return undefined
    const produceLater = async (name: string) => produce(name)
    return {
      get: name => cache.get(name) as Item | undefined,
      set: ttl
        ? (name, value) => cache.set(name, value, { ttl: '1h' } as Options)
        : (name, value) => cache.set(name, value),
      delete: name => cache.delete(name),
      generate: name => cache.cache(name, produce, name) as Item,
      generateLater: name => cache.cache(name, produceLater, name) as Item,
    }
  },
  ...('memoize' in Cache.prototype && {
    memoize: work => {
      const cache: Offered = new Cache({ version: 1, sha256: () => createHash('sha256') })
      return cache.memoize?.('work', work as never) as never
    },
  }),
}

/** What was made, unless it took an option that the cache does not have. */
function offered(make: () => Cache): Cache | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
