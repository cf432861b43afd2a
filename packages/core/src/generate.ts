import { InvalidOptionError, misfit } from './errors.ts'
import { type Limits, limitsOf, type ValidityOptions } from './freshness.ts'
import type { Ledger } from './ledger.ts'
import { type AbortSignalLike, platform } from './platform.ts'
import type { GenerateOptions, Identity, Request } from './request.ts'
import type { Flight } from './single-flight.ts'
import type { AsyncContext, Entry } from './store.ts'
import { type GenerateContext, wantsContext } from './with-context.ts'

/** A generator, its arguments, and how its caller wants it to be run. */
export interface Task extends Limits {
  readonly generate: (...args: never[]) => unknown
  readonly args: readonly unknown[]
  readonly signal: AbortSignalLike | undefined
  /** Called when somebody else turns out to be generating, and is waited for. */
  readonly waiting?: (() => void) | undefined
  /** Since when its time counts, for one that shares a run; asked at the end. Default: since it was called. */
  readonly started?: (() => number) | undefined
  readonly refresh: boolean
  readonly migrate: GenerateOptions['migrate']
}

/** What the tiers of one cache have in common. */
export interface Shared extends Identity {
  readonly ledger: Ledger
  readonly asyncContext: AsyncContext | undefined
  readonly clock: () => number
  readonly random: () => number
}

/** What the arguments of a verb of this name ask for: `rest` is what follows its key. `defaults` are those of the cache. */
export function taskOf(
  verb: string,
  rest: readonly unknown[],
  defaults: ValidityOptions,
): { options: GenerateOptions | undefined; task: Task } {
  const [given, generate, ...args] = typeof rest[0] === 'function' ? [undefined, ...rest] : rest
  if (typeof generate !== 'function') {
    throw new InvalidOptionError(`${verb}() got no function: it comes behind the key, or behind the options.`)
  }
  const options = given as GenerateOptions | undefined
  const { signal, refresh = false, migrate } = options ?? noOptions
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw misfit('The option signal', signal, 'an AbortSignal, such as controller.signal')
  }
  return {
    options,
    task: {
      generate: generate as Task['generate'],
      args,
      signal,
      ...limitsOf(options ?? noOptions, defaults),
      refresh,
      migrate,
    },
  }
}

const noOptions: GenerateOptions = {}

/** Migrates an older entry, whose value is `given` to the migration, or runs the generator. */
export function runGenerator(
  shared: Shared,
  flight: Flight,
  request: Request,
  task: Task,
  older?: Entry | undefined,
  given: unknown = older?.value,
): unknown {
  const generate = () => callGenerator(shared, flight, request, task)
  if (!older || !task.migrate) return generate()
  const failed = (error: unknown) => {
    shared.ledger.notMigrated(request.name, error)
    return generate()
  }
  const migrated = (value: unknown) => {
    if (value === undefined) return generate()
    flight.migrated = older
    return value
  }
  let result: unknown
  try {
    result = flight.call(shared.asyncContext, () => task.migrate?.(given, older.stamp))
  } catch (error) {
    return failed(error)
  }
  return isPromise(result) ? result.then(migrated, failed) : migrated(result)
}

function callGenerator(shared: Shared, flight: Flight, request: Request, task: Task): unknown {
  const started = platform.performance.now()
  const failed = (error: unknown) =>
    shared.ledger.generatorFailed(request, task.started?.() ?? started, error)
  try {
    const result = callNow(shared, flight, request, task)
    if (!isPromise(result)) return result
    // Some begin their work anew whenever they are asked for it.
    const promise = Promise.resolve(result)
    promise.then(undefined, failed)
    return promise
  } catch (error) {
    failed(error)
    throw error
  }
}

function callNow({ ledger, asyncContext }: Shared, flight: Flight, request: Request, task: Task): unknown {
  const generate = task.generate as (...args: unknown[]) => unknown
  if (!wantsContext(generate)) return flight.call(asyncContext, () => generate(...task.args))
  const context: GenerateContext = {
    key: request.name,
    get signal() {
      return flight.signal
    },
    progress: fraction => ledger.progressed(request, fraction),
  }
  return flight.call(asyncContext, () => generate(context, ...task.args))
}

/** How long a finished flight took in milliseconds: since `started`, or what the entry that it migrated once took. */
export function costOf(flight: Flight, { ledger }: Shared, request: Request, started: number): number {
  return flight.migrated ? flight.migrated.cost : ledger.generated(request, started)
}

/** Whether a value is a promise, of whichever library. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
