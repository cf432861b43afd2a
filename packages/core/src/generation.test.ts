import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Deferred, deferred, settled, until } from '../test/deferred.ts'
import { recorded } from '../test/recorded.ts'
import { Cache } from './cache.ts'
import { CacheError } from './errors.ts'
import { platform, type Signal } from './platform.ts'
import type { ClaimAnswer, Patience, Wanted } from './store.ts'
import { MemoryReferenceStore } from './testing/memory-reference-store.ts'
import { withContext } from './with-context.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** A cache of its own process, as it were, of the entries of `sibling`; the two know nothing of each other. */
function newProcess(sibling?: MemoryReferenceStore) {
  const store = new MemoryReferenceStore(sibling)
  const cache = new Cache({ store, clock: () => 7000 })
  const asked = vi.spyOn(store, 'claim')
  return { store, cache, asked, events: recorded(cache) }
}

function twoProcesses() {
  const one = newProcess()
  return { one, other: newProcess(one.store) }
}

type Process = ReturnType<typeof newProcess>
type Run = Deferred<unknown> & { readonly signal: Signal }

/** A generator under control: each of its runs is settled by the test. */
function generator() {
  const runs: Run[] = []
  const generate = withContext(({ signal }): Promise<unknown> => {
    const run = deferred<unknown>()
    runs.push({ ...run, signal })
    return run.promise
  })
  return { generate, runs, begun: (count = 1) => until(() => runs.length >= count) }
}

/** Where `one` generates, and `other` waits for it. */
async function waiting(options: { maxWait?: number; signal?: AbortSignal } = {}) {
  const { one, other } = twoProcesses()
  const { generate, runs, begun } = generator()
  const first = one.cache.cache('./a', generate)
  await begun()
  const second = other.cache.cache('./a', options, generate)
  await until(() => other.asked.mock.calls.length === 1)
  await settled()
  return { one, other, first, second, generate, runs, begun }
}

const typesOf = ({ events }: Process) => events.map(({ type }) => type)

describe('two processes that miss at once', () => {
  test('generate once, and the value that arrives is a hit', async () => {
    const { one, other, first, second, runs } = await waiting()
    runs[0]?.resolve({ rows: [1] })
    expect(await Promise.all([first, second])).toEqual([{ rows: [1] }, { rows: [1] }])
    expect(runs).toHaveLength(1)
    expect(typesOf(one)).toEqual(['miss', 'generate', 'store'])
    expect(typesOf(other)).toEqual(['hit'])
    const { cost } = (await one.store.read('./a')) ?? {}
    expect(other.cache.stats()).toMatchObject({ hits: 1, joined: 0, generated: 0, timeSaved: cost })
  })

  test('generate once for all callers of each', async () => {
    const { other, first, second, generate, runs } = await waiting()
    const third = other.cache.cache('./a', generate)
    await settled()
    runs[0]?.resolve('value')
    expect(await Promise.all([first, second, third])).toEqual(['value', 'value', 'value'])
    expect(runs).toHaveLength(1)
    expect(other.cache.stats()).toMatchObject({ hits: 1, joined: 1 })
  })

  test('generate each its own name', async () => {
    const { one, other } = twoProcesses()
    const { generate, runs, begun } = generator()
    const both = [one.cache.cache('./a', generate), other.cache.cache('./b', generate)]
    await begun(2)
    for (const [index, run] of runs.entries()) run.resolve(index)
    expect(await Promise.all(both)).toEqual([0, 1])
  })

  test('pass it on when the generator of the first one fails', async () => {
    const { first, second, runs, begun } = await waiting()
    const failure = new Error('no network')
    runs[0]?.reject(failure)
    await expect(first).rejects.toBe(failure)
    await begun(2)
    runs[1]?.resolve('second try')
    expect(await second).toBe('second try')
  })

  test('pass it on when the first one closes its store', async () => {
    const { one, other, first, second, runs, begun } = await waiting()
    await one.cache.close()
    await begun(2)
    runs[1]?.resolve('of the other')
    expect(await second).toBe('of the other')
    runs[0]?.resolve('of the one')
    expect(await first).toBe('of the one')
    expect(one.events.at(-1)).toMatchObject({ type: 'error', name: './a', error: { code: 'closed' } })
    expect(await other.cache.get('./a')).toBe('of the other')
  })

  test.each([
    { what: 'a value that cannot be stored', value: () => 1, type: 'function' },
    { what: 'undefined', value: undefined, type: 'undefined' },
  ])('generate on their own when the first result is $what', async ({ value, type }) => {
    const { one, other } = twoProcesses()
    const third = newProcess(one.store)
    const { generate, runs, begun } = generator()
    const calls = [one, other, third].map(({ cache }) => cache.cache('./a', generate))
    await begun()
    await settled()
    runs[0]?.resolve(value)
    await begun(3)
    runs[1]?.resolve(value)
    runs[2]?.resolve('storable')
    expect((await Promise.all(calls)).map(result => typeof result)).toEqual([type, type, 'string'])
    expect(await one.cache.has('./a')).toBe(false)
  })
})

