import type { Generated, TierOf } from './answer.ts'
import { BatchAnswerError, quote } from './errors.ts'
import { isPromise, type Shared, type Task } from './generate.ts'
import { type CacheInternals, tierOf } from './internals.ts'
import type { KeyLike } from './key.ts'
import { platform } from './platform.ts'
import type { GenerateOptions, Request } from './request.ts'
import { currentFlight, type Flight } from './single-flight.ts'

/** The options of `cacheMany`; they concern all keys. */
export type ManyOptions = Omit<GenerateOptions, 'params' | 'hashParams'>

/**
 * What the generator of `cacheMany` answers: the values in the order of the keys, or by key. A key that a map does not have
 * is one whose value is `undefined`: there is none, and nothing is kept. `null` is a value.
 */
export type ManyResult<K, V> = ManyValues<K, V> | PromiseLike<ManyValues<K, V>>

type ManyValues<K, V> = readonly (V | undefined)[] | ReadonlyMap<K, V | undefined>

/**
 * What `cacheMany` answers for one key or more: the values by key, or a promise of them where a key is persistent or the
 * generator asynchronous. For none it answers with an empty map.
 */
export type ManyAnswer<K extends KeyLike, R> = Generated<TierOf<K>, AsMap<K, R>>

type AsMap<K, R> = R extends PromiseLike<infer A> ? Promise<Map<K, ValueIn<A>>> : Map<K, ValueIn<R>>

// A map need not have all keys.
type ValueIn<A> = A extends readonly (infer V)[]
  ? V
  : A extends ReadonlyMap<unknown, infer V>
    ? V | undefined
    : never

/** Generates the values of several keys: one for each, in their order, or a map by key. */
export type GenerateMissing = (missing: readonly KeyLike[]) => unknown

/** @internal One of the keys of a call. */
export interface Asked {
  readonly key: KeyLike
  readonly request: Request
}

/** @internal See `Cache.cacheMany`. The generator of the task is that of all. */
export function cacheMany(context: CacheInternals, asked: readonly Asked[], task: Task): unknown {
  const answers = asked.every(({ request }) => request.tier === 'memory')
    ? fromMemory(context, asked, task)
    : new Gathering(context, task).of(asked)
  const byKey = (values: readonly unknown[]) => new Map(asked.map(({ key }, index) => [key, values[index]]))
  return answers.some(isPromise) ? Promise.all(answers).then(byKey) : byKey(answers)
}

type ByKey = ReadonlyMap<KeyLike, unknown>

/** One run of the generator, for all keys that it was asked for. */
class Run {
  readonly #shared: Shared
  readonly #generateMissing: GenerateMissing
  readonly #keys: readonly KeyLike[]
  #begun = 0
  #duration = 0
  /** What it has come to, for each that asks: what it threw is thrown for all keys. */
  #result: (() => ByKey | Promise<ByKey>) | undefined
  #leader: Flight | undefined

  constructor(shared: Shared, generateMissing: GenerateMissing, keys: readonly KeyLike[]) {
    this.#shared = shared
    this.#generateMissing = generateMissing
    this.#keys = keys
  }

  /** Each result has taken its share of the time. */
  readonly started = (): number => platform.performance.now() - this.#duration / this.#keys.length

  /** Runs the generator as the present flight, of which the others whose values come from it are told to wait. */
  begin(): void {
    this.#leader = currentFlight(this.#shared.asyncContext)
    this.#begun = platform.performance.now()
    try {
      const answer = this.#generateMissing(this.#keys)
      const values = isPromise(answer) ? Promise.resolve(answer).then(this.#end) : this.#end(answer)
      this.#result = () => values
    } catch (error) {
      this.#result = () => {
        throw error
      }
    }
  }

