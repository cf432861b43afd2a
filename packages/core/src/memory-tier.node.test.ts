import { collectGarbage } from '@stagcache/test-kit/garbage'
import { describe, expect, test } from 'vitest'
import { Cache } from './cache.ts'
import type { CacheOptions } from './internals.ts'

const names = Array.from({ length: 100 }, (_, index) => `n${index}`)
// So few that what they might leave is not collected on the way.
const hits = 10_000

function filled(options?: CacheOptions): Cache {
  const cache = new Cache(options)
  for (const name of names) cache.set(name, name)
  return cache
}

describe.runIf(collectGarbage)('a hit leaves nothing to collect', () => {
  const cache = filled()
  const bounded = filled({ maxEntries: names.length })
  const generate = () => 'generated'

  test.each<{ how: string; ask(name: string): unknown }>([
    { how: 'get()', ask: name => cache.get(name) },
    { how: 'get() within bounds', ask: name => bounded.get(name) },
    { how: 'cache()', ask: name => cache.cache(name, generate) },
  ])('$how', ({ ask }) => {
    const bytesLeft = () => {
      collectGarbage?.()
      const before = process.memoryUsage().heapUsed
      for (let turn = 0; turn < hits; turn++) ask(names[turn % names.length] as string)
      return (process.memoryUsage().heapUsed - before) / hits
    }
    // The first rounds are not compiled yet, and compiling leaves something itself.
    const rounds = Array.from({ length: 20 }, bytesLeft)
    // The smallest object takes 12.
    expect(Math.min(...rounds)).toBeLessThan(6)
  })
})
