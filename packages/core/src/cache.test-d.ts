import { describe, expectTypeOf, test } from 'vitest'
import {
  type Answer,
  Cache,
  type EntryOptions,
  type Explanation,
  type GenerateContext,
  type Generated,
  type GetOptions,
  type Key,
  memoryKey,
  persistentKey,
  resolveStamp,
  type Stamp,
  type StampPart,
  type Tier,
  type TierOf,
  withContext,
} from './index.ts'

interface Row {
  a: number
}

declare const build: (path: string, options?: { depth: number }) => Row[]
declare const buildAsync: (path: string) => Promise<Row[]>
declare const buildEither: (path: string) => Row[] | Promise<Row[]>
declare const id: string
declare const text: string
declare const rows: Row[]
declare const entryOptions: EntryOptions
declare const getOptions: GetOptions<null> | undefined

const cache = new Cache()

describe('the tier of a key', () => {
  test('is told by a literal', () => {
    expectTypeOf<TierOf<'table'>>().toEqualTypeOf<'memory'>()
    expectTypeOf<TierOf<'table@4'>>().toEqualTypeOf<'memory'>()
    expectTypeOf<TierOf<'./table'>>().toEqualTypeOf<'persistent'>()
    expectTypeOf<TierOf<'a/b@4'>>().toEqualTypeOf<'persistent'>()
  })

  test('is told by a template with a slash, and by no other', () => {
    expectTypeOf<TierOf<`./user/${string}`>>().toEqualTypeOf<'persistent'>()
    expectTypeOf<TierOf<`user:${string}`>>().toEqualTypeOf<Tier>()
    expectTypeOf<TierOf<string>>().toEqualTypeOf<Tier>()
  })

  test('is told by the tier or the name of an object', () => {
    expectTypeOf<TierOf<{ name: string; tier: 'memory' }>>().toEqualTypeOf<'memory'>()
    expectTypeOf<TierOf<{ name: './a'; tier: 'memory' }>>().toEqualTypeOf<'memory'>()
    expectTypeOf<TierOf<{ name: string; tier: Tier }>>().toEqualTypeOf<Tier>()
    expectTypeOf<TierOf<{ name: '@a/b' }>>().toEqualTypeOf<'persistent'>()
    expectTypeOf<TierOf<{ name: 'a' }>>().toEqualTypeOf<'memory'>()
    expectTypeOf<TierOf<{ name: string }>>().toEqualTypeOf<Tier>()
  })

  test('is told by a typed key', () => {
    expectTypeOf(memoryKey<Row>(text)).toEqualTypeOf<Key<Row, 'memory'>>()
    expectTypeOf(persistentKey<Row>(text)).toEqualTypeOf<Key<Row, 'persistent'>>()
    expectTypeOf<TierOf<Key<Row, 'persistent'>>>().toEqualTypeOf<'persistent'>()
  })

  test('decides whether there is a promise', () => {
    expectTypeOf<Answer<'memory', 1>>().toEqualTypeOf<1>()
    expectTypeOf<Answer<'persistent', 1>>().toEqualTypeOf<Promise<1>>()
    expectTypeOf<Answer<Tier, 1>>().toEqualTypeOf<1 | Promise<1>>()
    expectTypeOf<Generated<'memory', 1>>().toEqualTypeOf<1>()
    expectTypeOf<Generated<'memory', Promise<1>>>().toEqualTypeOf<1 | Promise<1>>()
    expectTypeOf<Generated<'persistent', 1>>().toEqualTypeOf<Promise<1>>()
    expectTypeOf<Generated<'persistent', Promise<1>>>().toEqualTypeOf<Promise<1>>()
    expectTypeOf<Generated<Tier, Promise<1>>>().toEqualTypeOf<1 | Promise<1>>()
  })
})

