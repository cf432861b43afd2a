import type { Shared, Task } from './generate.ts'
import type { Request } from './request.ts'
import { type Flight, inTime, type Waiting } from './single-flight.ts'
import type { Entry } from './store.ts'

/** One call that waits for a flight, and what it needs of its tier. */
export interface Caller {
  readonly shared: Shared
  readonly request: Request
  readonly task: Task
  /** The flight from within which the call was made. */
  readonly from: Flight | undefined
  /** The entry as it is now, if it may stand in for a result that is late or does not come. */
  standIn(): Entry | undefined | Promise<Entry | undefined>
}

/** The result of a flight for one caller, or what stands in for it. `isFirst`: the flight was begun for this call. */
export function waitFor(flight: Flight, caller: Caller, isFirst: boolean): Promise<unknown> {
  const { request, task, from } = caller
  const { signal, maxWait, soft, hard } = task
  const late = soft === undefined ? undefined : { after: soft, instead: () => instead(flight, caller) }
  const result = flight.join(from, { signal, maxWait: isFirst ? undefined : maxWait, hard, late })
  if ((maxWait ?? hard) === undefined && request.freshness.spare === 0) return result
  return result.catch(error => afterAll(flight, caller, error))
}

/** What a caller is handed whose own time is over, or whose flight has failed. */
async function afterAll(flight: Flight, caller: Caller, error: unknown): Promise<unknown> {
  const { shared, request, task } = caller
  const { signal, hard } = task
  const { name, made } = flight
  if (signal?.aborted) throw error
  if (made) {
    if (flight.reported !== made) shared.ledger.failed(name, error)
    flight.reported = made
    return made.value
  }
  if (request.freshness.spare === 0) throw error
  const standIn = async () => caller.standIn()
  const entry = await inTime(name, standIn(), { signal, hard }).catch(() => undefined)
  if (!entry) throw error
  report(flight, shared, error)
  shared.ledger.stoodIn(request, entry)
  return entry.value
}

/** Sees to it that the errors of a flight are told that nobody waits for; somebody has `waited` for it already. */
export function waitInBackground(flight: Flight, shared: Shared, hard: number | undefined, waited = 0): void {
  flight.join(undefined, { hard, waited, isIdle: true }).catch(error => report(flight, shared, error))
}

async function instead(flight: Flight, { shared, request, task, standIn }: Caller): Promise<Instead> {
  const { made } = flight
  if (made) return () => made.value
  const entry = await standIn()
  if (!entry) return undefined
  return () => {
    waitInBackground(flight, shared, task.hard, task.soft)
    shared.ledger.stoodIn(request, entry)
    return entry.value
  }
}

type Instead = Awaited<ReturnType<NonNullable<Waiting['late']>['instead']>>

// Once, however many callers were served all the same.
function report(flight: Flight, { ledger }: Shared, error: unknown): void {
  if (flight.reported !== error) ledger.notRenewed(flight.name, error)
  flight.reported = error
}
