import { describe, expect, test, vi } from 'vitest'
import { deferred } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { platform } from './platform.ts'

interface Rows {
  rows: { cells: number[] }[]
}
const make = (): Rows => ({ rows: [{ cells: [1] }] })

class Point {
  readonly x = 1
}

// Not everywhere: docs/runtimes.md.
const keepsCauses = platform.structuredClone(new Error('a', { cause: 1 })).cause === 1
const addition = Object.assign(new Map([[1, 2]]), { unit: 'm' })
const keepsAdditions = Object.hasOwn(platform.structuredClone(addition), 'unit')

test('by default what is handed out is what is held', () => {
  for (const cache of [new Cache(), new Cache({ sharing: 'share' })]) {
    const value = make()
    cache.set('a', value)
    expect(cache.get('a')).toBe(value)
    value.rows.push({ cells: [] })
  }
})

test('anything else is refused', () => {
  expect(() => new Cache({ sharing: 'clone' as never })).toThrow('sharing is "clone"')
})

describe('sharing: "freeze"', () => {
  test.each([
    { how: 'set', put: (cache: Cache) => cache.set('a', make()) },
    { how: 'generated', put: (cache: Cache) => cache.cache('a', make) },
    { how: 'memoized', put: (cache: Cache) => cache.set('a', cache.memoize('b', make)()) },
  ])('makes a change of what was $how an error', ({ put }) => {
    const cache = new Cache({ sharing: 'freeze' })
    put(cache)
    const value = cache.get('a') as Rows
    expect(() => value.rows.push({ cells: [] })).toThrow(TypeError)
    expect(() => value.rows[0]?.cells.push(2)).toThrow(TypeError)
    expect(value).toEqual(make())
  })

  test('hands out what is held, to the caller of the generator too', async () => {
    const cache = new Cache({ sharing: 'freeze' })
    const value = await cache.cache('a', async () => make())
    expect(Object.isFrozen(value.rows[0]?.cells)).toBe(true)
    expect(cache.get('a')).toBe(value)
  })

  test('goes through cycles, symbols and what is frozen already, and calls nothing', () => {
    const cache = new Cache({ sharing: 'freeze' })
    const key = Symbol('key')
    const inner = { list: [1] }
    const value = {
      self: undefined as unknown,
      outer: Object.freeze({ inner }),
      [key]: [1],
      get trap() {
        throw new Error('called')
      },
    }
    value.self = value
    cache.set('a', value)
    for (const part of [value, inner, inner.list, value[key]]) expect(Object.isFrozen(part)).toBe(true)
  })

  test('leaves instances, maps, dates and typed arrays as they are', () => {
    const cache = new Cache({ sharing: 'freeze' })
    const value = { point: new Point(), map: new Map(), bytes: new Uint8Array(2) }
    cache.set('a', value)
    value.map.set(1, 1)
    value.bytes[0] = 1
    expect(Object.values(value).some(part => Object.isFrozen(part))).toBe(false)
  })

  test('freezes a value of any depth', () => {
    let value: unknown[] = []
    for (let level = 0; level < 100_000; level++) value = [value]
    new Cache({ sharing: 'freeze' }).set('a', value)
    expect(Object.isFrozen(value[0])).toBe(true)
  })
})

