import { describe, expect, test, vi } from 'vitest'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { sourceOf } from './fingerprint.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { asWritten, type GenerateContext, withContext } from './with-context.ts'

const newCache = () => new Cache({ store: new MemoryReferenceStore() })

describe.each([
  { tier: 'memory', key: 'table@4', name: 'table' },
  { tier: 'persistent', key: './table@4', name: './table' },
])('a generator marked with withContext, in the $tier tier', ({ tier, key, name }) => {
  test('receives a context in front of its arguments', async () => {
    const generate = vi.fn((context: GenerateContext, ...args: unknown[]) => [context.key, ...args])
    expect(await newCache().cache(key, withContext(generate), 1, 'two')).toEqual([name, 1, 'two'])
  })

  test('has a signal that is not aborted', async () => {
    const answer = newCache().cache(
      key,
      withContext(({ signal }) => [signal instanceof AbortSignal, signal.aborted]),
    )
    expect(await answer).toEqual([true, false])
  })

  test('reports progress from 0 to 1 as events', async () => {
    const cache = newCache()
    const events = recorded(cache)
    const generate = withContext(({ progress }, ...fractions: number[]) => {
      for (const fraction of fractions) progress(fraction)
      return 'value'
    })
    await cache.cache(key, generate, -1, 0, 0.5, 1, 2)
    expect(events.filter(({ type }) => type === 'progress')).toEqual(
      [0, 0, 0.5, 1, 1].map(fraction => ({ type: 'progress', name, tier, fraction })),
    )
  })
})

test('an unmarked generator receives no context', () => {
  const generate = vi.fn((...args: unknown[]) => args.length)
  expect(newCache().cache('table', generate)).toBe(0)
})

test('marking leaves the function itself unmarked', () => {
  const generate = vi.fn((...args: unknown[]) => args.length)
  withContext(generate)
  expect(newCache().cache('table', generate, 'one')).toBe(1)
})

test('the source of a marked generator is that of the function', () => {
  const one = (_context: GenerateContext, size: number) => size + 1
  const other = (_context: GenerateContext, size: number) => size + 2
  expect(sourceOf(withContext(one))).toBe(sourceOf(one))
  expect(sourceOf(withContext(one))).not.toBe(sourceOf(withContext(other)))
  expect(asWritten(withContext(one))).toBe(one)
  expect(asWritten(one)).toBe(one)
})
