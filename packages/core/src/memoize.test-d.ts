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
    // @ts-expect-error: there is no such name.
    typed.memoize('lenght', (word: string) => word.length)
  })
})
