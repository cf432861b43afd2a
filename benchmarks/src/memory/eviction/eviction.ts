import { type Phase, type Phased, phased } from '../../accesses/phases.ts'
import { generated } from '../../accesses/streams.ts'
import { recordedAs } from '../../accesses/traces.ts'
import { untried } from '../../accesses/untried.ts'
import { beginningOf, bytesOfAll, counted, type Workload } from '../../accesses/workload.ts'
import type { Contender, Row, Suite, Table, Target } from '../../row.ts'
import { policies } from './policies.ts'
import { type Published, published } from './published.ts'
import { type PolicyOf, replay } from './replay.ts'

type Name = keyof typeof policies

const ours = 'StagCache'
const ordinary: readonly Name[] = [ours, 'LRU', 'S3-FIFO', 'W-TinyLFU']
const withCosts: readonly Name[] = [...ordinary, 'GreedyDual']
const rooms = [50, 1000]
const requestsByRoom = 30
const otherRooms = [100, 2000]
const shares = [0.01, 0.1]
// Points that what adapts may lose to what happens to fit.
const allowance = { row: 0.02, phase: 0.03 }

/** What the memory tier keeps when it is full, by hits and by time saved. */
export const eviction: Suite = {
  topics: ['memory', 'eviction'],
  title: 'What goes first when memory is full',
  quick: false,
  async open(_dir, share) {
    const tables = [
      recordedTable(share),
      ...rooms.map(room => phasedTable(room, share)),
      ...otherRooms.flatMap(room => untriedTables(room, share)),
      ...costTables(share),
    ]
    return { tables: tables.filter(({ rows }) => rows.length > 0), close: async () => {} }
  },
}

/** Beside what was published; there is no such table where the recorded accesses are not. */
export function recordedTable(share: number): Table {
  return { title: 'Hits, recorded accesses', rows: published.flatMap(row => recordedRow(row, share) ?? []) }
}

function recordedRow(row: Published, share: number): Row | undefined {
  const recording = recordedAs(row.trace)
  if (!recording) return undefined
  const workload = beginningOf(counted(recording), share)
  const best = Math.max(row.LRU, row['S3-FIFO'], row['W-TinyLFU'])
  const names = Object.keys(policies).filter(name => name !== 'GreedyDual') as Name[]
  const missed = (policyOf: PolicyOf) => 1 - replay(workload, row.entries, policyOf).hits
  const target = nearBest(best / 100, row.LRU / 100)
  return { ...rowOf(`${row.trace} ${row.entries}`, names, missed, [target]), charted: true }
}

/** Of hits: what the best of the others has, but for two points, and nine tenths of LRU's. */
function nearBest(best: number, lru: number): Target {
  return { measure: 'figure', limit: 1 - Math.max(best - allowance.row, 0.9 * lru) }
}

export function phasedTable(room: number, share: number): Table {
  const accesses = phased(room, Math.ceil(share * requestsByRoom * room))
  const missed = new Map(ordinary.map(name => [policies[name], missedIn(accesses, room, policies[name])]))
  const rows = accesses.phases.map(({ name }, index) => {
    const missedBy = (policyOf: PolicyOf) => missed.get(policyOf as never)?.[index] as number
    const best = Math.min(...ordinary.filter(each => each !== ours).map(each => missedBy(policies[each])))
    return rowOf(name, ordinary, missedBy, [{ measure: 'figure', limit: best + allowance.phase }])
  })
  return { title: `Hits, accesses that change their nature, ${room.toLocaleString('en')} entries`, rows }
}

/** The part of the requests of each phase that was not there. */
function missedIn({ workload, phases }: Phased, room: number, policyOf: PolicyOf): number[] {
  const cache = policyOf(workload, room)
  return phases.map(({ from, to }: Phase) => {
    let missed = 0
    for (let turn = from; turn < to; turn++) if (!cache.request(workload.requests[turn] as number)) missed++
    return missed / (to - from)
  })
}

/** The recorded accesses where there is room for as many as nobody published, and others; by neither was anything chosen. */
function untriedTables(room: number, share: number): Table[] {
  const entries = `${room.toLocaleString('en')} entries`
  const others = [...new Set(published.map(({ trace }) => trace))].flatMap(trace => recordedAs(trace) ?? [])
  return [
    { title: `Hits, recorded accesses, ${entries}`, rows: untriedRows(others.map(counted), room, share) },
    {
      title: `Hits, accesses that were not tried before, ${entries}`,
      rows: untriedRows(untried(), room, share),
    },
  ]
}

function untriedRows(workloads: readonly Workload[], room: number, share: number): Row[] {
  return workloads.map(workload => {
    const replayed = beginningOf(workload, share)
    const hits = new Map(ordinary.map(name => [policies[name], replay(replayed, room, policies[name]).hits]))
    const [, lru = 0, ...theirs] = hits.values()
    const missed = (policyOf: PolicyOf) => 1 - (hits.get(policyOf as never) as number)
    return rowOf(workload.name, ordinary, missed, [nearBest(Math.max(lru, ...theirs), lru)])
  })
}

export function costTables(share: number): Table[] {
  const workloads = [...recordedCosts(), ...generated()].map(workload => beginningOf(workload, share))
  return shares.map(part => ({
    title: `Time saved, room for ${100 * part} % of the bytes`,
    rows: workloads.map(workload => {
      const room = Math.ceil(part * bytesOfAll(workload))
      const spent = (policyOf: PolicyOf) => 1 - replay(workload, room, policyOf).saved
      return rowOf(workload.name, withCosts, spent, [
        { measure: 'time', against: withCosts.slice(1), limit: 1 },
      ])
    }),
  }))
}

/** One that has costs but no sizes, and one that has sizes but no costs. */
function recordedCosts(): Workload[] {
  const [gcc, content] = [recordedAs('gcc'), recordedAs('adapt_size')]
  if (!gcc || !content) return []
  return [
    { ...gcc, bytes: counted(gcc).bytes },
    { ...content, costs: counted(content).costs },
  ]
}

function rowOf(
  name: string,
  names: readonly Name[],
  figureOf: (policyOf: PolicyOf) => number,
  targets: readonly Target[],
): Row {
  const contenders = names.map((each): Contender => {
    return { name: each, operations: 1, prove: async () => {}, run: () => figureOf(policies[each]) }
  })
  // A second replay would be the same.
  return { name, unit: 'unsaved', reported: true, rounds: 1, contenders, targets }
}
