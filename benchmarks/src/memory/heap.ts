import type { Contender, Row, Suite, Target } from '../row.ts'
import { Field, Holding } from './holding.ts'
import { loopOf } from './loop.ts'
import type { MemoryRival, Setting } from './memory-rival.ts'
import { everybody } from './rivals.ts'

const entries = 200_000
const portions = 50
const turns = 20

/** What a cache takes of memory: for each entry, names and values aside, and for each hit. */
export const heap: Suite = {
  topics: ['memory'],
  title: 'Bytes of memory',
  quick: false,
  async open(_dir, share) {
    const field = new Field(Math.max(1_000, entries * share))
    const few = new Field(1_000)
    const rows = [
      sizeRow('an entry', {}, field),
      sizeRow('an entry, ttl and size on', { ttl: true, sized: true }, field),
      await allocationRow('a hit', 'get', few, share),
      await allocationRow('a hit of cache(key, generate)', 'generate', few, share),
    ].filter(({ contenders }) => contenders[0]?.name === everybody[0]?.name)
    return { tables: [{ title: heap.title, rows }], close: async () => {} }
  },
}

function sizeRow(name: string, rules: Partial<Setting>, field: Field): Row {
  const targets: readonly Target[] = [{ measure: 'size', against: 'lru-cache', limit: 1.5 }]
  const setting = { entries: field.names.length, ...rules }
  const contenders = everybody
    .filter(rival => Holding.of(rival, setting, field)?.open.set)
    .map(rival => growthOf(rival, setting, field))
  return { name, unit: 'bytes', reported: true, rounds: 3, contenders, targets }
}

function growthOf(rival: MemoryRival, setting: Setting, field: Field): Contender {
  return {
    name: rival.name,
    operations: 1,
    async prove() {
      const holding = Holding.of(rival, setting, field)
      await holding?.fill()
      await holding?.prove('get')
    },
    async run() {
      const before = held()
      const holding = Holding.of(rival, setting, field)
      await holding?.fill()
      const figure = (held() - before) / field.names.length
      // Looked at afterwards, so that it is still there when it is measured.
      await holding?.prove('get')
      return figure
    },
  }
}

async function allocationRow(
  name: string,
  verb: 'get' | 'generate',
  field: Field,
  share: number,
): Promise<Row> {
  const contenders: Contender[] = []
  for (const rival of everybody) {
    const holding = Holding.of(rival, { entries: field.names.length }, field)
    // A promise is garbage by its nature.
    if (rival.awaited || !holding?.open[verb]) continue
    await holding.fill()
    contenders.push(allocationOf(holding, verb, share))
  }
  // A figure of less is that of measuring.
  const targets: readonly Target[] = [{ measure: 'figure', limit: 0.1 }]
  return { name, unit: 'bytes', reported: true, rounds: 3, contenders, targets }
}

/**
 * A million hits, in portions that leave less garbage than would be collected on the way: each is measured from one look at the
 * heap to the next, and what a look itself takes is subtracted.
 */
function allocationOf({ rival, open, field }: Holding, verb: 'get' | 'generate', share: number): Contender {
  const loop = loopOf({ ...rival, name: `${rival.name} ${verb} allocation` }, 'ids')
  const ask = open[verb] as (name: string) => unknown
  return {
    name: rival.name,
    operations: 1,
    prove: async () => {},
    run() {
      loop(ask, field.names, [], 400 * share)
      globalThis.gc?.()
      let allocated = 0
      for (let portion = 0; portion < portions; portion++) {
        const before = used()
        const look = used() - before
        const start = used()
        loop(ask, field.names, [], turns)
        allocated += Math.max(0, used() - start - look)
      }
      return allocated / (portions * turns * field.names.length)
    },
  }
}

function used(): number {
  return process.memoryUsage().heapUsed
}

/** What is held on the heap and outside of it, without garbage. */
function held(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
