import type { OpenSuite, Row, Suite } from '../row.ts'
import { Entrant } from './entrant.ts'
import { Entries, type Payload } from './entries.ts'
import { coldGetRow, getRow, missRow } from './get-rows.ts'
import { fill } from './operations.ts'
import { everybody, type RivalName, reads, rivalsOf } from './rivals.ts'
import { deleteRow, setRow, setTogetherRow } from './set-rows.ts'
import type { Operation } from './store.ts'
import { targetsOf } from './targets.ts'

const sizes = [
  { size: '400 bytes', bytes: 400, entries: 10_000 },
  { size: '4 KB', bytes: 4_000, entries: 2_000 },
  { size: '64 KB', bytes: 64_000, entries: 200 },
  { size: '1 MB', bytes: 1_000_000, entries: 16 },
  { size: '25 MB', bytes: 25_000_000, entries: 1 },
  { size: '64 MB', bytes: 64_000_000, entries: 1 },
]

const kinds = ['JSON', 'Float32Array'] as const
const quick: readonly string[] = ['400 bytes as JSON', '25 MB as Float32Array']
const charted: Readonly<Record<string, readonly Operation[]>> = {
  '400 bytes as JSON': ['get', 'set', 'setTogether'],
  '64 KB as JSON': ['get', 'set'],
  '25 MB as Float32Array': ['get', 'set'],
}

/** Each size of value, as what JSON can express and as a `Float32Array`. */
export const valueSuites: readonly Suite[] = sizes.flatMap(size =>
  kinds.map(kind => suiteOf({ ...size, kind })),
)

function suiteOf(payload: Payload): Suite {
  const title = titleOf(payload)
  const count = payload.entries === 1 ? 'one entry' : `${payload.entries.toLocaleString('en')} entries`
  return {
    topics: ['disk'],
    title: `${title}, ${count}`,
    quick: quick.includes(title),
    open: (dir, share) => openSuite(payload, `${title}, ${count}`, dir, share),
  }
}

async function openSuite(payload: Payload, title: string, dir: string, share: number): Promise<OpenSuite> {
  const entries = new Entries(payload, share)
  const enter = async (names: readonly RivalName[]) =>
    (await rivalsOf(names)).map(rival => new Entrant(rival, dir, payload.kind, entries))
  const entrants = await enter(everybody)
  const readers = payload.bytes >= 25_000_000 && payload.kind === 'Float32Array' ? await enter(reads) : []
  const all = [...entrants, ...readers]
  for (const entrant of all) {
    await fill(await entrant.open(), entries.names, entries.values(entries.names.length, 0))
    await entrant.close()
  }
  return {
    tables: [{ title, rows: rowsOf(payload, entrants, readers, entries) }],
    close: async () => void (await Promise.all(all.map(entrant => entrant.close()))),
  }
}

function rowsOf(
  payload: Payload,
  entrants: readonly Entrant[],
  readers: readonly Entrant[],
  entries: Entries,
): Row[] {
  const isLarge = payload.bytes >= 1_000_000
  // Gets come first, while everything is as it was filled in.
  const rows: Partial<Record<Operation, Row>> = {
    coldGet: coldGetRow(entrants, entries),
    get: getRow([...entrants, ...readers], entries),
    set: setRow(entrants, entries),
  }
  if (payload.bytes < 64_000) {
    rows.miss = missRow(entrants, entries)
    rows.setTogether = setTogetherRow(entrants, entries)
  }
  // What is removed of a large value is bytes, whatever they mean.
  if (!isLarge || payload.kind === 'Float32Array') rows.delete = deleteRow(entrants, entries)
  const order: readonly Operation[] = ['coldGet', 'get', 'miss', 'set', 'setTogether', 'delete']
  return order.flatMap(operation => {
    const row = rows[operation]
    if (!row) return []
    const isCharted = charted[titleOf(payload)]?.includes(operation) ?? false
    return [{ ...row, cleanStart: isLarge, targets: targetsOf(payload, operation), charted: isCharted }]
  })
}

function titleOf({ size, kind }: Payload): string {
  return `${size} as ${kind}`
}
