import type { OpenSuite, Row, Suite } from '../row.ts'
import { Entrant } from './entrant.ts'
import { Entries, type Payload } from './entries.ts'
import { coldGetRow, getRow, missRow } from './get-rows.ts'
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
  for (const entrant of all) await entrant.fill()
  return {
    tables: [{ title, rows: rowsOf(payload, entrants, readers, entries) }],
    close: async () => void (await Promise.all(all.map(entrant => entrant.close()))),
  }
}

// Gets come first, while everything is as it was filled in; deleting leaves holes.
const builders: Readonly<Record<Operation, (entrants: readonly Entrant[], entries: Entries) => Row>> = {
  coldGet: coldGetRow,
  get: getRow,
  miss: missRow,
  set: setRow,
  setTogether: setTogetherRow,
  delete: deleteRow,
}

function rowsOf(
  payload: Payload,
  entrants: readonly Entrant[],
  readers: readonly Entrant[],
  entries: Entries,
): Row[] {
  const operations = Object.keys(builders) as Operation[]
  return operations
    .filter(operation => isMeasured(operation, payload))
    .map(operation => ({
      ...builders[operation](operation === 'get' ? [...entrants, ...readers] : entrants, entries),
      cleanStart: isLarge(payload),
      targets: targetsOf(payload, operation),
      charted: charted[titleOf(payload)]?.includes(operation) ?? false,
    }))
}

function isMeasured(operation: Operation, payload: Payload): boolean {
  // What nobody stores by the thousand has no row of its own, and a miss does not depend on what is not there.
  if (operation === 'miss' || operation === 'setTogether') return payload.bytes < 64_000
  // What is removed of a large value is bytes, whatever they mean.
  if (operation === 'delete') return !isLarge(payload) || payload.kind === 'Float32Array'
  return true
}

function isLarge({ bytes }: Payload): boolean {
  return bytes >= 1_000_000
}

function titleOf({ size, kind }: Payload): string {
  return `${size} as ${kind}`
}