describe('cache()', () => {
  test('answers with what the generator returns, as the tier does', () => {
    expectTypeOf(cache.cache('table', build, 'x')).toEqualTypeOf<Row[]>()
    expectTypeOf(cache.cache('./table@4', build, 'x', { depth: 2 })).toEqualTypeOf<Promise<Row[]>>()
    expectTypeOf(cache.cache('table', buildAsync, 'x')).toEqualTypeOf<Row[] | Promise<Row[]>>()
    expectTypeOf(cache.cache('table', buildEither, 'x')).toEqualTypeOf<Row[] | Promise<Row[]>>()
    expectTypeOf(cache.cache('./table', buildAsync, 'x')).toEqualTypeOf<Promise<Row[]>>()
    expectTypeOf(cache.cache(`user:${id}`, build, 'x')).toEqualTypeOf<Row[] | Promise<Row[]>>()
    expectTypeOf(cache.cache(`./user/${id}`, build, 'x')).toEqualTypeOf<Promise<Row[]>>()
    expectTypeOf(cache.cache(text, build, 'x')).toEqualTypeOf<Row[] | Promise<Row[]>>()
    expectTypeOf(cache.cache(memoryKey<Row[]>(text), build, 'x')).toEqualTypeOf<Row[]>()
    expectTypeOf(cache.cache({ name: id, tier: 'memory' }, build, 'x')).toEqualTypeOf<Row[]>()
    expectTypeOf(cache.cache({ name: './@scope/pkg', version: 3 }, build, 'x')).toEqualTypeOf<
      Promise<Row[]>
    >()
    expectTypeOf(cache.cache('./t', () => 5)).toEqualTypeOf<Promise<number>>()
  })

  test('takes options between key and generator', () => {
    const options = { version: 4, hashVal: { a: 1 }, params: null, hashParams: true, maxWait: '15m' } as const
    expectTypeOf(cache.cache('./table', options, build, 'x', { depth: 2 })).toEqualTypeOf<Promise<Row[]>>()
    expectTypeOf(cache.cache('table', { signal: new AbortController().signal }, build, 'x')).toEqualTypeOf<
      Row[]
    >()
  })

  test('passes a context to a marked generator, in front of its arguments', () => {
    const marked = withContext((context, path: string) => {
      expectTypeOf(context).toEqualTypeOf<GenerateContext>()
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
      return path.length
    })
    expectTypeOf(cache.cache('./t', marked, 'x')).toEqualTypeOf<Promise<number>>()
    expectTypeOf(cache.cache('t', { version: 1 }, marked, 'x')).toEqualTypeOf<number>()
    // @ts-expect-error the context is not the caller's to pass
    cache.cache('./t', marked, {} as GenerateContext, 'x')
    // @ts-expect-error a missing argument
    cache.cache('./t', marked)
    expectTypeOf(marked({} as GenerateContext, 'x')).toEqualTypeOf<number>()
    // @ts-expect-error who calls it has to pass one
    marked('x')
  })

  test('checks the generator and its arguments', () => {
    // @ts-expect-error a wrong argument
    cache.cache('./t', build, 5)
    // @ts-expect-error a missing argument
    cache.cache('./t', build)
    // @ts-expect-error one argument too many
    cache.cache('./t', buildAsync, 'x', 'y')
    // @ts-expect-error no generator
    cache.cache('./t', { version: 1 })
    // @ts-expect-error options behind the generator
    cache.cache('./t', () => 1, { version: 1 })
    // @ts-expect-error an unknown option
    cache.cache('./t', { versoin: 1 }, build, 'x')
    // @ts-expect-error no duration
    cache.cache('./t', { maxWait: 'soon' }, build, 'x')
    // @ts-expect-error a version that is neither number nor text
    cache.cache('./t', { version: true }, build, 'x')
  })
})

