import { expect, test, vi } from 'vitest'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { type Attributes, type MeterLike, publishEvents, recordMetrics, recordSpans } from './diagnostics.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'

/** What a cache does of every kind. */
async function use(cache: Cache): Promise<void> {
  cache.cache('a', () => 1)
  cache.cache('a', () => 1)
  await cache.cache('./b', async () => 2)
  await cache.cache('./b', async () => 2)
  cache.set('large', 'large')
  cache.delete('a')
  await cache.clear()
}

const open = (store = new MemoryReferenceStore()) =>
  new Cache({ store, maxBytes: 10, sizeOf: value => (value === 'large' ? 11 : 3) })

test('each event is published on the channel of its type, where somebody listens', async () => {
  const cache = open()
  const published: unknown[] = []
  const stop = publishEvents(cache, {
    channel: name => ({
      hasSubscribers: !name.endsWith('hit'),
      publish: message => published.push({ type: name.replace('stagcache:', ''), ...(message as object) }),
    }),
  })
  const events = recorded(cache)
  await use(cache)
  expect(published).toEqual(events.filter(({ type }) => type !== 'hit'))
  expect(new Set(published.map(event => (event as { type: string }).type))).toEqual(
    new Set(['miss', 'store', 'generate', 'evict', 'delete', 'clear']),
  )
  stop()
  await use(cache)
  expect(published.length).toBeLessThan(events.length / 2)
})

function fakeMeter() {
  const values = new Map<string, number>()
  const observers = new Map<string, (result: { observe(value: number): void }) => void>()
  const note =
    (name: string) =>
    (value: number, attributes: Attributes = {}) => {
      const key = [name, ...Object.values(attributes)].join(' ')
      values.set(key, (values.get(key) ?? 0) + value)
    }
  const observable = (name: string) => ({
    addCallback: (observe: (result: { observe(value: number): void }) => void) =>
      observers.set(name, observe),
    removeCallback: () => observers.delete(name),
  })
  const meter: MeterLike = {
    createCounter: name => ({ add: note(name) }),
    createHistogram: name => ({ record: note(name) }),
    createObservableCounter: observable,
    createObservableGauge: observable,
  }
  const observe = () => {
    for (const [name, read] of observers) read({ observe: note(name) })
  }
  return { values, observers, meter, observe }
}

test('what happens is counted and measured', async () => {
  vi.useFakeTimers({ now: 0, toFake: ['performance'] })
  const cache = open()
  const { values, observers, meter, observe } = fakeMeter()
  const stop = recordMetrics(cache, meter, { attributes: { cache: 'mine' } })
  const slowly = () => {
    vi.advanceTimersByTime(2000)
    return 1
  }
  cache.cache('a', slowly)
  for (const key of ['a', 'a', 'b'] as const) cache.get(key)
  cache.set('large', 'large')
  await cache.cache('./a', slowly)
  await expect(cache.cache('./b', () => Promise.reject(new TypeError('no')))).rejects.toThrow('no')
  observe()
  vi.useRealTimers()
  expect(Object.fromEntries(values)).toEqual({
    'stagcache.hits mine memory false': 2,
    'stagcache.misses mine memory absent': 2,
    'stagcache.misses mine persistent absent': 2,
    'stagcache.stores mine memory': 1,
    'stagcache.stores mine persistent': 1,
    'stagcache.evictions mine memory': 1,
    'stagcache.generation.duration mine memory': 2,
    'stagcache.generation.duration mine persistent': 2,
    'stagcache.generation.duration mine persistent TypeError': 0,
    'stagcache.time_saved mine': 4,
    'stagcache.memory.size mine': 3,
  })
  stop()
  expect(observers.size).toBe(0)
  cache.get('a')
  expect(values.get('stagcache.hits mine memory false')).toBe(2)
})