describe('sharing: "copy"', () => {
  test('keeps what was set as it was, and hands out a copy each time', () => {
    const cache = new Cache({ sharing: 'copy' })
    const value = make()
    cache.set('a', value)
    value.rows.push({ cells: [] })
    const [one, other] = [cache.get('a'), cache.getOrThrow('a')] as [Rows, Rows]
    one.rows[0]?.cells.push(2)
    expect([other, cache.get('a'), cache.cache('a', make)]).toEqual([make(), make(), make()])
  })

  test('gives each caller of a generator its own', async () => {
    const cache = new Cache({ sharing: 'copy' })
    const mine = cache.cache('a', make)
    mine.rows.push({ cells: [] })
    expect(cache.get('a')).toEqual(make())

    const result = deferred<Rows>()
    const change = (value: Rows) => value.rows.push({ cells: [] })
    const generate = () => result.promise
    const answers = [1, 2, 3].map(async () => change(await cache.cache('b', generate)))
    result.resolve(make())
    expect(await Promise.all(answers)).toEqual([2, 2, 2])
    expect(cache.get('b')).toEqual(make())

    const memoized = cache.memoize('c', make)
    for (let call = 0; call < 3; call++) expect(change(memoized())).toBe(2)
    expect(cache.stats().generated).toBe(3)
  })

  test.each([
    { what: 'a function', value: { rows: [() => 1] }, message: 'cannot be copied' },
    {
      what: 'an instance',
      value: { rows: [1, { at: new Point() }] },
      message: 'a Point at "value.rows[1].at"',
    },
    {
      what: 'a property of an error',
      value: { failed: Object.assign(new Error('a'), { code: 'ENOENT' }) },
      message: 'a property of a Error at "value.failed.code"',
    },
    {
      what: 'an instance that caused an error',
      value: new Error('a', { cause: [new Point()] }),
      message: keepsCauses ? 'a Point at "value.cause[0]"' : 'a property of a Error at "value.cause"',
    },
    {
      what: 'a property of a date',
      value: [Object.assign(new Date(5), { zone: 'UTC' })],
      message: 'a property of a Date at "value[0].zone"',
    },
    ...(keepsAdditions
      ? []
      : [{ what: 'a property of a map', value: addition, message: 'a property of a Map at "value.unit"' }]),
    {
      what: 'a symbol',
      value: { rows: { [Symbol('a')]: 1 } },
      message: 'a property of a Object at "value.rows["Symbol(a)"]"',
    },
    { what: 'one in a map', value: new Map([[1, new Point()]]), message: 'a Point at "value["value 0"]"' },
  ])('refuses $what, which cache() hands out all the same', async ({ value, message }) => {
    const cache = new Cache({ sharing: 'copy' })
    cache.set('a', 1)
    expect(() => cache.set('a', value)).toThrow(expect.objectContaining({ code: 'unserializable' }))
    expect(cache.get('a')).toBe(1)
    const events = recorded(cache)
    expect(cache.cache('b', () => value)).toBe(value)
    expect(cache.has('b')).toBe(false)
    expect(await cache.cache('b', async () => value)).toStrictEqual(value)
    const errors = events.filter(event => event.type === 'error')
    expect(errors).toMatchObject([{ name: 'b' }, { name: 'b' }])
    expect(String(errors[0]?.['error']).replaceAll('\\', '')).toContain(message)
  })

  test('hands out whole what it has not kept, since its entry has changed meanwhile', async () => {
    const cache = new Cache({ sharing: 'copy' })
    const overtaken = cache.cache('a', async () => Object.assign(new Error('b'), { code: 7 }))
    cache.delete('a')
    expect(await overtaken).toMatchObject({ code: 7 })
  })

  test('copies what structured clone can: cycles, maps, dates, typed arrays, objects without a prototype', () => {
    const cache = new Cache({ sharing: 'copy' })
    const value = { self: undefined as unknown, map: new Map([[{ a: 1 }, new Set([1])]]), at: new Date(5) }
    value.self = value
    cache.set('a', value)
    expect(cache.get('a')).toEqual(value)
    cache.set(
      'b',
      Object.assign(Object.create(null), { bytes: new Uint8Array([1]), error: new RangeError('a') }),
    )
    expect(cache.get('b')).toEqual({ bytes: new Uint8Array([1]), error: new RangeError('a') })
  })

  test('copies what is added to an array, the cause of an error, and more elements than a call has arguments', () => {
    const cache = new Cache({ sharing: 'copy' })
    const value = {
      match: /b/.exec('abc'),
      error: new Error('a', keepsCauses ? { cause: { code: 4 } } : {}),
      rows: Array(300_000).fill(1),
    }
    cache.set('a', value)
    expect(cache.get('a')).toEqual(value)
    expect(cache.get('a')).toMatchObject({ match: { index: 1 } })
    if (keepsCauses) expect(cache.get('a')).toMatchObject({ error: { cause: { code: 4 } } })
  })

  test('warns where nobody listens, once', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const cache = new Cache({ sharing: 'copy' })
    for (const name of 'ab') cache.cache(name, () => () => 1)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.calls[0]?.[0]).toMatch(/^StagCache has not kept a value: UnserializableValueError/)
    warn.mockRestore()
  })
})