describe('the other verbs', () => {
  test('answer with values from memory', () => {
    expectTypeOf(cache.get('x')).toEqualTypeOf<unknown>()
    expectTypeOf(cache.getOrThrow('x')).toEqualTypeOf<unknown>()
    expectTypeOf(cache.has('x')).toEqualTypeOf<boolean>()
    expectTypeOf(cache.set('x', 1)).toEqualTypeOf<void>()
    expectTypeOf(cache.delete('x')).toEqualTypeOf<boolean>()
  })

  test('answer with promises from a store', () => {
    expectTypeOf(cache.get('./x')).toEqualTypeOf<Promise<unknown>>()
    expectTypeOf(cache.getOrThrow('./x@4')).toEqualTypeOf<Promise<unknown>>()
    expectTypeOf(cache.has('a/b')).toEqualTypeOf<Promise<boolean>>()
    expectTypeOf(cache.set('./x', 1, { version: 4 })).toEqualTypeOf<Promise<void>>()
    expectTypeOf(cache.delete({ name: 'a/b' })).toEqualTypeOf<Promise<boolean>>()
  })

  test('have to be awaited where the tier is unknown', () => {
    expectTypeOf(cache.has(text)).toEqualTypeOf<boolean | Promise<boolean>>()
    expectTypeOf(cache.set(text, 1)).toEqualTypeOf<void | Promise<void>>()
    // @ts-expect-error may be a promise
    const found: boolean = cache.has(text)
    void found
  })

  test('know the value of a typed key', () => {
    const memory = memoryKey<Row[]>(`user:${id}`)
    const persistent = persistentKey<Row[]>('./rows@2')
    expectTypeOf(cache.get(memory)).toEqualTypeOf<Row[] | undefined>()
    expectTypeOf(cache.get(memory, { default: [] })).toEqualTypeOf<Row[] | readonly []>()
    expectTypeOf(cache.getOrThrow(memory)).toEqualTypeOf<Row[]>()
    expectTypeOf(cache.get(persistent)).toEqualTypeOf<Promise<Row[] | undefined>>()
    expectTypeOf(cache.getOrThrow(persistent)).toEqualTypeOf<Promise<Row[]>>()
    cache.set(memory, rows)
    // @ts-expect-error another type of value
    cache.set(memory, 'rows')
    // @ts-expect-error another type of value
    void cache.set(persistent, [{ b: 1 }])
  })

  test('check their options', () => {
    // @ts-expect-error a default is for get
    cache.getOrThrow('x', { default: 1 })
    // @ts-expect-error an unknown option
    cache.has('x', { hash: 1 })
    // @ts-expect-error delete ignores the version and takes no options
    cache.delete('x', { version: 1 })
    // @ts-expect-error a key is a text or an object with a name
    cache.get(4)
    // @ts-expect-error no such tier
    cache.get({ name: 'x', tier: 'disk' })
  })

  test('clear and close are asynchronous', () => {
    expectTypeOf(cache.clear()).toEqualTypeOf<Promise<void>>()
    expectTypeOf(cache.close()).toEqualTypeOf<Promise<void>>()
  })
})

describe('explain', () => {
  test('answers as the tier does', () => {
    expectTypeOf(cache.explain('x')).toEqualTypeOf<Explanation>()
    expectTypeOf(cache.explain('./x@4', { hashVal: 1 })).toEqualTypeOf<Promise<Explanation>>()
    expectTypeOf(cache.explain(text)).toEqualTypeOf<Explanation | Promise<Explanation>>()
    // @ts-expect-error a default is for get
    cache.explain('x', { default: 1 })
  })

  test('is told apart by outcome and reason', () => {
    const why = cache.explain('x')
    expectTypeOf(why.message).toEqualTypeOf<string>()
    expectTypeOf(why.age).toEqualTypeOf<number | undefined>()
    if (why.outcome === 'hit') {
      expectTypeOf(why.stored).toEqualTypeOf<Stamp>()
      expectTypeOf(why.age).toEqualTypeOf<number>()
      // @ts-expect-error a hit has no reason
      void why.reason
    } else if (why.reason === 'stamp') {
      expectTypeOf(why.changed).toEqualTypeOf<readonly StampPart[]>()
      expectTypeOf(why.stored).toEqualTypeOf<Stamp>()
    } else if (why.reason === 'params') {
      expectTypeOf(why.storedAt).toEqualTypeOf<number>()
    } else {
      expectTypeOf(why.reason).toEqualTypeOf<'absent' | 'deleted' | 'evicted' | 'expired' | 'corrupt'>()
      expectTypeOf(why.cost).toEqualTypeOf<number | undefined>()
    }
  })
})

interface Schema {
  table: Row[]
  './table': { model: string }
  [user: `./user/${string}`]: { name: string }
}

