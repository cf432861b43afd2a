import type { Contender, Row, Suite, Target } from '../row.ts'
import { bytesOnDisk } from './bytes-on-disk.ts'
import { Entrant, type Part, rowOf } from './entrant.ts'
import { Entries, type Payload } from './entries.ts'
import { fill, getEach } from './operations.ts'
import { everybody, rivalsOf } from './rivals.ts'
import type { Rival } from './store.ts'

const payloads: readonly Payload[] = [
  { size: '400 bytes', bytes: 400, kind: 'JSON', entries: 10_000 },
  { size: '64 KB', bytes: 64_000, kind: 'Float32Array', entries: 200 },
]

const payloadName = 'the payload'
const targets: readonly Target[] = [{ measure: 'size', against: payloadName, limit: 1.3 }]

/** What an entry occupies on the disk: stored once, and after every value was replaced twice. */
export const footprint: Suite = {
  topics: ['disk', 'disk-large'],
  title: 'Bytes on disk per entry',
  quick: false,
  async open(dir, share) {
    const rivals = await rivalsOf(everybody.filter(name => name !== 'lmdb noSync'))
    const rows = payloads.flatMap(payload => rowsOf(payload, rivals, dir, share))
    return { tables: [{ title: footprint.title, rows }], close: async () => {} }
  },
}

// The second row goes on where the first has ended.
function rowsOf(payload: Payload, rivals: readonly Rival[], dir: string, share: number): Row[] {
  const entries = new Entries(payload, share)
  const entrants = rivals.map(rival => new Entrant(rival, dir, payload.kind, entries))
  const row = (how: string, revisions: readonly number[]): Row => {
    const name = `${payload.size}, ${how}`
    const all = rowOf(name, 'setTogether', entries.names.length, entrants, storing(entries, revisions))
    const [ours, ...others] = all.contenders
    const contenders = ours ? [ours, bare(entries), ...others] : []
    return { ...all, contenders, unit: 'bytes', reported: true, rounds: 1 }
  }
  return [row('stored once', [0]), { ...row('replaced twice', [1, 2]), targets }]
}

function storing(entries: Entries, revisions: readonly number[]): Part {
  return (entrant, count) => ({
    async run() {
      const names = entries.names.slice(0, count)
      const store = await entrant.open()
      for (const revision of revisions) await fill(store, names, entries.values(count, revision))
      await store.settle?.()
      await store.reclaim?.()
      await entrant.close()
      // As at the next start of a program, which may find something left to do.
      const sum = await getEach(await entrant.open(), names, entries.markOf)
      await entrant.close()
      if (sum !== entries.sum(count, revisions.at(-1) ?? 0)) throw new Error('It lost what it was given.')
      return bytesOnDisk(entrant.dir) / count
    },
  })
}

/** The values alone: text or bytes, and no names. */
function bare(entries: Entries): Contender {
  const values = entries.values(entries.names.length, 0)
  const sizes = values.map(value =>
    value instanceof Float32Array ? value.byteLength : JSON.stringify(value).length,
  )
  return {
    name: payloadName,
    operations: sizes.length,
    prove: async () => {},
    run: () => sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
  }
}
