import { createHash } from 'node:crypto'
import { Cache } from '@stagcache/core'
import type { Item } from '../../data.ts'
import type { MemoryRival } from '../memory-rival.ts'

/** With default options, and Node's SHA-256 for what is fingerprinted. */
export const stagCache: MemoryRival = {
  name: 'StagCache',
  awaited: false,
  open({ entries, bounded, ttl, sized }, produce) {
    const limits = { ...(bounded && { maxEntries: entries }), ...(sized && { maxBytes: 2 ** 40 }) }
    const cache = new Cache({ version: 1, ...limits })
    const produceLater = async (name: string) => produce(name)
    return {
      get: name => cache.get(name) as Item | undefined,
      set: ttl
        ? (name, value) => cache.set(name, value, { ttl: '1h' })
        : (name, value) => cache.set(name, value),
      delete: name => cache.delete(name),
      generate: name => cache.cache(name, produce, name) as Item,
      generateLater: name => cache.cache(name, produceLater, name) as Item,
    }
  },
  memoize: work => new Cache({ version: 1, sha256: () => createHash('sha256') }).memoize('work', work),
}