describe('what changes an entry while another process generates it wins:', () => {
  test.each([
    { change: 'delete', make: ({ cache }: Process) => cache.delete('./a'), left: undefined },
    { change: 'clear', make: ({ cache }: Process) => cache.clear(), left: undefined },
    { change: 'set', make: ({ cache }: Process) => cache.set('./a', 'set'), left: 'set' },
  ])('$change', async ({ make, left }) => {
    const { one, other } = twoProcesses()
    const { generate, runs, begun } = generator()
    const caller = one.cache.cache('./a', generate)
    await begun()
    await make(other)
    runs[0]?.resolve('generated')
    expect(await caller).toBe('generated')
    expect(await one.cache.get('./a')).toBe(left)
    expect(typesOf(one)).not.toContain('store')
  })

  test('another version, which somebody asked for later', async () => {
    const { one, other, first, second, generate, runs, begun } = await waiting()
    const later = newProcess(one.store).cache.cache('./a', { version: 2 }, generate)
    await begun(3)
    const [earlier, newer, alone] = runs
    alone?.resolve('alone')
    newer?.resolve('newer')
    earlier?.resolve('earlier')
    const results = await Promise.all([first, second, later])
    expect(results[0]).toBe('earlier')
    expect([...results].sort()).toEqual(['alone', 'earlier', 'newer'])
    expect(await other.cache.get('./a', { version: 2 })).toBe(results[2])
  })

  test('and who has waited for it looks again', async () => {
    const { one, other, first, second, runs } = await waiting()
    await newProcess(one.store).cache.set('./a', 'set')
    expect(await second).toBe('set')
    runs[0]?.resolve('generated')
    expect(await first).toBe('generated')
    expect(await other.cache.get('./a')).toBe('set')
  })

  test('and who has waited for it generates where there is nothing to see', async () => {
    const { one, other, first, second, runs, begun } = await waiting()
    await newProcess(one.store).cache.delete('./a')
    await begun(2)
    runs[1]?.resolve('after')
    expect(await second).toBe('after')
    runs[0]?.resolve('before')
    expect(await first).toBe('before')
    expect(await other.cache.get('./a')).toBe('after')
    expect(other.asked).toHaveBeenCalledTimes(2)
  })
})

describe('what changes an entry while another process is waited for', () => {
  test('by set serves those who wait', async () => {
    const { one, other, first, second, runs } = await waiting()
    await other.cache.set('./a', 'set')
    expect(await second).toBe('set')
    runs[0]?.resolve('generated')
    await first
    expect(await one.cache.get('./a')).toBe('set')
    expect(runs).toHaveLength(1)
  })

  test.each([
    { change: 'delete', make: ({ cache }: Process) => cache.delete('./a') },
    { change: 'clear', make: ({ cache }: Process) => cache.clear() },
  ])('by $change lets them generate what is not kept', async ({ make }) => {
    const { other, second, generate, runs, begun } = await waiting()
    await make(other)
    const after = other.cache.cache('./a', generate)
    await begun(3)
    runs[1]?.resolve('one of them')
    runs[2]?.resolve('other')
    const results = await Promise.all([second, after])
    expect([...results].sort()).toEqual(['one of them', 'other'])
    expect(await other.cache.get('./a')).toBe(results[1])
  })

  test('by a set that could not be stored leaves the generation to others', async () => {
    const { one, first, second, runs, begun } = await waiting()
    await expect(one.cache.set('./a', () => 1)).rejects.toMatchObject({ code: 'unserializable' })
    runs[0]?.resolve('fenced')
    expect(await first).toBe('fenced')
    await begun(2)
    runs[1]?.resolve('kept')
    expect(await second).toBe('kept')
    expect(await one.cache.get('./a')).toBe('kept')
  })
})