  /** The value of a key, or a promise of it. */
  of(key: KeyLike, flight: Flight | undefined): unknown {
    if (!this.#result) this.begin()
    const values = this.#result?.()
    if (!isPromise(values)) return values?.get(key)
    if (flight && this.#leader && flight !== this.#leader) flight.waitFor(this.#leader, values)
    return values.then(found => found.get(key))
  }

  readonly #end = (answer: unknown): ByKey => {
    this.#duration = platform.performance.now() - this.#begun
    const keys = this.#keys
    const refuse = (what: unknown) => {
      throw new BatchAnswerError(keys.length, `${what}`)
    }
    if (answer instanceof Map) {
      const asked = new Set(keys)
      for (const key of answer.keys()) if (!asked.has(key)) refuse(`one of another key, ${quote(key)}`)
      return answer
    }
    if (!Array.isArray(answer)) return refuse('something else')
    if (answer.length !== keys.length) return refuse(answer.length)
    return new Map(keys.map((key, index) => [key, answer[index]]))
  }
}

// Without waiting for anything, so that a synchronous generator stays synchronous.
function fromMemory({ shared, memory }: CacheInternals, asked: readonly Asked[], task: Task): unknown[] {
  const generateMissing = task.generate as GenerateMissing
  const isMissing = ({ request }: Asked) =>
    !memory.isGenerating(request) && (task.refresh || !memory.has(request))
  const missing = new Set(asked.filter(isMissing))
  // What the generator has changed before all but the first of the flights were there that this would have fenced.
  const changed = new Set<string>()
  const generateWatched: GenerateMissing = keys => {
    const watches = Array.from(missing, ({ request }) => memory.watch(request.name))
    try {
      return generateMissing(keys)
    } finally {
      for (const watch of watches) {
        if (watch.fenced) changed.add(watch.name)
        watch.detach()
      }
    }
  }
  const together = new Run(
    shared,
    generateWatched,
    Array.from(missing, ({ key }) => key),
  )
  const answerOf = (one: Asked) => {
    const { name } = one.request
    const isOurs = missing.has(one)
    // What was there a moment ago and has expired since.
    const run = isOurs ? together : new Run(shared, generateMissing, [one.key])
    const now = () => {
      const flight = currentFlight(shared.asyncContext)
      const value = run.of(one.key, flight)
      if (changed.has(name)) flight?.detach()
      return value
    }
    // What is asynchronous joins whatever is being generated already.
    const generate = isOurs ? now : async () => now()
    const refresh = task.refresh || changed.has(name)
    return memory.cache(one.request, { ...task, refresh, generate, args: [], started: run.started })
  }
  const answers = new Map<Asked, unknown>()
  try {
    // What is there is looked up before the generator may change it.
    for (const one of asked) if (!missing.has(one)) answers.set(one, answerOf(one))
    for (const one of missing) answers.set(one, answerOf(one))
  } catch (error) {
    // Nobody will wait for what others generate.
    for (const answer of answers.values()) if (isPromise(answer)) answer.then(undefined, () => {})
    throw error
  }
  return asked.map(one => answers.get(one))
}

interface Turn {
  readonly run: Run
  readonly value: unknown
}

/*
 * Keys are looked up at the same time, and each turns out to be there, to be generated by somebody else, or to be ours to
 * generate, at its own time. The generator runs once that is known of all. What others generate is not waited for before
 * that: two that generate for each other would wait for ever. What they have failed to generate and leave to us is
 * another run.
 */
class Gathering {
  readonly #context: CacheInternals
  readonly #task: Task
  #undecided = 0
  #ours: { readonly key: KeyLike; readonly flight: Flight; readonly begin: (turn: Turn) => void }[] = []

  constructor(context: CacheInternals, task: Task) {
    this.#context = context
    this.#task = task
  }

  of(asked: readonly Asked[]): unknown[] {
    this.#undecided = asked.length
    return asked.map(one => this.#ask(one))
  }

  async #ask({ key, request }: Asked): Promise<unknown> {
    let isDecided = false
    const decided = () => {
      if (isDecided) return
      isDecided = true
      if (--this.#undecided === 0) this.#run()
    }
    let started: (() => number) | undefined
    const generate = async () => {
      const { run, value } = await this.#turn(key, decided)
      started = run.started
      return value
    }
    const task: Task = {
      ...this.#task,
      generate,
      args: [],
      waiting: decided,
      started: () => started?.() ?? platform.performance.now(),
    }
    try {
      const answer = tierOf(this.#context, request).cache(request, task)
      if (request.tier === 'memory') decided()
      return await answer
    } finally {
      decided()
    }
  }

  #turn(key: KeyLike, decided: () => void): Promise<Turn> {
    const flight = currentFlight(this.#context.shared.asyncContext) as Flight
    return new Promise(begin => {
      this.#ours.push({ key, flight, begin })
      if (this.#undecided === 0) platform.queueMicrotask(() => this.#run())
      else decided()
    })
  }

  #run(): void {
    const ours = this.#ours
    const [first] = ours
    if (!first) return
    this.#ours = []
    const { shared } = this.#context
    const keys = ours.map(({ key }) => key)
    const generateMissing = this.#task.generate as GenerateMissing
    const run = new Run(shared, async missing => generateMissing(missing), keys)
    first.flight.call(shared.asyncContext, () => run.begin())
    for (const { key, flight, begin } of ours) begin({ run, value: run.of(key, flight) })
  }
}
