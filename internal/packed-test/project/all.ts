import { Cache, CacheComponent, DiskCache } from '@stagcache/all'

export const memory: Cache = new Cache()
export const disk: Cache = new DiskCache({ dir: '.stagcache' })
export const component: Cache = new CacheComponent()