describe('a cache with a schema', () => {
  const typed = new Cache<Schema>()

  test('knows the value of each key, with and without version', () => {
    expectTypeOf(typed.get('table')).toEqualTypeOf<Row[] | undefined>()
    expectTypeOf(typed.get('./table@4')).toEqualTypeOf<Promise<{ model: string } | undefined>>()
    expectTypeOf(typed.get('table', { default: [] })).toEqualTypeOf<Row[] | readonly []>()
    expectTypeOf(typed.get('table', { default: null, version: 4 })).toEqualTypeOf<Row[] | null>()
    expectTypeOf(typed.getOrThrow('table@4')).toEqualTypeOf<Row[]>()
    expectTypeOf(typed.get(`./user/${id}`)).toEqualTypeOf<Promise<{ name: string } | undefined>>()
  })

  test('takes options on which somebody else decides', () => {
    expectTypeOf(typed.get('table', entryOptions)).toEqualTypeOf<Row[] | undefined>()
    expectTypeOf(typed.get('table', getOptions)).toEqualTypeOf<Row[] | null | undefined>()
  })

  test('knows the value of an object key, in its tier', () => {
    expectTypeOf(typed.get({ name: 'table' })).toEqualTypeOf<Row[] | undefined>()
    expectTypeOf(typed.get({ name: 'table', version: 4 })).toEqualTypeOf<Row[] | undefined>()
    expectTypeOf(typed.get({ name: 'table', tier: 'memory' })).toEqualTypeOf<Row[] | undefined>()
    expectTypeOf(typed.get({ name: 'table', tier: 'persistent' })).toEqualTypeOf<
      Promise<{ model: string } | undefined>
    >()
    // @ts-expect-error not in the schema
    typed.get({ name: 'tabel', tier: 'memory' })
    // @ts-expect-error './table' is declared for the store only
    typed.get({ name: './table', tier: 'memory' })
  })

  test('takes values of the declared type only', () => {
    typed.set('table', rows)
    // @ts-expect-error the value of another key
    typed.set('table', { model: 'x' })
    // @ts-expect-error undefined is not a value
    typed.set('table', undefined)
  })

  test('takes generators of the declared type only', () => {
    expectTypeOf(typed.cache('table', () => rows)).toEqualTypeOf<Row[]>()
    expectTypeOf(typed.cache('./table', async () => ({ model: 'x' }))).toEqualTypeOf<
      Promise<{ model: string }>
    >()
    typed.cache('table', { version: 4 }, (): Row[] | undefined => undefined)
    typed.cache('./table', () => ({ model: 'x' }))
    // @ts-expect-error the value of another key
    typed.cache('./table', () => rows)
    // @ts-expect-error a promise of the value of another key
    typed.cache('table', { version: 4 }, async () => ({ model: 'x' }))
    // @ts-expect-error not what the key holds
    cache.cache(memoryKey<number>(text), () => 'text')
  })

  test('refuses keys that it does not have', () => {
    // @ts-expect-error misspelt
    typed.get('tabel')
    // @ts-expect-error misspelt, with a version
    typed.delete('tabel@4')
    // @ts-expect-error misspelt
    typed.has({ name: 'tabel' })
    // @ts-expect-error unknown at compile time
    typed.get(text)
    // @ts-expect-error misspelt
    typed.cache('tabel', build, 'x')
  })

  test('accepts typed keys beside it', () => {
    expectTypeOf(typed.get(memoryKey<number>(text))).toEqualTypeOf<number | undefined>()
  })

  test('refuses a value that was not awaited', () => {
    const answer = typed.get('./table')
    // @ts-expect-error it is a promise
    const value: { model: string } | undefined = answer
    void value
  })
})

describe('stamps', () => {
  test('are made by resolveStamp only', () => {
    expectTypeOf(resolveStamp(5, 4, 's1')).toEqualTypeOf<Stamp>()
    // @ts-expect-error a text is no stamp
    const stamp: Stamp = '5.4'
    void stamp
  })
})

describe('what time does to entries', () => {
  test('is said in durations', () => {
    cache.cache(
      'x',
      { ttl: '90s', staleWhileRevalidate: 500, timeout: { soft: '1s' }, refreshAhead: 2 },
      () => 1,
    )
    new Cache({ ttl: '1d', timeout: '5s' })
    // @ts-expect-error no unit
    cache.cache('x', { ttl: '90' }, () => 1)
  })

  test('may be migrated by a function that knows what was there', () => {
    expectTypeOf(
      cache.cache('x', { migrate: (old: { rows: number }, stamp) => `${old.rows} ${stamp}` }, () => 'new'),
    ).toEqualTypeOf<string>()
  })

  test('is nothing to verbs that cannot keep it', () => {
    // @ts-expect-error it cannot generate
    cache.get('x', { staleWhileRevalidate: 1 })
    // @ts-expect-error it does not wait
    cache.set('x', 1, { timeout: 1 })
  })
})

test('options may be built in steps', () => {
  const options: EntryOptions = { version: 4 }
  expectTypeOf(cache.get('x', options)).toEqualTypeOf<unknown>()
})

test('delete() of a prefix answers as the tier of the prefix does', () => {
  expectTypeOf(cache.delete({ prefix: 'user:' })).toEqualTypeOf<number>()
  expectTypeOf(cache.delete({ prefix: './user/' })).toEqualTypeOf<Promise<number>>()
  expectTypeOf(cache.delete({ prefix: 'http://', tier: 'memory' })).toEqualTypeOf<number>()
  expectTypeOf(cache.delete({ prefix: text })).toEqualTypeOf<number | Promise<number>>()
  expectTypeOf(cache.delete('table')).toEqualTypeOf<boolean>()
})
