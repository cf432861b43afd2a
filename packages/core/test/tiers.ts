import { Cache, type CacheOptions } from '../src/index.ts'
import { MemoryReferenceStore } from '../src/testing/memory-reference-store.ts'
import { withoutClaims } from './without-claims.ts'

/** What holds in all of them is tested in all of them. */
export const tiers: {
  readonly tier: string
  readonly key: string
  newCache(options?: CacheOptions): Cache
}[] = [
  { tier: 'the memory tier', key: 'table', newCache: options => new Cache(options) },
  {
    tier: 'the persistent tier',
    key: './table',
    newCache: options => new Cache({ ...options, store: new MemoryReferenceStore() }),
  },
  {
    tier: 'the persistent tier, without claims',
    key: './table',
    newCache: options => new Cache({ ...options, store: withoutClaims(new MemoryReferenceStore()) }),
  },
]