describe('maxWait', () => {
  test('ends the wait for another process: the call generates by itself, and that is kept', async () => {
    const { one, other, first, second, runs, begun } = await waiting({ maxWait: 5 })
    await begun(2)
    runs[1]?.resolve('in time')
    expect(await second).toBe('in time')
    runs[0]?.resolve('late')
    expect(await first).toBe('late')
    expect(await one.cache.get('./a')).toBe('in time')
    expect(typesOf(other)).toEqual(['miss', 'generate', 'store'])
  })

  test('ends a circle of generators that wait for one another', async () => {
    const { one, other } = twoProcesses()
    const met = [deferred<void>(), deferred<void>()] as const
    const ask = (cache: Cache, mine: number, key: string) => async (): Promise<unknown> => {
      met[mine]?.resolve()
      await Promise.all(met.map(({ promise }) => promise))
      // The first one gives up first.
      const maxWait = mine === 0 ? 5 : 10_000
      return [await cache.cache(key, { maxWait }, () => `${key} by ${mine}`)]
    }
    const calls = [
      one.cache.cache('./a', ask(one.cache, 0, './b')),
      other.cache.cache('./b', ask(other.cache, 1, './a')),
    ]
    expect(await Promise.all(calls)).toEqual([['./b by 0'], [['./b by 0']]])
  })

  test('counts from the call, however often the entry changes', async () => {
    let now = 1000
    vi.spyOn(platform.performance, 'now').mockImplementation(() => now)
    const { one, other, second, runs, begun } = await waiting({ maxWait: 500 })
    now += 200
    await newProcess(one.store).cache.set('./a', 'of another version', { version: 9 })
    await begun(2)
    runs[1]?.resolve('value')
    expect(await second).toBe('value')
    expect(other.asked.mock.calls.map(([, , { maxWait }]) => maxWait)).toEqual([500, 300])
  })

  test('has no limit unless one is given', async () => {
    const { other, second, runs } = await waiting()
    expect(other.asked.mock.calls[0]?.[2].maxWait).toBeUndefined()
    runs[0]?.resolve(1)
    await second
  })
})

