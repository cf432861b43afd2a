/// <reference types="vite/types/importMeta.d.ts" />
import { Cache } from '@stagcache/core'

// The cache outlives this module: Vite hands `data` on to the one that replaces it.
export const cache: Cache = import.meta.hot?.data['cache'] ?? new Cache()

export const session: string = Cache.appSessionId
export const table: number[] = cache.cache('table', () => Array.from({ length: 1000 }, () => Math.random()))

if (import.meta.hot) {
  import.meta.hot.data['cache'] = cache
  import.meta.hot.accept()
}
