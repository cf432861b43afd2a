import { History, isLinearizable, type Timed } from '@stagcache/test-kit/linearizable'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  appSessionId,
  Cache,
  type Generate,
  type GenerateOptions,
  isCacheError,
  overrideAppSessionId,
  type Store,
  withContext,
} from '../src/index.ts'
import { platform } from '../src/platform.ts'
import { type Call, cacheSpecification } from './cache-specification.ts'
import { isLong } from './rounds.ts'
import { type Schedule, ScheduledStore } from './scheduled-store.ts'
import { withoutClaims } from './without-claims.ts'

/*
 * A few calls to one cache, or to two in turn that share a store, which begin when they like; generators, operations of the store, abortions and time-outs that
 * come when they like. What all were answered has to be what they would have been answered one after the other, and in
 * the end nobody waits, and nothing is left.
 */

const runs = isLong ? 30_000 : 400

const lifetime = 1000
const given = new Error('given up')

interface Demand {
  readonly version: number
  readonly refresh: boolean
  readonly leaves: 'never' | 'abort' | 'timeout' | 'soft' | 'maxWait'
}

type Step =
  | { readonly do: 'get' | 'set'; readonly name: string; readonly version: number }
  | { readonly do: 'delete'; readonly name: string }
  | { readonly do: 'clear' | 'age' | 'session' }
  | (Demand & {
      readonly do: 'cache'
      readonly name: string
      readonly generator: 'answers' | 'throws' | 'resolves' | 'rejects' | 'stops'
    })
  | (Demand & { readonly do: 'many'; readonly generator: 'answers' | 'resolves' | 'rejects' })

const name = fc.constantFrom('a', 'a', 'a', 'b')
// Version 0 is the session's.
const version = fc.constantFrom(0, 1, 1, 2)
const demand = {
  version,
  refresh: fc.constantFrom(false, false, false, true),
  leaves: fc.constantFrom('never', 'never', 'never', 'abort', 'timeout', 'soft', 'maxWait'),
} as const
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('cache' as const),
      name,
      ...demand,
      generator: fc.constantFrom('answers', 'throws', 'resolves', 'resolves', 'rejects', 'stops'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('many' as const),
      ...demand,
      generator: fc.constantFrom('answers', 'resolves', 'resolves', 'rejects'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'set' as const), name, version }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('clear' as const, 'age' as const, 'session' as const) }),
  },
)

// A batch counts as several calls: with many of them, or of others beside it, there would be too many orders to try.
const hasFewBatches = (steps: readonly Step[]) => {
  const batches = steps.filter(step => step.do === 'many').length
  return batches === 0 || (batches === 1 && steps.length <= 6)
}

/** What leaves an entry that is handed out and renewed. */
const stale: readonly Step[] = [{ do: 'set', name: 'a', version: 1 }, { do: 'age' }]

const tiers = {
  'the memory tier': { slash: '', claims: true },
  'the persistent tier': { slash: './', claims: true },
  'the persistent tier, without claims': { slash: './', claims: false },
}

class Observed extends Cache {
  see: ((name: string, value: unknown) => void) | undefined

  protected override memoryChanged(name: string, value: unknown): void {
    this.see?.(name, value)
  }
}

class Trial {
  readonly #caches: readonly Observed[]
  readonly history = new History<Call>()
  readonly open = new Set<Step>()
  readonly #schedule: Schedule
  readonly #slash: string
  /** The results of generations whose callers were answered something else. */
  readonly #renewals = new Set<string>()
  /** Results of batches in memory, which also run for keys that are served at once: perhaps they are of no generation. */
  readonly #spare = new Set<string>()
  #age = 0
  #made = 0
  #turn = 0
  #sessions = 0

