import { expect, test } from 'vitest'
import { loop, zipf } from '../../accesses/streams.ts'
import { bytesOfAll, plain, type Workload, workloadOf } from '../../accesses/workload.ts'
import { GreedyDual, Hindsight, LeastRecentlyUsed, OldestFirst } from './keepers.ts'
import { paces } from './pace.ts'
import { type Keeper, replay } from './replay.ts'
import { Retained } from './retained.ts'

function tiny(requests: readonly number[], costs: readonly number[], bytes: readonly number[]): Workload {
  return {
    name: 'tiny',
    requests: Uint32Array.from(requests),
    costs: Float64Array.from(costs),
    bytes: Float64Array.from(bytes),
  }
}

// Three of the four fit; when the fourth comes, two have to go.
const requests = [0, 1, 1, 2, 0, 3]
const costs = [1, 1, 8, 1]
const bytes = [1, 1, 1, 1]

test.each<{ who: string; keeperOf: (workload: Workload) => Keeper; gone: number[] }>([
  { who: 'oldest first', keeperOf: workload => new OldestFirst(workload), gone: [0, 1] },
  { who: 'LRU', keeperOf: workload => new LeastRecentlyUsed(workload), gone: [1, 2] },
  { who: 'GreedyDual', keeperOf: workload => new GreedyDual(workload), gone: [3, 0] },
  { who: 'in hindsight', keeperOf: workload => new Hindsight(workload), gone: [0, 2] },
  { who: 'StagCache', keeperOf: workload => new Retained(workload, 3, paces[1] as never), gone: [0, 1] },
])('$who drops $gone', async ({ keeperOf, gone }) => {
  // In hindsight it is known that 1 and 3 follow.
  const workload = tiny([...requests, 1, 3], costs, bytes)
  const keeper = keeperOf(workload)
  const dropped: number[] = []
  const watched: Keeper = {
    stored: (key, turn) => keeper.stored(key, turn),
    used: (key, turn) => keeper.used(key, turn),
    async drop(toFree, turn) {
      const keys = await keeper.drop(toFree, turn)
      dropped.push(...keys)
      return keys
    },
  }
  await replay({ ...workload, requests: workload.requests.subarray(0, 6) }, 3, watched)
  expect(dropped.sort()).toEqual(gone.sort())
})

test('what was spent and missed are parts of all', async () => {
  const workload = tiny([0, 0, 1, 1], [3, 1], [1, 1])
  expect(await replay(workload, 10, new OldestFirst(workload))).toEqual({ spent: 0.5, missed: 0.5 })
})

test.each([
  { drop: () => [7], fault: 'It has dropped 7' },
  { drop: () => [], fault: 'It has kept more' },
])('a keeper is found out: $fault', async ({ drop, fault }) => {
  const keeper = { stored() {}, used() {}, drop }
  await expect(replay(tiny(requests, costs, bytes), 3, keeper)).rejects.toThrow(fault)
})

test.each(
  [
    workloadOf('loop', loop(10_000, 500)),
    workloadOf('zipf', zipf(10_000, 1_000)),
    plain(workloadOf('zipf', zipf(10_000, 1_000))),
  ].flatMap(workload => paces.map(pace => ({ name: workload.name, at: pace.name, workload, pace }))),
)('StagCache saves at least what LRU does: $name, $at', async ({ workload, pace }) => {
  const room = 0.1 * bytesOfAll(workload)
  const [ours, lru] = [
    await replay(workload, room, new Retained(workload, room, pace)),
    await replay(workload, room, new LeastRecentlyUsed(workload)),
  ]
  expect(ours.spent).toBeLessThan(lru.spent)
})
