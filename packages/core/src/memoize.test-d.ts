import { describe, expectTypeOf, test } from 'vitest'
import { Cache, type Key, withContext } from './index.ts'

const cache = new Cache()
declare const text: string

describe('a memoized function', () => {
  test('keeps arguments and result in memory', () => {
    const area = cache.memoize('area', (width: number, height?: number) => `${width * (height ?? 1)}`)
    expectTypeOf(area).toBeCallableWith(1)
    expectTypeOf(area(1, 2)).toEqualTypeOf<string>()
    const load = cache.memoize('load', async (id: number) => ({ id }))
    expectTypeOf(load(1)).toEqualTypeOf<Promise<{ id: number }>>()
    expectTypeOf(area.clear()).toEqualTypeOf<number>()
    // @ts-expect-error: the arguments are those of the function.
    area('1')
  })

  test('answers with a promise where its key is persistent', () => {
    const embed = cache.memoize('./embed@2', { hashVal: 1 }, (word: string) => word.length)
    expectTypeOf(embed('stag')).toEqualTypeOf<Promise<number>>()
    expectTypeOf(embed.delete('stag')).toEqualTypeOf<Promise<boolean>>()
    expectTypeOf(embed.clear()).toEqualTypeOf<Promise<number>>()
    expectTypeOf(embed.keyOf('stag')).toEqualTypeOf<Key<number, 'persistent'>>()
  })

  test('may do either where the tier of its key is not known', () => {
    const embed = cache.memoize(text, (word: string) => word.length)
    expectTypeOf(embed('stag')).toEqualTypeOf<number | Promise<number>>()
  })

  test('has the types of defaults, and in memory those of generic functions', () => {
    const add = cache.memoize('add@1', (a: number, b = 10) => a + b)
    expectTypeOf(add(1)).toEqualTypeOf<number>()
    expectTypeOf(add.keyOf(1, 2)).toEqualTypeOf<Key<number, 'memory'>>()
    // @ts-expect-error: the default is a number.
    add(1, '2')
    const stored = cache.memoize('./add@1', { ttl: 1 }, async (a: number, b = 10) => a + b)
    expectTypeOf(stored).parameters.toEqualTypeOf<[a: number, b?: number | undefined]>()
    expectTypeOf(stored(1)).toEqualTypeOf<Promise<number>>()
    const list = cache.memoize('list', <T>(value: T): T[] => [value])
    expectTypeOf(list('stag')).toEqualTypeOf<string[]>()
    expectTypeOf(list.clear()).toEqualTypeOf<number>()
    const marked = Object.assign((n: number) => n, { mark: 1 })
    // @ts-expect-error: what else the function has is not passed on.
    cache.memoize('marked', marked).mark
    expectTypeOf(cache.memoize('marked', marked)(1)).toEqualTypeOf<number>()
  })

  test('keeps its this, and loses its context', () => {
    const times = cache.memoize('times', function (this: { factor: number }, n: number) {
      return this.factor * n
    })
    expectTypeOf(times.call({ factor: 2 }, 1)).toEqualTypeOf<number>()
    // @ts-expect-error: without this it does not work.
    times(1)
    const named = cache.memoize(
      'named',
      withContext(({ key }, n: number) => `${key}${n}`),
    )
    expectTypeOf(named(1)).toEqualTypeOf<string>()
  })

  test('is what the schema says', () => {
    const typed = new Cache<{ length: number }>()
    typed.memoize('length', (word: string) => word.length)
    // @ts-expect-error: it returns no number.
    typed.memoize('length', (word: string) => word)
    const modes = new Cache<{ mode: 'on' | 'off' }>()
    expectTypeOf(modes.memoize('mode', (_word: string) => 'on')('a')).toEqualTypeOf<'on'>()
    // @ts-expect-error: there is no such name.
    typed.memoize('lenght', (word: string) => word.length)
  })
})