  constructor(schedule: Schedule, { slash, claims }: { slash: string; claims: boolean }) {
    this.#schedule = schedule
    this.#slash = slash
    const store = new ScheduledStore(schedule, (entry, name) => {
      const end = this.history.begin()
      const { value, stamp, storedAt } = entry as typeof entry & { value: string }
      return () => isGenerated(value) && end({ verb: 'store', name, stamp, value, at: storedAt / lifetime })
    })
    const shared = claims ? store : withoutClaims(store)
    // Those that share nothing would be two of these trials.
    this.#caches = slash ? [this.#newCache(shared), this.#newCache(shared)] : [this.#newCache(shared)]
  }

  #newCache(store: Store): Observed {
    const cache = new Observed({
      ttl: lifetime,
      staleWhileRevalidate: lifetime,
      clock: () => this.#age * lifetime,
      store,
    })
    cache.events.on('error', () => {})
    cache.events.on('expire', ({ name }) => this.history.note({ verb: 'expire', name }))
    cache.see = (name, value) => {
      if (!isGenerated(value)) return
      const { stored: stamp } = cache.explain(name) as { stored?: string }
      this.history.note({ verb: 'store', name, stamp: stamp as string, value, at: this.#age })
    }
    return cache
  }

  /** One cache after the other. */
  #next(): Observed {
    return this.#caches[this.#turn++ % this.#caches.length] as Observed
  }

  async do(step: Step): Promise<void> {
    this.open.add(step)
    await this.#do(step)
    this.open.delete(step)
  }

