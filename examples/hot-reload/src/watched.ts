import { DiskCache } from '@stagcache/disk'

// Run by `node --watch` with STAGCACHE_SESSION set, each restart goes on with the session of the first start, and so with
// its entries of version 0. Without the variable each start is a session of its own.
const cache = new DiskCache({ dir: process.argv[2] ?? '.stagcache' })
const startedAt = await cache.cache('./started-at@0', () => new Date())
console.log(
  JSON.stringify({ session: DiskCache.appSessionId, startedAt, generated: cache.stats().generated }),
)
