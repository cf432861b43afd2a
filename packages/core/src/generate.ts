import type { Ledger } from './ledger.ts'
import type { Request } from './request.ts'
import type { AsyncContext, Flight, Patience } from './single-flight.ts'
import { type GenerateContext, wantsContext } from './with-context.ts'

/** A generator, its arguments, and how long its caller is prepared to wait. */
export interface Task {
  readonly generate: (...args: never[]) => unknown
  readonly args: readonly unknown[]
  readonly patience: Patience
  /** Called when somebody else turns out to be generating, and is waited for. */
  readonly waiting?: (() => void) | undefined
  /** Since when its time counts, for one that shares a run; asked at the end. Default: since it was called. */
  readonly started?: (() => number) | undefined
}

/** What the tiers of one cache have in common. */
export interface Shared {
  readonly ledger: Ledger
  readonly asyncContext: AsyncContext | undefined
  readonly clock: () => number
}

/** Runs a generator as the given flight. */
export function runGenerator(
  { ledger, asyncContext }: Shared,
  flight: Flight,
  request: Request,
  task: Task,
): unknown {
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

/** Whether a value is a promise, of whichever library. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
