import { describe, expect, test, vi } from 'vitest'
import { deferred, until } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import type { Store } from './store.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'

describe.each([
  { tier: 'memory', prefix: 'user:', at: (name: string) => `user:${name}`, other: 'superuser:a' },
  { tier: 'persistent', prefix: './user/', at: (name: string) => `user/${name}`, other: './super./user/a' },
] as const)('delete({ prefix }) in the tier $tier', ({ tier, prefix, at, other }) => {
  const open = () => new Cache({ store: new MemoryReferenceStore() })

  test('deletes what begins so, whatever its version, and tells how many', async () => {
    const cache = open()
    for (const key of [at('a'), at('b@2'), other]) await cache.set(key, 1)
    const events = recorded(cache)
    expect(await cache.delete({ prefix })).toBe(2)
    expect(await Promise.all([at('a'), at('b@2'), other].map(key => cache.has(key)))).toEqual([
      false,
      false,
      true,
    ])
    expect(await cache.delete({ prefix })).toBe(0)
    expect(events).toEqual([
      { type: 'clear', tier, prefix },
      { type: 'clear', tier, prefix },
    ])
  })

  test('wins over what is being generated under such a name, and nothing else', async () => {
    const cache = open()
    const results = [deferred<number>(), deferred<number>()]
    const generate = vi.fn((index: number) => results[index]?.promise)
    const answers = [cache.cache(at('a'), generate, 0), cache.cache(other, generate, 1)]
    await until(() => generate.mock.calls.length === 2)
    await cache.delete({ prefix })
    const anew = cache.cache(at('a'), async () => 'anew')
    for (const [index, result] of results.entries()) result.resolve(index)
    expect(await Promise.all(answers)).toEqual([0, 1])
    expect(await anew).toBe('anew')
    expect([await cache.get(at('a')), await cache.get(other)]).toEqual(['anew', 1])
  })
})

test('a prefix with a slash is persistent, unless the tier is named', async () => {
  const cache = new Cache({ store: new MemoryReferenceStore() })
  cache.set({ name: 'http://a', tier: 'memory' }, 1)
  await cache.set('a', 1)
  await cache.set('./a', 1)
  expect(cache.delete({ prefix: 'http://', tier: 'memory' })).toBe(1)
  expect(cache.delete({ prefix: 'a' })).toBe(1)
  expect(await cache.delete({ prefix: 'a', tier: 'persistent' })).toBe(1)
  await cache.set('a/b', 1)
  expect(await cache.delete({ prefix: 'a/' })).toBe(1)
  await cache.set('a/b', 1)
  expect(await cache.delete({ prefix: './' })).toBe(1)
})

test('memory entries are gone before it returns, disposed of, and told of', () => {
  const disposed: unknown[] = []
  const cache = new Cache({ maxBytes: 10, sizeOf: () => 1, dispose: (...parts) => disposed.push(parts) })
  for (const name of ['a1', 'a2', 'b']) cache.set(name, name)
  const listener = vi.fn()
  cache.subscribe('a1', listener)
  expect(cache.delete({ prefix: 'a' })).toBe(2)
  expect(disposed).toEqual([
    ['a1', 'delete'],
    ['a2', 'delete'],
  ])
  expect(cache.stats().bytes).toBe(1)
  expect(listener).toHaveBeenCalledTimes(1)
})

test('memoized calls are found by it', () => {
  const cache = new Cache()
  const memoized = cache.memoize('embed', (text: string, size: number) => text + size)
  memoized('stag', 1)
  memoized('stag', 2)
  expect(cache.delete({ prefix: 'embed(' })).toBe(2)
})

test('clear takes one as well, and refuses anything else before it has cleared everything', async () => {
  const cache = new Cache({ store: new MemoryReferenceStore() })
  for (const name of ['a1', 'b']) cache.set(name, name)
  for (const key of ['./a/1', './b/1'] as const) await cache.set(key, key)
  const cleared = cache.clear({ prefix: 'a' })
  expect([cache.has('a1'), cache.has('b')]).toEqual([false, true])
  await cleared
  await cache.clear({ prefix: './a' })
  expect([await cache.has('./a/1'), await cache.has('./b/1')]).toEqual([false, true])
  for (const wrong of ['b', { name: 'b' }, null, 1]) {
    await expect(cache.clear(wrong as never)).rejects.toMatchObject({ code: 'invalid-option' })
  }
  expect([cache.has('b'), await cache.has('./b/1')]).toEqual([true, true])
})

test('what is no prefix is refused, as a store that cannot', async () => {
  const cache = new Cache({ store: new MemoryReferenceStore() })
  expect(() => cache.delete({ prefix: 'a', teir: 'memory' } as never)).toThrow(
    'A prefix has no option "teir"',
  )
  expect(() => cache.delete({ prefix: '' })).toThrow('clear() deletes everything')
  expect(() => cache.delete({ prefix: 1 as never })).toThrow('a prefix has at least one character')
  await expect(new Cache().delete({ prefix: './a' })).rejects.toMatchObject({ code: 'no-store' })
  const store: Store = Object.defineProperty(new MemoryReferenceStore(), 'removePrefix', { value: undefined })
  await expect(new Cache({ store }).delete({ prefix: './a' })).rejects.toMatchObject({ code: 'unsupported' })
})
