import { on } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Stamp } from '@stagcache/core'
import { DiskStore } from '@stagcache/disk'

/** What the program is told. */
export interface UpkeepTask {
  readonly dir: string
  /** How many entries the store has. `false` for the program that only writes beside it. */
  readonly entries: number | false
}

/** The longest turn of the event loop, in nanoseconds. */
export interface LongestTurn {
  readonly elapsed: number
  /** Without the time in which the thread waited for the disk, or for a processor that another program had. */
  readonly busy: number
}

/** What was seen while the store did its upkeep. */
export interface Upkeep {
  readonly reclaiming: LongestTurn
  readonly snapshot: LongestTurn
}

const batch = 10_000
const entryBytes = 400
const garbageBytes = 60_000

const { dir, entries } = JSON.parse(process.argv[2] ?? '') as UpkeepTask
const store = new DiskStore({ dir })

process.send?.('ready')
if (entries === false) await writeOnAndOn()
else await measure(entries)

async function measure(count: number): Promise<void> {
  for (let start = 0; start < count; start += batch) {
    const names = Array.from({ length: Math.min(batch, count - start) }, (_, index) => `./${start + index}`)
    await Promise.all(names.map(name => write(name, entryBytes)))
  }
  process.send?.('filled')
  for await (const _ of on(process, 'message')) {
    const before = newestLog()
    // As much as lives, and a little: then the store begins to reclaim.
    const pieces = Math.ceil((1.2 * count * entryBytes) / garbageBytes)
    for (let piece = 0; piece < pieces && newestLog() === before; piece += 10)
      await Promise.all(Array.from({ length: 10 }, () => write('./garbage', garbageBytes)))
    const reclaiming = await longestTurn(async () => {
      while (newestLog() === before || logs().length > 1) {
        await new Promise(resolve => setTimeout(resolve, 10))
        await write('./garbage', garbageBytes)
      }
    })
    const snapshot = await longestTurn(() => store.saveSnapshot())
    process.send?.({ reclaiming, snapshot } satisfies Upkeep)
  }
}

async function writeOnAndOn(): Promise<void> {
  for (let round = 0; ; round++) {
    await write(`./beside/${round % 1000}`, entryBytes)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

function write(name: string, bytes: number): Promise<void> {
  const value = 'x'.repeat(bytes)
  return store.write(name, { value, stamp: '1.1' as Stamp, params: undefined, storedAt: Date.now(), cost: 1 })
}

async function longestTurn(work: () => Promise<unknown>): Promise<LongestTurn> {
  let isDone = false
  const done = work().finally(() => {
    isDone = true
  })
  let [elapsed, busy] = [0, 0]
  for (let before = now(); !isDone; ) {
    await setImmediate()
    const after = now()
    elapsed = Math.max(elapsed, after.elapsed - before.elapsed)
    busy = Math.max(busy, after.busy - before.busy)
    before = after
  }
  await done
  return { elapsed, busy }
}

function now(): LongestTurn {
  const { user, system } = process.threadCpuUsage()
  return { elapsed: performance.now() * 1e6, busy: (user + system) * 1e3 }
}

function newestLog(): string {
  return logs().sort().at(-1) ?? ''
}

function logs(): string[] {
  return readdirSync(join(dir, 'store-v1')).filter(name => name.endsWith('.log'))
}
