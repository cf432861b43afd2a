import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { type Item, randomFrom } from '../../data.ts'
import { type CommonEntry, faultOf, itemOf, nameOf } from '../common-entries.ts'
import { type RivalName, rivalOf } from '../rivals.ts'

/** What the program is told. */
export interface SharingTask {
  readonly rival: RivalName
  readonly dir: string
  /** Which of the processes it is, counted from 0. */
  readonly owner: number
  readonly processes: number
  /** How many entries each process owns; all are there at revision 0. */
  readonly entries: number
  /** How long it goes on before anything is counted. */
  readonly warmUpMilliseconds: number
  /** How long it is counted. */
  readonly milliseconds: number
}

/** What the program did after it was told to begin. */
export interface SharingReport {
  /** Those that were counted. */
  readonly operations: number
  readonly wrongReads: number
  /** What the first wrong read got. */
  readonly fault: string | undefined
  /** The last revision of each entry that it owns. */
  readonly revisions: readonly number[]
}

const readsForEachWrite = 3

const {
  rival: rivalName,
  dir,
  owner,
  processes,
  entries,
  warmUpMilliseconds,
  milliseconds,
} = JSON.parse(process.argv[2] ?? '') as SharingTask
const random = randomFrom(owner)
const rival = await rivalOf(rivalName)
const store = await rival.open(dir, 'JSON')
// The newest revision that this process knows of, by owner and index.
const known = Array.from({ length: processes }, () => new Array<number>(entries).fill(0))
let operations = 0
let wrongReads = 0
let fault: string | undefined

process.send?.('ready')
await once(process, 'message')
const beginning = performance.now() + warmUpMilliseconds
for (let now = 0; now < beginning + milliseconds; now = performance.now()) {
  store.load?.()
  for (let count = 0; count < readsForEachWrite; count++) await read(someEntry())
  await write({ owner, index: Math.floor(random() * entries) })
  if (now >= beginning) operations += readsForEachWrite + 1
  // Stores look at what others did once in each turn of the event loop.
  await setImmediate()
}
await store.settle?.()
await store.close()
const report: SharingReport = { operations, wrongReads, fault, revisions: known[owner] ?? [] }
process.send?.(report)
process.disconnect()

function someEntry(): CommonEntry {
  return { owner: Math.floor(random() * processes), index: Math.floor(random() * entries) }
}

async function read(entry: CommonEntry): Promise<void> {
  const answer = await store.get(nameOf(entry))
  const wrong = faultOf(answer, entry, revisionOf(entry))
  if (wrong === undefined) return setRevision(entry, (answer as Item).revision)
  wrongReads++
  fault ??= wrong
}

async function write(entry: CommonEntry): Promise<void> {
  const revision = revisionOf(entry) + 1
  await store.set(nameOf(entry), itemOf(entry, revision))
  setRevision(entry, revision)
}

function revisionOf({ owner, index }: CommonEntry): number {
  return known[owner]?.[index] ?? 0
}

function setRevision({ owner, index }: CommonEntry, revision: number): void {
  const revisions = known[owner]
  if (revisions) revisions[index] = revision
}
