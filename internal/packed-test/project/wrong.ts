import { Cache } from '@stagcache/core'

const cache = new Cache()
export const text: string = cache.cache('table', () => 1)