  #do(step: Step): unknown {
    switch (step.do) {
      case 'age':
        this.#age++
        return this.history.note({ verb: 'age', name: '' })
      case 'session':
        return overrideAppSessionId(`s${++this.#sessions}`)
      case 'clear':
        return this.#clear()
      case 'delete':
        return this.#delete(this.#slash + step.name)
      case 'set':
        return this.#set(this.#slash + step.name, step.version)
      case 'get':
        return this.#get(this.#slash + step.name, step.version)
      case 'many':
        return this.#cacheMany([`${this.#slash}a`, `${this.#slash}b`], step)
      default:
        return this.#cache(this.#slash + step.name, step)
    }
  }

  get calls(): readonly (Call & Timed)[] {
    const { calls } = this.history
    const isWaitedFor = ({ name, stamp, value }: Call) =>
      calls.some(call => {
        const isSame = call.verb === 'cache' && call.name === name && call.stamp === stamp
        return isSame && (call.value === value || call.isHurried || call.outcome === 'gave-up')
      })
    const isSpare = ({ verb, value }: Call) =>
      verb === 'begin' &&
      this.#spare.has(value as string) &&
      calls.filter(call => call.value === value).length === 1
    return calls
      .filter(call => !isSpare(call))
      .map(call => {
        const renews = call.verb === 'begin' && this.#renewals.has(call.value as string) && !isWaitedFor(call)
        return renews ? { ...call, renews } : call
      })
  }

  // Not by `await`, where the cache answers at once: it would come to an end later than it did.
  #answered<T>(answer: T | Promise<T>, take: (answer: T) => void): unknown {
    return answer instanceof Promise ? answer.then(take) : take(answer)
  }

  #clear(): Promise<void> {
    const end = this.history.begin()
    return this.#next()
      .clear()
      .then(() => end({ verb: 'clear', name: '' }))
  }

  #delete(name: string): unknown {
    const end = this.history.begin()
    return this.#answered(this.#next().delete(name), existed => end({ verb: 'delete', name, existed }))
  }

  #set(name: string, version: number): unknown {
    const stamp = stampOf(name, version)
    const [value, at] = [`set${++this.#made}`, this.#age]
    const end = this.history.begin()
    return this.#answered(this.#next().set(name, value, { version }), () =>
      end({ verb: 'set', name, stamp, value, at }),
    )
  }

  #get(name: string, version: number): unknown {
    const stamp = stampOf(name, version)
    const end = this.history.begin()
    return this.#answered(this.#next().get(name, { version }), value =>
      end({ verb: 'get', name, stamp, value: value as string | undefined }),
    )
  }

  async #cache(name: string, step: Step & { do: 'cache' }): Promise<void> {
    const { version, refresh } = step
    const stamp = stampOf(name, version)
    const result = `generated${++this.#made}`
    const begin = this.history.begin()
    const generate = this.#generator(step, name, result, () =>
      begin({ verb: 'begin', name, stamp, value: result }),
    )
    const known = { verb: 'cache', name, stamp, refresh, isHurried: step.leaves === 'soft' } as const
    const end = this.history.begin()
    try {
      const answer = this.#next().cache(name, this.#options(step), generate as Generate<[], string>)
      const isWaiting = answer instanceof Promise
      const value = isWaiting ? await answer : answer
      // A promise from memory is that of a generation, perhaps of another one than its own.
      if (value !== result && (!isWaiting || this.#slash)) this.#renewals.add(result)
      end({ ...known, value })
    } catch (error) {
      if (error instanceof Failure)
        return end({ ...known, value: error.results.get(name), outcome: 'failed' })
      if (!isGivingUp(error)) throw error
      end({ ...known, outcome: 'gave-up' })
    }
  }

  // Taken down as one call for each of the names.
  async #cacheMany(names: readonly string[], step: Step & { do: 'many' }): Promise<void> {
    const stamps = new Map(names.map(name => [name, stampOf(name, step.version)]))
    const begins = new Map(names.map(name => [name, this.history.begin()]))
    const calls = names.map(name => ({ name, stamp: stamps.get(name) as string, end: this.history.begin() }))
    const results = new Map<string, string>()
    const generate = (missing: readonly string[]) => {
      const values = new Map(missing.map(name => [name, `generated${++this.#made}`]))
      for (const [name, value] of values) {
        begins.get(name)?.({ verb: 'begin', name, stamp: stamps.get(name) as string, value })
        results.set(name, value)
        if (!this.#slash) this.#spare.add(value)
      }
      return step.generator === 'answers' ? values : this.#settled(step, values, values)
    }
    const known = { verb: 'cache', refresh: step.refresh, isHurried: step.leaves === 'soft' } as const
    try {
      const answer: unknown = this.#next().cacheMany(
        names,
        this.#options(step),
        generate as () => Map<string, string>,
      )
      const values: Map<string, string> = answer instanceof Promise ? await answer : answer
      for (const { end, ...call } of calls) {
        const value = values.get(call.name) as string
        const result = results.get(call.name)
        if (result && value !== result && this.#slash) this.#renewals.add(result)
        end({ ...known, ...call, value })
      }
    } catch (error) {
      if (!(error instanceof Failure) && !isGivingUp(error)) throw error
      // Whose failure it was is not told.
      for (const { end, ...call } of calls) end({ ...known, ...call, outcome: 'gave-up' })
    }
  }

  #options({ version, refresh, leaves }: Demand): GenerateOptions {
    if (leaves === 'never') return { version, refresh }
    if (leaves === 'soft') return { version, refresh, staleIfError: lifetime, timeout: { soft: 1 } }
    if (leaves !== 'abort') return { version, refresh, [leaves]: 1 }
    const controller = new AbortController()
    void this.#schedule('abort').then(() => controller.abort(given))
    return { version, refresh, signal: controller.signal }
  }

  async #settled<T>(
    { generator }: { generator: string },
    results: ReadonlyMap<string, string>,
    value: T,
  ): Promise<T> {
    await this.#schedule([...results.values()].join())
    if (generator === 'rejects') throw new Failure(results)
    return value
  }

  // All that answer with promises are of one text, and so join each other; those that do not are of another.
  #generator({ generator }: Step & { do: 'cache' }, name: string, result: string, begin: () => void) {
    const results = new Map([[name, result]])
    if (generator === 'answers' || generator === 'throws') {
      return () => {
        begin()
        if (generator === 'throws') throw new Failure(results)
        return result
      }
    }
    const settle = () => this.#settled({ generator }, results, result)
    const stoppable = withContext(({ signal }): Promise<string> => {
      begin()
      return new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        settle().then(resolve, reject)
      })
    })
    const simple = () => {
      begin()
      return settle()
    }
    return generator === 'stops' ? stoppable : simple
  }

  /** Generates everything anew, and so finds what would still be joined. */
  async expectNothingLeft(names: readonly string[]): Promise<void> {
    for (const name of names) {
      for (const version of [0, 1, 2]) {
        let count = 0
        const options = { version, refresh: true }
        expect(await this.#next().cache(this.#slash + name, options, () => `anew ${++count}`)).toBe('anew 1')
        expect(count).toBe(1)
      }
    }
  }
}

