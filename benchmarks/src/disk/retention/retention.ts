import { generated } from '../../accesses/streams.ts'
import { recorded } from '../../accesses/traces.ts'
import { beginningOf, bytesOfAll, type Workload } from '../../accesses/workload.ts'
import type { Contender, Row, Suite, Table, Target } from '../../row.ts'
import { GreedyDual, Hindsight, LeastRecentlyUsed, OldestFirst } from './keepers.ts'
import { paces } from './pace.ts'
import { type Keeper, type Outcome, replay } from './replay.ts'
import { Retained } from './retained.ts'

const rooms = [0.01, 0.1, 0.3]
const hitsRoom = 0.1
// Longer ones say nothing more, and take minutes.
const mostRequests = 100_000

const targets: readonly Target[] = [{ measure: 'time', against: ['LRU', 'oldest first'], limit: 1 }]

const rivals = [
  { name: 'LRU', keeperOf: (workload: Workload) => new LeastRecentlyUsed(workload) },
  { name: 'oldest first', keeperOf: (workload: Workload) => new OldestFirst(workload) },
  { name: 'GreedyDual', keeperOf: (workload: Workload) => new GreedyDual(workload) },
  { name: 'in hindsight', keeperOf: (workload: Workload) => new Hindsight(workload) },
]

/** How much time to generate values again a full directory saves, by what is dropped first. */
export const retention: Suite = {
  topics: ['disk', 'retention'],
  title: 'What to drop first',
  quick: false,
  async open(_dir, share) {
    const groups = [
      { name: 'recorded accesses', workloads: recorded(Math.ceil(share * mostRequests)) },
      { name: 'generated accesses', workloads: generated().map(workload => beginningOf(workload, share)) },
    ]
    const tables = groups
      .filter(({ workloads }) => workloads.length > 0)
      .flatMap(({ name, workloads }) => tablesOf(name, workloads))
    return { tables, close: async () => {} }
  },
}

function tablesOf(group: string, workloads: readonly Workload[]): Table[] {
  const saved = rooms.map(room => ({
    title: `Time saved, ${group}, room for ${100 * room} % of the bytes`,
    rows: workloads.map(workload => ({ ...rowOf(workload, room, ({ spent }) => spent), targets })),
  }))
  const hits = {
    title: `Hits, ${group}, room for ${100 * hitsRoom} % of the bytes`,
    rows: workloads.map(workload => rowOf(workload, hitsRoom, ({ missed }) => missed)),
  }
  return [...saved, hits]
}

function rowOf(workload: Workload, room: number, figureOf: (outcome: Outcome) => number): Row {
  const maxBytes = room * bytesOfAll(workload)
  const contender = (name: string, keeperOf: (round: number) => Keeper): Contender => {
    let round = 0
    return {
      name,
      operations: 1,
      // What is dropped without having been there ends the replay.
      prove: async () => {},
      run: async () => figureOf(await replay(workload, maxBytes, keeperOf(round++))),
    }
  }
  const ours = contender(
    'StagCache',
    round => new Retained(workload, maxBytes, paces[round % paces.length] ?? paces[0]),
  )
  return {
    name: workload.name,
    unit: 'unsaved',
    reported: true,
    // Each with another pace.
    rounds: paces.length,
    contenders: [ours, ...rivals.map(({ name, keeperOf }) => contender(name, () => keeperOf(workload)))],
  }
}
