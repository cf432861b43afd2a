import type { MemoryRival } from './memory-rival.ts'
import { asyncCacheDedupe } from './rivals/async-cache-dedupe.ts'
import { bentocache } from './rivals/bentocache.ts'
import { cacheManager } from './rivals/cache-manager.ts'
import { cacheable } from './rivals/cacheable.ts'
import { lruCache } from './rivals/lru-cache.ts'
import { map } from './rivals/map.ts'
import { memoizeRival } from './rivals/memoize.ts'
import { ocache } from './rivals/ocache.ts'
import { pMemoizeRival } from './rivals/p-memoize.ts'
import { quickLru } from './rivals/quick-lru.ts'
import { stagCache } from './rivals/stagcache.ts'

/** In the order of the tables' lines. */
export const everybody: readonly MemoryRival[] = [
  stagCache,
  map,
  lruCache,
  quickLru,
  cacheable,
  cacheManager,
  bentocache,
  ocache,
  asyncCacheDedupe,
  pMemoizeRival,
  memoizeRival,
]