class Failure extends Error {
  /** What the generation would have had as its results, by name. */
  readonly results: ReadonlyMap<string, string>

  constructor(results: ReadonlyMap<string, string>) {
    super([...results.values()].join())
    this.results = results
  }
}

const isGivingUp = (error: unknown) =>
  error === given || isCacheError(error, 'generation-timeout') || isCacheError(error, 'wait-timeout')

const isGenerated = (value: unknown): value is string => String(value).startsWith('generated')
const stampOf = (name: string, version: number) => Cache.keyAndVersion(name, 1, version)[1]

/**
 * What was never stored is answered to nobody who asks after somebody had it, and what was stored before to nobody who asks
 * for something new.
 */
function expectNothingOutdated(calls: readonly (Call & Timed)[]): void {
  const stored = new Map<string, number>()
  const had = new Map<string, number>()
  for (const { verb, value = '', ended } of calls) {
    if (verb === 'store' || verb === 'set') stored.set(value, ended)
    if (verb === 'cache' && !had.has(value)) had.set(value, ended)
  }
  for (const call of calls) {
    const { verb, value = '', refresh, began } = call
    if (verb !== 'cache' || call.isHurried || call.outcome === 'gave-up') continue
    // A generation is under way until the first one has its result, though that may be stored before.
    const latest = Math.max(had.get(value) ?? 0, refresh ? (stored.get(value) ?? 0) : 0)
    if (refresh || !stored.has(value)) expect(began, JSON.stringify(calls)).toBeLessThan(latest)
  }
}

const session = appSessionId()
const timers = new Set<unknown>()
let schedule: Schedule

beforeEach(() => {
  vi.spyOn(platform, 'setTimeout').mockImplementation((task: () => void) => {
    const timer = {}
    timers.add(timer)
    void schedule('time-out').then(() => timers.delete(timer) && task())
    return timer
  })
  vi.spyOn(platform, 'clearTimeout').mockImplementation(timer => {
    timers.delete(timer)
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  overrideAppSessionId(session)
})

describe.each(Object.entries(tiers))('in %s', (_, tier) => {
  test(
    'whatever comes in whichever order, it is as if one thing came after the other, and nothing is left',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.array(step, { minLength: 2, maxLength: isLong ? 9 : 7 }).filter(hasFewBatches),
          fc.boolean(),
          async (scheduler, steps, isStale) => {
            schedule = () => Promise.resolve()
            // They would keep all that timers were ever set for.
            vi.mocked(platform.setTimeout).mockClear()
            vi.mocked(platform.clearTimeout).mockClear()
            overrideAppSessionId('s0')
            const trial = new Trial(label => schedule(label), tier)
            if (isStale) for (const step of stale) await trial.do(step)
            schedule = label => scheduler.schedule(Promise.resolve(), label)
            const errors: unknown[] = []
            for (const step of steps) {
              void schedule(step.do)
                .then(() => trial.do(step))
                .catch(error => errors.push(error))
            }
            await scheduler.waitIdle()
            expect(errors).toEqual([])
            expect([...trial.open]).toEqual([])
            expect(timers.size).toBe(0)
            const { calls } = trial
            // Who was answered nothing says nothing, but would make many more orders to try.
            const answered = calls.filter(({ outcome }) => outcome !== 'gave-up')
            expect(isLinearizable(answered, cacheSpecification), JSON.stringify(calls)).toBe(true)
            expectNothingOutdated(calls)
            schedule = () => Promise.resolve()
            await trial.expectNothingLeft(['a', 'b'])
          },
        ),
        { numRuns: runs },
      )
    },
    isLong ? 3_600_000 : 120_000,
  )
})