describe('giving up', () => {
  test('by all who wait for another process ends the wait, and generates nothing later', async () => {
    const controller = new AbortController()
    const { one, other, first, second, generate, runs } = await waiting({ signal: controller.signal })
    controller.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    await expect(other.asked.mock.results[0]?.value).rejects.toThrow('gone')
    expect(other.events).toEqual([])
    runs[0]?.reject(new Error('no'))
    await expect(first).rejects.toThrow('no')
    await settled()
    expect(runs).toHaveLength(1)
    const later = one.cache.cache('./a', generate)
    await until(() => runs.length === 2)
    runs[1]?.resolve('later')
    expect(await later).toBe('later')
  })

  test('by one of them leaves the others waiting', async () => {
    const controller = new AbortController()
    const { other, second, generate, runs } = await waiting({ signal: controller.signal })
    const third = other.cache.cache('./a', generate)
    await settled()
    controller.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    runs[0]?.resolve('value')
    expect(await third).toBe('value')
  })

  test('lets who asks later begin to wait anew', async () => {
    const controller = new AbortController()
    const { other, second, generate, runs } = await waiting({ signal: controller.signal })
    controller.abort(new Error('gone'))
    const later = other.cache.cache('./a', generate)
    await expect(second).rejects.toThrow('gone')
    await until(() => other.asked.mock.calls.length === 2)
    runs[0]?.resolve('value')
    expect(await later).toBe('value')
    expect(runs).toHaveLength(1)
  })

  test('as the claim is granted gives it back', async () => {
    const { one, other } = twoProcesses()
    const controller = new AbortController()
    const generate = vi.fn(() => 'generated')
    other.asked.mockImplementation(async (...asked) => {
      const answer = await MemoryReferenceStore.prototype.claim.apply(other.store, asked)
      controller.abort(new Error('gone'))
      return answer
    })
    await expect(other.cache.cache('./a', { signal: controller.signal }, generate)).rejects.toThrow('gone')
    expect(await one.cache.cache('./a', () => 'of one')).toBe('of one')
    expect(generate).not.toHaveBeenCalled()
  })

  test('as the entry is looked at again gives the claim back', async () => {
    const { one, other } = twoProcesses()
    const controller = new AbortController()
    const generate = vi.fn(() => 'generated')
    const read = vi.spyOn(other.store, 'read')
    other.asked.mockImplementation(async (...asked) => {
      read.mockImplementationOnce(async () => {
        controller.abort(new Error('gone'))
        return undefined
      })
      return MemoryReferenceStore.prototype.claim.apply(other.store, asked)
    })
    await expect(other.cache.cache('./a', { signal: controller.signal }, generate)).rejects.toThrow('gone')
    expect(await one.cache.cache('./a', () => 'of one')).toBe('of one')
    expect(generate).not.toHaveBeenCalled()
  })

  test('by all callers of a generator passes it on, also when the generator goes on', async () => {
    const { one, other } = twoProcesses()
    const { generate, runs, begun } = generator()
    const controller = new AbortController()
    const first = one.cache.cache('./a', { signal: controller.signal }, generate)
    await begun()
    const second = other.cache.cache('./a', generate)
    await until(() => other.asked.mock.calls.length === 1)
    controller.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    expect(runs[0]?.signal.aborted).toBe(true)
    await begun(2)
    runs[1]?.resolve('of the other')
    expect(await second).toBe('of the other')
  })

  test('does not abort a generator that did not ask for its signal', async () => {
    const { one, other } = twoProcesses()
    const run = deferred<unknown>()
    const generate = vi.fn(() => run.promise)
    const controller = new AbortController()
    const first = one.cache.cache('./a', { signal: controller.signal }, generate)
    await until(() => generate.mock.calls.length === 1)
    controller.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    run.resolve('finished all the same')
    expect(await other.cache.cache('./a', () => 'anew')).toBe('finished all the same')
  })
})

describe('a claim', () => {
  test('is asked for a miss only', async () => {
    const { one, other } = twoProcesses()
    await one.cache.cache('./a', { version: 3, params: 1, hashParams: true }, () => 1)
    await one.cache.cache('./a', { version: 3, params: 1, hashParams: true }, () => 2)
    await other.cache.get('./b')
    expect(one.asked.mock.calls).toEqual([
      ['./a', { stamp: '1.3', params: expect.stringMatching(/^[0-9a-f]{64}$/) }, expect.anything()],
    ])
    expect(other.asked).not.toHaveBeenCalled()
  })

  test('is given back where a value was stored just before it was granted', async () => {
    const { one, other } = twoProcesses()
    other.asked.mockImplementationOnce(async (...asked) => {
      await one.cache.set('./a', 'just before')
      return MemoryReferenceStore.prototype.claim.apply(other.store, asked)
    })
    const generate = vi.fn(() => 'generated')
    expect(await other.cache.cache('./a', generate)).toBe('just before')
    expect(typesOf(other)).toEqual(['hit'])
    expect(generate).not.toHaveBeenCalled()
    expect(
      await one.store.claim('./a', { stamp: Cache.keyAndVersion('./a', 1)[1], params: undefined }, {}),
    ).toBeTypeOf('object')
  })

  test('does not hold up a generator that uses the cache', async () => {
    const { one } = twoProcesses()
    const value = await one.cache.cache('./a', async () => {
      const part = await one.cache.cache('./part', async () => 2)
      const earlier = await one.cache.cache('./a', { version: 9 }, async () => 40)
      return (part as number) + (earlier as number)
    })
    expect(value).toBe(42)
    expect(await one.cache.get('./a', { version: 9 })).toBe(40)
  })
})

