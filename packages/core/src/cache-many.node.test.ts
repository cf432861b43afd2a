import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { Cache } from './cache.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'

test.each(['a b c', './a ./b ./c'])(
  'a generator that waits for one of its own keys is found: %s',
  async names => {
    const cache = new Cache({ store: new MemoryReferenceStore(), asyncContext: new AsyncLocalStorage() })
    const keys = names.split(' ')
    for (const own of keys) {
      const values = cache.cacheMany(keys, async () => {
        await Promise.resolve()
        await cache.cache(own, async () => 1)
        return [1, 2, 3]
      })
      await expect(values).rejects.toMatchObject({ code: 'generation-cycle' })
    }
  },
)
