import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { patience, rounds } from '../test/rounds.ts'
import { logNumbers } from '../test/stores.ts'
import { DiskStore } from './disk-store.ts'

// What the dead have left; none of it is damage.
beforeEach(() => leaves('leftover', 'unfinished'))

const program = new URL('../test/churner.ts', import.meta.url)
const writers = ['1', '2', '3', '4']

/** What the last round of each entry was, as far as its writer could tell. */
function resolvedIn(output: string): Map<string, number> {
  const lines = output.split('\n').filter(line => /^\d\/\d+ \d+$/.test(line))
  return new Map(lines.map(line => line.split(' ')).map(([name, round]) => [name as string, Number(round)]))
}

interface Churned {
  readonly life: string
  readonly round: number
  readonly bytes: Uint8Array
}

async function expectAll(
  store: DiskStore,
  life: string,
  resolved: ReadonlyMap<string, number>,
): Promise<void> {
  for (const [name, round] of resolved) {
    const found = (await store.read(name))?.value as Churned | undefined
    expect(found?.life, name).toBe(life)
    // One more may have been stored whose writer could not say so any more.
    expect(found?.round, name).toBeGreaterThanOrEqual(round)
    expect(
      found?.bytes.every(byte => byte === ((found.round ?? 0) & 0xff)),
      name,
    ).toBe(true)
  }
}

describe('four processes that write and reclaim all the time', () => {
  test(
    'are killed, and the next one reads everything that had resolved',
    async () => {
      const dir = temporaryDirectory()
      let log = 0
      for (let round = 0; round < rounds(3, 200); round++) {
        // Before the first one could open it, or in the middle of anything.
        const lifetime = 300 + ((round * 211) % 900)
        const large = round % 3 === 2 ? rounds(1_000_000, 40_000_000) : 0
        const children = writers.map(by => inProcess(program, dir, by, String(round), String(large)))
        await Promise.all(children.map(child => child.line()))
        await new Promise(resolve => setTimeout(resolve, lifetime))
        for (const child of children) child.kill()
        const outcomes = await Promise.all(children.map(child => child.outcome))
        const store = new DiskStore({ dir })
        for (const { stdout } of outcomes) await expectAll(store, String(round), resolvedIn(stdout))
        await store.close()
        log = Math.max(...logNumbers(dir))
      }
      // They did reclaim.
      expect(log).toBeGreaterThan(1)
    },
    patience,
  )
})
