import type { Item } from '../../data.ts'
import { type RivalName, rivalOf } from '../rivals.ts'
import type { Name } from '../store.ts'

/** What the program is told. */
export interface OpeningTask {
  readonly rival: RivalName
  readonly dir: string
  readonly name: Name
}

/** What opening a store and getting one entry took, and what it left in memory. */
export interface Opening {
  /** Of the entry that was found. */
  readonly id: number | undefined
  readonly nanoseconds: number
  /** How much larger the process became. */
  readonly rss: number
  /** How much more there is on JavaScript's heap and outside of it, array buffers included. */
  readonly held: number
}

const { rival: rivalName, dir, name } = JSON.parse(process.argv[2] ?? '') as OpeningTask
const rival = await rivalOf(rivalName)
const before = settledMemory()
const started = performance.now()
const store = await rival.open(dir, 'JSON')
const item = (await store.get(name)) as Item | undefined
const nanoseconds = (performance.now() - started) * 1e6
const after = settledMemory()
const opening: Opening = {
  id: item?.id,
  nanoseconds,
  rss: after.rss - before.rss,
  held: after.heapUsed + after.external - before.heapUsed - before.external,
}
await store.close()
process.send?.(opening)
process.disconnect()

function settledMemory(): NodeJS.MemoryUsage {
  globalThis.gc?.()
  return process.memoryUsage()
}
