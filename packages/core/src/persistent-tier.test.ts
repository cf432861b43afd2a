import { describe, expect, test, vi } from 'vitest'
import { deferred, settled } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { withoutClaims } from '../test/without-claims.ts'
import { Cache } from './cache.ts'
import { CacheError } from './errors.ts'
import type { Entry, EntryInfo, Store, StoreEvent } from './store.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { type GenerateContext, withContext } from './with-context.ts'

/** A store that fails, waits and reports as a test wants it. */
class Puppet extends MemoryReferenceStore implements Store {
  readonly calls: string[] = []
  readonly accepted: boolean[] = []
  readFails: Error | undefined
  writeFails: Error | undefined
  beforeReading: Promise<void> | undefined
  beforeWriting: Promise<void> | undefined
  listener: ((event: StoreEvent) => void) | undefined

  override async read(name: string, accept?: (info: EntryInfo) => boolean): Promise<Entry | undefined> {
    this.calls.push('read')
    const read = super.read(name, info => {
      const accepted = accept?.(info) ?? true
      this.accepted.push(accepted)
      return accepted
    })
    await this.beforeReading
    if (this.readFails) throw this.readFails
    return read
  }

  override async write(name: string, entry: Entry): Promise<void> {
    this.calls.push('write')
    if (this.beforeWriting) await this.beforeWriting
    if (this.writeFails) throw this.writeFails
    return super.write(name, entry)
  }

  observe(listener: (event: StoreEvent) => void): () => void {
    this.listener = listener
    return () => {
      this.listener = undefined
    }
  }
}

function withPuppet() {
  const store = withoutClaims(new Puppet())
  const cache = new Cache({ store, clock: () => 7000 })
  return { store, cache, events: recorded(cache) }
}