test.each([
  { tier: 'memory', key: 'a' },
  { tier: 'persistent', key: './a' },
])('a hit rate of the tier $tier is that of stats(), whatever stands in', async ({ tier, key }) => {
  let now = 0
  const ttl = 100
  const cache = new Cache({ store: new MemoryReferenceStore(), clock: () => now, ttl, staleIfError: ttl })
  const { values, meter } = fakeMeter()
  recordMetrics(cache, meter)
  await cache.cache(key, () => 'old')
  const fails = () => Promise.reject(new Error('no'))
  expect(await cache.cache(key, fails)).toBe('old')
  now += ttl
  expect(await cache.cache(key, { staleWhileRevalidate: ttl }, () => 'new')).toBe('old')
  await vi.waitFor(async () => expect(await cache.get(key)).toBe('new'))
  now += ttl
  expect(await cache.cache(key, fails)).toBe('new')
  const { hits, misses, stale } = cache.stats()
  expect({ hits, absent: misses.absent, expired: misses.expired, stale }).toMatchObject({
    hits: (values.get(`stagcache.hits ${tier} false`) ?? 0) + 1,
    absent: values.get(`stagcache.misses ${tier} absent`),
    expired: values.get(`stagcache.misses ${tier} expired`),
    stale: 2,
  })
  expect([`hits ${tier} true`, `stand_ins ${tier}`].map(name => values.get(`stagcache.${name}`))).toEqual([
    1, 1,
  ])
})

test('errors and damage are counted, and no size where none is bounded', async () => {
  const store = new MemoryReferenceStore()
  store.read = () => Promise.reject(new Error('no'))
  const cache = new Cache({ store })
  const { values, meter, observe } = fakeMeter()
  recordMetrics(cache, meter)
  const events = recorded(cache)
  await cache.cache('./a', () => 1)
  cache.events.emit('corrupt', { place: 'here', reason: 'made by a test' })
  observe()
  const errors = events.filter(({ type }) => type === 'error').length
  expect(errors).toBeGreaterThan(0)
  expect([values.get('stagcache.errors'), values.get('stagcache.corruptions')]).toEqual([errors, 1])
  expect(values.has('stagcache.memory.size')).toBe(false)
})

test('a generation is a span of its length', async () => {
  const cache = open()
  const spans: { name: string; startTime: number; attributes: Attributes; end: number; told: unknown[] }[] =
    []
  const stop = recordSpans(cache, {
    startSpan(name, { startTime = 0, attributes = {} } = {}) {
      const told: unknown[] = []
      return {
        recordException: exception => void told.push(exception),
        setStatus: status => told.push(status),
        end: (end = 0) => void spans.push({ name, startTime, attributes, end, told }),
      }
    },
  })
  await cache.cache('./a@3', () => new Promise(resolve => setTimeout(() => resolve(1), 20)))
  const failure = new Error('no')
  const fail = () => {
    throw failure
  }
  expect(() => cache.cache('c', fail)).toThrow('no')
  stop()
  cache.cache('b', () => 1)
  expect(spans).toMatchObject([
    {
      name: 'stagcache.generate',
      attributes: { 'stagcache.name': './a', 'stagcache.tier': 'persistent' },
      told: [],
    },
    {
      name: 'stagcache.generate',
      attributes: { 'stagcache.name': 'c', 'stagcache.tier': 'memory' },
      told: [failure, { code: 2, message: 'Error: no' }],
    },
  ])
  const [{ startTime, end }] = spans as [(typeof spans)[0]]
  expect(end - startTime).toBeGreaterThan(15)
})

test.each([
  ['publishEvents', publishEvents, 'node:diagnostics_channel'],
  ['recordMetrics', recordMetrics, 'a meter of OpenTelemetry'],
  ['recordSpans', recordSpans, 'a tracer of OpenTelemetry'],
])('%s says what it lacks', (name, watch, what) => {
  expect(() => watch(new Cache(), undefined as never)).toThrow(`${name}() needs ${what} as its second`)
})