describe('a store that fails', () => {
  const failure = new CacheError('store-write', 'The disk is full.')

  test('to claim lets the generator run and its result be stored, with an error event', async () => {
    const { one } = twoProcesses()
    one.asked.mockRejectedValue(failure)
    expect(await one.cache.cache('./a', () => 'generated')).toBe('generated')
    expect(typesOf(one)).toEqual(['error', 'miss', 'generate', 'store'])
    expect(one.events[0]).toEqual({ type: 'error', name: './a', error: failure })
    expect(await one.cache.get('./a')).toBe('generated')
  })

  test('to claim, and to write as well, returns what was generated, with one error event', async () => {
    const { one } = twoProcesses()
    one.asked.mockRejectedValue(failure)
    vi.spyOn(one.store, 'write').mockRejectedValue(new CacheError('store-write', 'The disk is full still.'))
    expect(await one.cache.cache('./a', () => 'generated')).toBe('generated')
    expect(typesOf(one)).toEqual(['error', 'miss', 'generate'])
  })

  test.each([
    ['with another code', new CacheError('unserializable', 'A function.')],
    ['for another reason', new CacheError('store-write', 'No.', { cause: { code: 'ENOSPC' } })],
    ['with an error of its own', failure.message],
  ])('to claim, and to write %s, tells of both', async (_, other) => {
    const { one } = twoProcesses()
    one.asked.mockRejectedValue(failure)
    vi.spyOn(one.store, 'write').mockRejectedValue(other)
    expect(await one.cache.cache('./a', () => 'generated')).toBe('generated')
    expect(typesOf(one)).toEqual(['error', 'miss', 'generate', 'error'])
  })

  test('to write with a claim returns what was generated, and who waits generates for itself', async () => {
    const { one, other, first, second, runs, begun } = await waiting()
    vi.spyOn(one.store, 'write').mockRejectedValue(failure)
    runs[0]?.resolve('of one')
    expect(await first).toBe('of one')
    expect(one.events.at(-1)).toEqual({ type: 'error', name: './a', error: failure })
    await begun(2)
    runs[1]?.resolve('of other')
    expect(await second).toBe('of other')
    expect(typesOf(other)).toEqual(['miss', 'generate'])
  })

  test('to release a claim is reported, and the error of the generator is not lost', async () => {
    const { one } = twoProcesses()
    one.asked.mockImplementation(
      async (): Promise<ClaimAnswer> => ({
        write: () => Promise.reject(failure),
        release: () => Promise.reject(failure),
      }),
    )
    const thrown = new Error('of the generator')
    await expect(one.cache.cache('./a', () => Promise.reject(thrown))).rejects.toBe(thrown)
    await settled()
    expect(typesOf(one)).toEqual(['miss', 'generate', 'error'])
    expect(await one.cache.cache('./a', () => 'generated')).toBe('generated')
    await settled()
    expect(typesOf(one)).toEqual(['miss', 'generate', 'error', 'miss', 'generate', 'error'])
  })

  test('since it was closed while another process was waited for, lets the generator run', async () => {
    const { one, other, first, second, runs, begun } = await waiting()
    await other.cache.close()
    await begun(2)
    runs[1]?.resolve('of other')
    expect(await second).toBe('of other')
    expect(other.events[0]).toMatchObject({ type: 'error', name: './a', error: { code: 'closed' } })
    runs[0]?.resolve('of one')
    expect(await first).toBe('of one')
    expect(await one.cache.get('./a')).toBe('of one')
  })
})

test('a store may answer as it likes, over and over', async () => {
  const { one } = twoProcesses()
  const answers: ClaimAnswer[] = ['look-again', 'look-again', 'look-again', 'alone']
  one.asked.mockImplementation(
    async (_name: string, _wanted: Wanted, _patience: Patience) => answers.shift() as ClaimAnswer,
  )
  expect(await one.cache.cache('./a', () => 'generated')).toBe('generated')
  expect(typesOf(one)).toEqual(['miss', 'generate'])
  expect(answers).toEqual([])
})
