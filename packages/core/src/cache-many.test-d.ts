import { describe, expectTypeOf, test } from 'vitest'
import { Cache, withContext } from './index.ts'

const cache = new Cache()
declare const ids: string[]

describe('cacheMany()', () => {
  test('answers with a map where keys are in memory and the generator is synchronous', () => {
    const values = cache.cacheMany(['a', 'b'], missing => missing.map(key => key.length))
    expectTypeOf(values).toEqualTypeOf<Map<'a' | 'b', number>>()
  })

  test('answers with a promise of one from a store', () => {
    const values = cache.cacheMany(['./a', './b'], { version: 2 }, missing => missing.map(key => ({ key })))
    expectTypeOf(values).toEqualTypeOf<Promise<Map<'./a' | './b', { key: './a' | './b' }>>>()
    expectTypeOf(cache.cacheMany(['./a'], () => [1])).toEqualTypeOf<Promise<Map<'./a', number>>>()
  })

  test('answers with either where there may be no key, which is of no tier', () => {
    const keys = ids.map(id => `./user/${id}` as const)
    const values = cache.cacheMany(keys, { version: 2 }, async missing => missing.map(key => ({ key })))
    type Users = Map<`./user/${string}`, { key: `./user/${string}` }>
    expectTypeOf(values).toEqualTypeOf<Users | Promise<Users>>()
    const [first = './user/1'] = keys
    expectTypeOf(cache.cacheMany([first, ...keys], () => [1])).toEqualTypeOf<
      Promise<Map<`./user/${string}`, number>>
    >()
    expectTypeOf(cache.cacheMany([] as 'a'[], () => [1])).toEqualTypeOf<Map<'a', number>>()
  })

  test('answers with either where the tier is unknown, or the generator asynchronous', () => {
    expectTypeOf(cache.cacheMany(ids, () => new Map([['a', 1]]))).toEqualTypeOf<
      Map<string, number | undefined> | Promise<Map<string, number | undefined>>
    >()
    expectTypeOf(cache.cacheMany(['a'], async () => [1])).toEqualTypeOf<
      Map<'a', number> | Promise<Map<'a', number>>
    >()
  })

  test('has the types of the schema', () => {
    const typed = new Cache<{ a: number; b: number; c: string }>()
    typed.cacheMany(['a', 'b'], () => [1, 2])
    // @ts-expect-error: the values are no numbers.
    typed.cacheMany(['a', 'b'], () => ['x', 'y'])
    // @ts-expect-error: there is no such name.
    typed.cacheMany(['a', 'x'], () => [1, 2])
    // @ts-expect-error: params are of one entry.
    cache.cacheMany(['a'], { params: 1 }, () => [1])
    const marked = withContext((_context, keys: readonly string[]) => keys)
    // @ts-expect-error: there is no context of many keys.
    cache.cacheMany(['a'], marked)
  })
})