describe('what is kept', () => {
  test('is the value with its stamp, params, time and cost', async () => {
    const { store, cache } = withPuppet()
    await cache.cache('./a@4', { hashVal: 1, hashParams: true }, async size => size, 5)
    const entry = await store.read('./a')
    expect(entry).toEqual({
      value: 5,
      stamp: expect.stringMatching(/^1\.4#[0-9a-f]{64}$/),
      params: expect.stringMatching(/^[0-9a-f]{64}$/),
      storedAt: 7000,
      cost: expect.any(Number),
    })
  })

  test('costs nothing when it was set', async () => {
    const { store, cache } = withPuppet()
    await cache.set('./a', 1)
    expect(await store.read('./a')).toEqual({
      value: 1,
      stamp: '1.1',
      params: undefined,
      storedAt: 7000,
      cost: 0,
    })
  })

  test('is the callers own when it is read again', async () => {
    const { cache } = withPuppet()
    await cache.set('./a', { list: [1] })
    const one = (await cache.get('./a')) as { list: number[] }
    one.list.push(2)
    expect(await cache.get('./a')).toEqual({ list: [1] })
  })

  test('is what was set at the time of the call', async () => {
    const { cache } = withPuppet()
    const value = { list: [1] }
    const set = cache.set('./a', value)
    value.list.push(2)
    await set
    expect(await cache.get('./a')).toEqual({ list: [1] })
  })
})

describe('a store that cannot read', () => {
  const failure = new CacheError('store-read', 'The disk is gone.')

  test('lets cache() return what was generated, with an error event', async () => {
    const { store, cache, events } = withPuppet()
    store.readFails = failure
    expect(await cache.cache('./a', () => 'generated')).toBe('generated')
    expect(events.map(({ type }) => type)).toEqual(['error', 'miss', 'generate', 'store'])
    expect(events[0]).toEqual({ type: 'error', name: './a', error: failure })
  })

  test('does not serve what it can read again to who asks for something new', async () => {
    const store = new MemoryReferenceStore()
    const cache = new Cache({ store })
    cache.events.on('error', () => {})
    await cache.set('./a', 'there')
    vi.spyOn(store, 'read').mockRejectedValueOnce(failure)
    expect(await cache.cache('./a', { refresh: true }, () => 'new')).toBe('new')
  })

  test('does not serve what it can read again to who joins to get something new', async () => {
    const store = new MemoryReferenceStore()
    const cache = new Cache({ store })
    cache.events.on('error', () => {})
    const slow = deferred<void>()
    const claim = store.claim.bind(store)
    vi.spyOn(store, 'claim').mockImplementation(async (...asked) => {
      await slow.promise
      return claim(...asked)
    })
    const first = cache.cache('./a', () => 'new')
    await settled()
    await new Cache({ store: new MemoryReferenceStore(store) }).set('./a', 'there')
    vi.spyOn(store, 'read').mockRejectedValueOnce(failure)
    const joined = cache.cache('./a', { refresh: true }, () => 'unused')
    await settled()
    slow.resolve()
    expect(await Promise.all([first, joined])).toEqual(['new', 'new'])
  })

  test('makes an entry that could not be fetched an absent one', async () => {
    const { store, cache, events } = withPuppet()
    await cache.set('./a', 'there')
    store.readFails = failure
    expect(await cache.cache('./a', () => 'generated')).toBe('generated')
    expect(events).toContainEqual(expect.objectContaining({ type: 'miss', reason: 'absent' }))
  })

  test('makes get, getOrThrow and has reject', async () => {
    const { store, cache, events } = withPuppet()
    store.readFails = failure
    await expect(cache.get('./a')).rejects.toBe(failure)
    await expect(cache.getOrThrow('./a')).rejects.toBe(failure)
    await expect(cache.has('./a')).rejects.toBe(failure)
    expect(events).toEqual([])
  })
})

describe('a store that cannot write', () => {
  const failure = new CacheError('store-write', 'The disk is full.')

  test('lets cache() return what was generated, with an error event', async () => {
    const { store, cache, events } = withPuppet()
    store.writeFails = failure
    expect(await cache.cache('./a', () => 'generated')).toBe('generated')
    expect(events.map(({ type }) => type)).toEqual(['miss', 'generate', 'error'])
    expect(events[2]).toEqual({ type: 'error', name: './a', error: failure })
    expect(cache.stats().stored).toBe(0)
    store.writeFails = undefined
    expect(await cache.cache('./a', () => 'second')).toBe('second')
    expect(await cache.get('./a')).toBe('second')
  })

  test('makes set reject, and the earlier entry stays', async () => {
    const { store, cache, events } = withPuppet()
    await cache.set('./a', 'earlier')
    store.writeFails = failure
    await expect(cache.set('./a', 'later')).rejects.toBe(failure)
    expect(await cache.get('./a')).toBe('earlier')
    expect(events.map(({ type }) => type)).toEqual(['store', 'hit'])
  })

  test('serves everyone who joined', async () => {
    const { store, cache } = withPuppet()
    store.writeFails = failure
    const generate = vi.fn(async () => ({}))
    const [one, other] = await Promise.all([cache.cache('./a', generate), cache.cache('./a', generate)])
    expect(one).toBe(other)
    expect(generate).toHaveBeenCalledTimes(1)
  })
})

test('a value that cannot be stored is returned with an error event, and refused by set', async () => {
  const { cache, events } = withPuppet()
  const value = { model: { predict: () => 1 } }
  expect(await cache.cache('./a', () => value)).toBe(value)
  const refused = { code: 'unserializable', path: 'value.model.predict' }
  expect(events.at(-1)).toMatchObject({ type: 'error', name: './a', error: refused })
  await expect(cache.set('./a', value)).rejects.toMatchObject(refused)
})

describe('a store that does not answer', () => {
  const never = new Promise<void>(() => {})
  const reason = new Error('gone')

  function hanging() {
    const { store, cache, events } = withPuppet()
    store.beforeReading = never
    const controller = new AbortController()
    return { store, cache, events, signal: controller.signal, abort: () => controller.abort(reason) }
  }

  test('keeps nobody waiting whose signal is aborted, and generates nothing for them', async () => {
    const { store, cache, signal, abort } = hanging()
    const generate = vi.fn(() => 'generated')
    const caller = cache.cache('./a', { signal }, generate)
    abort()
    await expect(caller).rejects.toBe(reason)
    store.beforeReading = undefined
    expect(await cache.has('./a')).toBe(false)
    expect(generate).not.toHaveBeenCalled()
  })

  test('keeps nobody waiting for longer than the timeout', async () => {
    const { store, cache } = hanging()
    const caller = cache.cache('./a', { timeout: 10 }, () => 'generated')
    await expect(caller).rejects.toMatchObject({ code: 'generation-timeout' })
    store.beforeReading = undefined
    expect(await cache.cache('./a', { timeout: 1000 }, () => 'later')).toBe('later')
  })

  test('is waited for by maxWait, which is for what others generate', async () => {
    const { store, cache } = withPuppet()
    await cache.set('./a', 'value')
    store.beforeReading = new Promise(resolve => setTimeout(resolve, 20))
    expect(await cache.cache('./a', { maxWait: 0 }, () => 'generated')).toBe('value')
  })

  const stale = { ttl: 0, staleIfError: 1000 }
  const failure = new Error('no')
  const afterwards = (store: Puppet) => () => {
    store.beforeReading = never
    return Promise.reject(failure)
  }

  test('has nothing that stands in for an error', async () => {
    const { store, cache } = withPuppet()
    await cache.set('./a', 'old', stale)
    const caller = cache.cache('./a', { ...stale, timeout: 10 }, afterwards(store))
    await expect(caller).rejects.toBe(failure)
  })

  test('has nothing that stands in for an error until the signal is aborted', async () => {
    const { store, cache, signal, abort } = { ...hanging(), ...withPuppet() }
    await cache.set('./a', 'old', stale)
    const caller = cache.cache('./a', { ...stale, signal }, afterwards(store))
    await settled()
    abort()
    await expect(caller).rejects.toBe(failure)
  })

  test('to the look of a generation is no hindrance to the next one, once nobody waits for it', async () => {
    const { store, cache, signal, abort } = hanging()
    const slow = deferred<void>()
    store.beforeReading = slow.promise
    const generate = vi.fn(() => 'given up')
    const caller = cache.cache('./a', { signal }, generate)
    await settled()
    const slower = deferred<void>()
    store.beforeReading = slower.promise
    await cache.delete('./a')
    slow.resolve()
    await settled()
    abort()
    await expect(caller).rejects.toBe(reason)
    store.beforeReading = undefined
    expect(await cache.cache('./a', () => 'value')).toBe('value')
    slower.resolve()
    await settled()
    expect(generate).not.toHaveBeenCalled()
  })
})

describe('a store that takes too long to keep a result', () => {
  function slow(claims = false) {
    const store = claims ? new Puppet() : withoutClaims(new Puppet())
    const cache = new Cache({ store })
    const writing = deferred<void>()
    store.beforeWriting = writing.promise
    const events = recorded(cache)
    const errors = () => events.filter(({ type }) => type === 'error')
    return { store, cache, errors, end: writing.resolve }
  }

  test.each([{ claims: true }, { claims: false }])(
    'lets it be handed out after the timeout, and keeps it ($claims)',
    async ({ claims }) => {
      const { cache, errors, end } = slow(claims)
      const generate = vi.fn(async (_context: GenerateContext) => 'value')
      const call = () =>
        cache.cache(
          './a',
          { timeout: 10 },
          withContext(async context => {
            void context.signal
            return generate(context)
          }),
        )
      expect(await call()).toBe('value')
      expect(errors()).toEqual([
        { type: 'error', name: './a', error: expect.objectContaining({ code: 'generation-timeout' }) },
      ])
      expect(await call()).toBe('value')
      expect(errors()).toHaveLength(1)
      end()
      await settled()
      expect(await cache.get('./a')).toBe('value')
      expect(generate).toHaveBeenCalledTimes(1)
      expect(generate.mock.calls[0]?.[0].signal.aborted).toBe(false)
    },
  )

  test('has it handed out for no longer than it is valid', async () => {
    const store = withoutClaims(new Puppet())
    let now = 7000
    const cache = new Cache({ store, ttl: 50, timeout: 10, clock: () => now })
    cache.events.on('error', () => {})
    store.beforeWriting = new Promise(() => {})
    const generate = vi.fn(async () => now)
    expect(await cache.cache('./a', generate)).toBe(7000)
    now += 49
    expect(await cache.cache('./a', generate)).toBe(7000)
    now += 1
    expect(await cache.cache('./a', generate)).toBe(7050)
    expect(await cache.cache('./a', { ttl: 0 }, generate)).toBe(7050)
    expect(generate).toHaveBeenCalledTimes(3)
  })

  test('has another one generated for who asks for that', async () => {
    const { cache } = slow()
    const generate = vi.fn(async () => generate.mock.calls.length)
    expect(await cache.cache('./a', { timeout: 10 }, generate)).toBe(1)
    expect(await cache.cache('./a', { timeout: 10 }, generate)).toBe(1)
    expect(await cache.cache('./a', { timeout: 10, refresh: true }, generate)).toBe(2)
  })

  test('leaves nothing of it to what the generator has started and still runs', async () => {
    const contexts: { made?: unknown }[] = []
    const asyncContext = {
      getStore: () => undefined,
      run<R>(flight: object, task: () => R): R {
        contexts.push(flight)
        return task()
      },
    }
    const store = withoutClaims(new Puppet())
    const writing = deferred<void>()
    store.beforeWriting = writing.promise
    const call = new Cache({ store, asyncContext }).cache('./a', () => 'value')
    await settled()
    expect(contexts[0]?.made).toMatchObject({ value: 'value' })
    writing.resolve()
    await call
    await settled()
    expect(contexts[0]?.made).toBeUndefined()
  })

  test('is waited for by others no longer than their maxWait', async () => {
    const { cache, end } = slow()
    const first = cache.cache('./a', async () => 'value')
    await settled()
    expect(await cache.cache('./a', { maxWait: 10 }, () => 'other')).toBe('value')
    end()
    expect(await first).toBe('value')
  })

  test('has it handed out after the soft timeout rather than an old value', async () => {
    const { store, cache, errors, end } = slow()
    const stale = { ttl: 0, staleIfError: 1000 }
    store.beforeWriting = undefined
    await cache.set('./a', 'old', stale)
    store.beforeWriting = new Promise(() => {})
    const options = { ...stale, timeout: { soft: 10 } }
    expect(await cache.cache('./a', options, async () => 'new')).toBe('new')
    expect(cache.stats().stale).toBe(0)
    expect(errors()).toEqual([])
    end()
  })

  test('is not waited for by who is aborted, and keeps it', async () => {
    const { cache, end } = slow()
    const controller = new AbortController()
    const caller = cache.cache(
      './a',
      { signal: controller.signal },
      withContext(async ({ signal }) => signal.aborted),
    )
    await settled()
    controller.abort(new Error('gone'))
    await expect(caller).rejects.toThrow('gone')
    end()
    await settled()
    expect(await cache.get('./a')).toBe(false)
  })
})

describe('the store is asked', () => {
  test('once for a hit and once for a miss', async () => {
    const { store, cache } = withPuppet()
    await cache.cache('./a', () => 1)
    expect(store.calls).toEqual(['read', 'write'])
    await cache.cache('./a', () => 2)
    expect(store.calls).toEqual(['read', 'write', 'read'])
    await cache.has('./a')
    expect(store.calls).toEqual(['read', 'write', 'read', 'read'])
  })

  test('not for the value by has, nor for one that is not valid', async () => {
    const { store, cache } = withPuppet()
    await cache.set('./a', 1)
    await cache.has('./a')
    await cache.get('./a', { version: 2 })
    await cache.get('./a')
    expect(store.accepted).toEqual([false, false, true])
  })

  test('not at all for a caller who has given up', async () => {
    const { store, cache } = withPuppet()
    await cache.set('./a', 1)
    const signal = AbortSignal.abort(new Error('gone'))
    await expect(cache.cache('./a', { signal }, () => 2)).rejects.toThrow('gone')
    expect(store.calls).toEqual(['write'])
  })

  test('for a caller who gives up meanwhile, without beginning to generate', async () => {
    const { store, cache } = withPuppet()
    const slow = deferred<void>()
    store.beforeReading = slow.promise
    const controller = new AbortController()
    const generate = vi.fn(() => 'generated')
    const caller = cache.cache('./a', { signal: controller.signal }, generate)
    controller.abort(new Error('gone'))
    slow.resolve()
    await expect(caller).rejects.toThrow('gone')
    expect(generate).not.toHaveBeenCalled()
  })

  test('again, where the entry may have changed since a caller looked', async () => {
    const { store, cache } = withPuppet()
    const slow = deferred<void>()
    store.beforeReading = slow.promise
    const generate = vi.fn(() => 'generated')
    const caller = cache.cache('./a', generate)
    await settled()
    store.beforeReading = undefined
    await cache.set('./a', 'set')
    slow.resolve()
    expect(await caller).toBe('set')
    expect(generate).not.toHaveBeenCalled()
  })

  test('again, but what a caller of refresh has seen there is no result for it', async () => {
    const { store, cache } = withPuppet()
    const [slow, slower] = [deferred<void>(), deferred<void>()]
    store.beforeReading = slow.promise
    const caller = cache.cache('./a', () => 'second')
    await settled()
    store.beforeReading = undefined
    await cache.cache('./a', () => 'first')
    store.beforeReading = slower.promise
    slow.resolve()
    await settled()
    store.beforeReading = undefined
    const refreshing = cache.cache('./a', { refresh: true }, () => 'third')
    await settled()
    slower.resolve()
    expect(await Promise.all([caller, refreshing])).toEqual(['second', 'second'])
    expect(await cache.get('./a')).toBe('second')
  })

  test('again, where a generation has ended since a caller looked', async () => {
    const { store, cache } = withPuppet()
    const slow = deferred<void>()
    store.beforeReading = slow.promise
    const generate = vi.fn(() => 'second')
    const caller = cache.cache('./a', generate)
    await settled()
    store.beforeReading = undefined
    await cache.cache('./a', () => 'first')
    slow.resolve()
    expect(await caller).toBe('first')
    expect(generate).not.toHaveBeenCalled()
  })
})

test('an entry that a store hands out unasked is checked', async () => {
  class Hasty extends MemoryReferenceStore {
    override read(name: string) {
      return super.read(name)
    }
  }
  const cache = new Cache({ store: new Hasty() })
  await cache.set('./a', 'old', { version: 1 })
  expect(await cache.get('./a', { version: 2 })).toBeUndefined()
  expect(await cache.cache('./a', { version: 2 }, () => 'new')).toBe('new')
})

describe('an entry that expires', () => {
  const stored = async (expiresAt: number) => {
    const { store, cache, events } = withPuppet()
    const [name, stamp] = Cache.keyAndVersion('./a', 1)
    await store.write(name, { value: 'old', stamp, params: undefined, storedAt: 0, cost: 0, expiresAt })
    return { cache, events }
  }

  test('is valid until then, by the clock of the cache', async () => {
    const { cache } = await stored(7001)
    expect(await cache.has('./a')).toBe(true)
    expect(await cache.get('./a')).toBe('old')
    expect(await cache.cache('./a', () => 'new')).toBe('old')
  })

  test('is a miss from then on, which says so', async () => {
    const { cache, events } = await stored(7000)
    expect(await cache.has('./a')).toBe(false)
    expect(await cache.get('./a')).toBeUndefined()
    await expect(cache.getOrThrow('./a')).rejects.toThrow('what is stored has expired')
    expect(await cache.cache('./a', () => 'new')).toBe('new')
    expect(cache.stats().misses).toEqual({ absent: 0, stamp: 0, params: 0, expired: 3, refresh: 0 })
    expect(events[0]).toMatchObject({ type: 'miss', reason: 'expired' })
    expect(await cache.get('./a')).toBe('new')
  })
})

describe('caches on one store', () => {
  const pair = () => {
    const store = new MemoryReferenceStore()
    return [new Cache({ store }), new Cache({ store })] as const
  }

  test('share its entries', async () => {
    const [one, other] = pair()
    await one.set('./a', 1)
    expect(await other.get('./a')).toBe(1)
    await other.delete('./a')
    expect(await one.has('./a')).toBe(false)
  })

  test('share its generations', async () => {
    const [one, other] = pair()
    const generate = vi.fn(async () => ({}))
    const [first, second] = await Promise.all([one.cache('./a', generate), other.cache('./a', generate)])
    expect(first).toBe(second)
    expect(generate).toHaveBeenCalledTimes(1)
  })

  test('win over each others generations', async () => {
    const [one, other] = pair()
    const run = deferred<string>()
    const caller = one.cache('./a', () => run.promise)
    await settled()
    await other.delete('./a')
    run.resolve('late')
    expect(await caller).toBe('late')
    expect(await one.has('./a')).toBe(false)
  })

  test('do not share what is in memory', () => {
    const [one, other] = pair()
    one.set('a', 1)
    expect(other.has('a')).toBe(false)
  })
})

describe('what a store reports', () => {
  test('becomes an event of the cache', () => {
    const { store, events } = withPuppet()
    const error = new Error('no')
    store.listener?.({ type: 'corrupt', place: '1.log:17', reason: 'checksum', name: './a' })
    store.listener?.({ type: 'corrupt', place: '1.log', reason: 'too short' })
    store.listener?.({ type: 'error', error })
    expect(events).toEqual([
      { type: 'corrupt', place: '1.log:17', reason: 'checksum', name: './a' },
      { type: 'corrupt', place: '1.log', reason: 'too short' },
      { type: 'error', error },
    ])
  })

  test('is heard until the cache is closed', async () => {
    const { store, cache } = withPuppet()
    expect(store.listener).toBeDefined()
    await cache.close()
    expect(store.listener).toBeUndefined()
  })
})
