import { cpSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ChildProcess, inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { loadedFor, patience } from '../test/rounds.ts'
import { openStore } from '../test/stores.ts'

// What was cut off when the directory was moved or removed in the middle of something.
beforeEach(() => leaves('damage', 'unfinished', 'leftover', 'foreign'))

const program = new URL('../test/tenant.ts', import.meta.url)

interface Report {
  readonly rounds: number
  readonly problems: readonly string[]
}

let removals = 0

/** What is done again and again to a directory in which three processes live, in a folder of its own. */
const deeds: Record<string, (dir: string, top: string) => Promise<void>> = {
  async removed(dir) {
    remove(dir)
    // Often enough for it to happen while it is being made anew, and seldom enough for it to be filled.
    await delay(removals++ % 20 < 15 ? 10 : 200)
  },
  async 'moved away and back'(dir, top) {
    const away = join(top, 'away')
    if (!isMoved(dir, away)) return
    await delay(60)
    // Somebody may have made it anew.
    while (!isMoved(away, dir)) remove(dir)
    await delay(60)
  },
  async 'exchanged for another one'(dir, top) {
    const [other, third] = [join(top, 'other'), join(top, 'third')]
    if (!isMoved(dir, third)) return
    if (existsSync(other)) while (!isMoved(other, dir)) remove(dir)
    renameSync(third, other)
    await delay(150)
  },
  async copied(dir, top) {
    const copy = join(top, 'copy')
    copyTree(dir, copy)
    const store = openStore({ dir: copy })
    await store.put('own', 1)
    expect(await store.value('own')).toBe(1)
    await store.close()
    remove(copy)
  },
}

// Who lives there makes new files while old ones are being removed.
function remove(dir: string): void {
  for (let left = 1000; ; left--) {
    try {
      return rmSync(dir, { recursive: true, force: true })
    } catch (error) {
      if (left === 0) throw error
    }
  }
}

function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch {
    return false
  }
}

// Files vanish while they are being copied, as they do for `cp -r`, which goes on with the next one.
function copyTree(from: string, to: string): void {
  for (;;) {
    try {
      return cpSync(from, to, { recursive: true, filter: path => !path.includes('live') && existsSync(path) })
    } catch {
      remove(to)
    }
  }
}

/** Resolves when a process finds a value that was stored elsewhere; whether by then the directory has been noticed or not. */
async function untilFound(tenant: ChildProcess, store: ReturnType<typeof openStore>): Promise<void> {
  for (let value = 1; ; value++) {
    await store.put('new', value)
    tenant.say('find new')
    if (JSON.parse(await tenant.line()).found === value) return
  }
}

describe('a directory in which three processes live', () => {
  test.each(Object.keys(deeds))(
    'is %s: they go on, read nothing wrong, and find what is stored afterwards',
    async deed => {
      const top = temporaryDirectory()
      const dir = join(top, 'cache')
      const tenants = ['a', 'b', 'c'].map(by => inProcess(program, dir, by))
      await Promise.all(tenants.map(tenant => tenant.line()))
      const end = performance.now() + loadedFor / 2
      do await deeds[deed]?.(dir, top)
      while (performance.now() < end)
      const store = openStore({ dir })
      for (const tenant of tenants) await untilFound(tenant, store)
      for (const tenant of tenants) tenant.say('stop')
      for (const report of await Promise.all(tenants.map(tenant => tenant.result<Report>()))) {
        expect(report.problems).toEqual([])
        expect(report.rounds).toBeGreaterThan(0)
      }
    },
    patience,
  )
})
