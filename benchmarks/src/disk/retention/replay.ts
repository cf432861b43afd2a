import type { Workload } from '../../accesses/workload.ts'

/** Decides what goes. It is told of all that happens, with the number of the request. */
export interface Keeper {
  stored(key: number, turn: number): void
  used(key: number, turn: number): void
  /** Which keys are to go, so that at least so many bytes become free. They count as gone. */
  drop(toFree: number, turn: number): Promise<number[]> | number[]
}

/** What a replay came to. Both are parts of what would be spent without a cache, from 0 to 1. */
export interface Outcome {
  /** Of the time to generate every value that was asked for. */
  readonly spent: number
  /** Of the requests. */
  readonly missed: number
}

// As in the store: what is dropped makes room for a while.
const keptShare = 0.8

/**
 * Asks for one key of the workload after the other, and stores it where it is not there. When there is more than `maxBytes`,
 * the keeper has to bring it down to four fifths of that, as the upkeep of a store does.
 */
export async function replay(
  { requests, costs, bytes }: Workload,
  maxBytes: number,
  keeper: Keeper,
): Promise<Outcome> {
  const isHeld = new Uint8Array(costs.length)
  let held = 0
  let total = 0
  let spent = 0
  let missed = 0
  for (let turn = 0; turn < requests.length; turn++) {
    const key = requests[turn] as number
    total += costs[key] as number
    if (isHeld[key]) {
      keeper.used(key, turn)
      continue
    }
    missed++
    spent += costs[key] as number
    isHeld[key] = 1
    held += bytes[key] as number
    keeper.stored(key, turn)
    if (held <= maxBytes) continue
    for (const gone of await keeper.drop(held - keptShare * maxBytes, turn)) {
      if (!isHeld[gone]) throw new Error(`It has dropped ${gone}, which it did not have.`)
      isHeld[gone] = 0
      held -= bytes[gone] as number
    }
    if (held > maxBytes) throw new Error('It has kept more than there may be.')
  }
  return { spent: spent / total, missed: missed / requests.length }
}
