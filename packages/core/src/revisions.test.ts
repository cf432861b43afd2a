import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { deferred } from '../test/deferred.ts'
import { Cache } from './cache.ts'
import { Revisions } from './revisions.ts'

describe('revision() and subscribe()', () => {
  test.each([
    { change: 'set', act: (cache: Cache) => cache.set('a', 2) },
    { change: 'set of another version', act: (cache: Cache) => cache.set('a@5', 2) },
    { change: 'set of the same value', act: (cache: Cache) => cache.set('a', 1) },
    { change: 'generation', act: (cache: Cache) => cache.cache('a@2', () => 2) },
    { change: 'delete', act: (cache: Cache) => cache.delete('a') },
    { change: 'clear', act: (cache: Cache) => cache.clear() },
    { change: 'eviction', act: (cache: Cache) => cache.set('b', 2) },
  ])('tell of a $change', ({ act }) => {
    const cache = new Cache({ maxEntries: 1 })
    const listener = vi.fn()
    cache.set('a', 1)
    cache.subscribe('a', listener)
    const before = cache.revision('a')
    void act(cache)
    expect(cache.revision('a')).toBeGreaterThan(before)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test.each([
    { event: 'hit', act: (cache: Cache) => cache.cache('a', () => 2) },
    { event: 'change of another entry', act: (cache: Cache) => cache.set('b', 1) },
    { event: 'delete of nothing', act: (cache: Cache) => cache.delete('c') },
    { event: 'generation of nothing', act: (cache: Cache) => cache.cache('a@2', () => undefined) },
  ])('say nothing of a $event', ({ act }) => {
    const cache = new Cache()
    const listener = vi.fn()
    cache.set('a', 1)
    for (const name of ['a', 'c']) cache.subscribe(name, listener)
    const before = cache.revision('a')
    act(cache)
    expect(cache.revision('a')).toBe(before)
    expect(listener).not.toHaveBeenCalled()
  })

  test('tell of an asynchronous generation when it is there', async () => {
    const cache = new Cache()
    const seen: unknown[] = []
    cache.subscribe('a@7', () => seen.push(cache.get('a')))
    const result = deferred<number>()
    const answer = cache.cache('a', () => result.promise)
    expect(seen).toEqual([])
    result.resolve(1)
    await answer
    expect(seen).toEqual([1])
  })

  test('a change between the first look and the subscription is seen by the second look', () => {
    const cache = new Cache()
    const look = () => cache.revision('a')
    const first = look()
    cache.set('a', 1)
    const unsubscribe = cache.subscribe('a', () => {})
    const second = look()
    expect(second).not.toBe(first)
    cache.set('a', 2)
    const third = look()
    unsubscribe()
    expect(look()).toBe(third)
  })

  test('a subscription ends, and one that was made twice ends twice', () => {
    const cache = new Cache()
    const listener = vi.fn()
    const [one, other] = [cache.subscribe('a', listener), cache.subscribe('a', listener)]
    cache.set('a', 1)
    expect(listener).toHaveBeenCalledTimes(2)
    one()
    one()
    cache.set('a', 1)
    expect(listener).toHaveBeenCalledTimes(3)
    other()
    cache.set('a', 1)
    expect(listener).toHaveBeenCalledTimes(3)
  })

  test('a listener is called when all has happened, and may use the cache', () => {
    const cache = new Cache()
    for (const name of 'ab') cache.set(name, 1)
    const seen: unknown[] = []
    cache.subscribe('a', () => {
      seen.push([cache.has('a'), cache.has('b')])
      if (!cache.has('a')) cache.set('a', 1)
    })
    void cache.clear()
    expect(seen).toEqual([
      [false, false],
      [true, false],
    ])
  })

  test('an error of a listener is not that of the call', () => {
    const queued: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => queued.push(task))
    const cache = new Cache()
    const listener = vi.fn()
    cache.subscribe('a', () => {
      throw new Error('no')
    })
    cache.subscribe('a', listener)
    cache.set('a', 1)
    vi.unstubAllGlobals()
    expect(listener).toHaveBeenCalledTimes(1)
    expect(queued[0]).toThrow('no')
  })

  test('are about memory', () => {
    expect(() => new Cache().revision('./a')).toThrow('only memory entries can be counted')
    expect(() => new Cache().subscribe('./a', () => {})).toThrow('only memory entries can be subscribed to')
  })
})

describe('revisions', () => {
  test('never go back, grow with each change, and stay the same in between while somebody listens', () => {
    const names = Array.from({ length: 6 }, (_, index) => `n${index}`)
    const step = fc.tuple(
      fc.constantFrom('change', 'subscribe', 'unsubscribe', 'flood'),
      fc.constantFrom(...names),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const revisions = new Revisions()
        const last = new Map(names.map(name => [name, 0]))
        const stops = new Map<string, () => void>()
        for (const [verb, changed] of steps) {
          if (verb === 'change') revisions.changed(changed)
          else if (verb === 'unsubscribe') stops.get(changed)?.()
          else if (verb === 'subscribe')
            stops.set(
              changed,
              revisions.subscribe(changed, () => {}),
            )
          else for (let other = 0; other < 4097; other++) revisions.changed(`other ${other}`)
          if (verb === 'unsubscribe') stops.delete(changed)
          for (const name of names) {
            const [before, now] = [last.get(name) as number, revisions.of(name)]
            if (verb === 'change' && name === changed) expect(now).toBeGreaterThan(before)
            else if (verb === 'flood' && !stops.has(name)) expect(now).toBeGreaterThanOrEqual(before)
            else expect(now).toBe(before)
            last.set(name, now)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})
