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

/** The longest time for which nothing else could run, in nanoseconds. */
export interface Upkeep {
  readonly reclaiming: number
  readonly snapshot: number
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

async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let isDone = false
  const done = work().finally(() => {
    isDone = true
  })
  let longest = 0
  for (let before = performance.now(); !isDone; ) {
    await setImmediate()
    const now = performance.now()
    longest = Math.max(longest, now - before)
    before = now
  }
  await done
  return longest * 1e6
}

function newestLog(): string {
  return logs().sort().at(-1) ?? ''
}

function logs(): string[] {
  return readdirSync(join(dir, 'store-v1')).filter(name => name.endsWith('.log'))
}
