import type { Contender, Row, Table, Target } from '../row.ts'
import { messageOf } from './child.ts'
import { numbered, type Populated } from './populated.ts'
import type { Opening, OpeningTask } from './programs/opening.ts'
import type { RivalName } from './rivals.ts'

const program = new URL('programs/opening.ts', import.meta.url)

type Measure = Exclude<keyof Opening, 'id'>

// From here on, opening has to be cheap.
const million = 1_000_000

/** What opening a store costs a new process, its first get included, by the number of entries. */
export function openingTables(stores: readonly Populated[]): Table[] {
  const openings = stores.map(store => new Openings(store))
  const rows = (measure: Measure, limit: number) => rowsOf(openings, measure, { measure: 'figure', limit })
  return [
    {
      title: 'Opening a store in a new process, first get included, by entries',
      rows: rows('nanoseconds', 50e6),
    },
    { title: 'The same, memory: how much the process grew (RSS)', rows: rows('rss', 64e6) },
    { title: 'The same, memory: how much it holds on the heap and outside of it', rows: rows('held', 64e6) },
  ]
}

function rowsOf(openings: readonly Openings[], measure: Measure, target: Target): Row[] {
  const sizes = [...new Set(openings.map(({ store }) => store.size))].sort((a, b) => a - b)
  return sizes.map(size => ({
    name: size.toLocaleString('en'),
    unit: measure === 'nanoseconds' ? 'time' : 'bytes',
    reported: true,
    rounds: 5,
    contenders: openings.filter(({ store }) => store.size === size).map(each => each.contender(measure)),
    targets: size >= million ? [target] : [],
  }))
}

/** One store opened again and again, each time by a new process, all of whose figures are used. */
class Openings {
  readonly store: Populated
  readonly #all: Promise<Opening>[] = []

  constructor(store: Populated) {
    this.store = store
  }

  contender(measure: Measure): Contender {
    let round = 0
    return {
      name: this.store.rival.name,
      operations: 1,
      prove: () => this.store.prove(),
      run: async () => (await this.#opening(round++))[measure],
    }
  }

  #opening(round: number): Promise<Opening> {
    this.#all[round] ??= this.#open()
    return this.#all[round]
  }

  async #open(): Promise<Opening> {
    const { rival, dir, size } = this.store
    const id = Math.floor(size / 2)
    const task: OpeningTask = { rival: rival.name as RivalName, dir, name: numbered(id) }
    const opening = await messageOf<Opening>(program, task)
    if (opening.id !== id) throw new Error(`It did not find ${task.name}.`)
    return opening
  }
}
