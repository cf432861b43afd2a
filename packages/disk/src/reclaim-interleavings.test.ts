import { rmSync } from 'node:fs'
import { eachRound, temporaryDirectory } from '@stagcache/test-kit'
import * as fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { Claimants, interruption, step } from '../test/claimants.ts'
import { hookedFiles } from '../test/hooked-files.ts'
import { LogProcess } from '../test/log-process.ts'
import { Killed, MortalFiles } from '../test/mortal-files.ts'
import { patience, rounds } from '../test/rounds.ts'
import { blobPaths, entryOf, largeValue, openStore } from '../test/stores.ts'
import { DiskStore } from './disk-store.ts'
import { startHash } from './hash.ts'
import { keepAll } from './successor.ts'

beforeAll(startHash)

// What the killed and the losers have left.
beforeEach(() => leaves('unfinished', 'leftover'))

describe('two that reclaim at once, and whatever comes between', () => {
  test(
    'leave one log, in which nothing is lost and nothing comes back, also when one is killed',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 5 }),
          fc.array(interruption(36), { maxLength: 4 }),
          // Most of these are killed in the middle, the others not at all.
          fc.nat(60),
          fc.array(step, { maxLength: 2 }),
          eachRound(async (before, interruptions, lifetime, later) => {
            const claimants = new Claimants(temporaryDirectory())
            const process = new LogProcess(claimants.dir)
            claimants.do(process, { verb: 'write', name: 'b', stamp: 1 })
            claimants.doAll(process, before)
            const mortal = claimants.interrupted(interruptions, new MortalFiles(lifetime + 1).files)
            const reclaimers = [mortal, claimants.interrupted(interruptions)].map(
              files => new LogProcess(claimants.dir, files).reclaimer,
            )
            await Promise.all(
              reclaimers.map(one =>
                one.reclaim(keepAll).catch(error => expect(error).toBeInstanceOf(Killed)),
              ),
            )
            claimants.doAll(process, later)
            claimants.expectAgreement()
          }),
        ),
        { numRuns: rounds(20, 10_000) },
      )
    },
    patience,
  )
})

describe('who reads a large value', () => {
  const old = largeValue(1)
  const changes: Record<string, { change: (store: DiskStore) => void; next: unknown }> = {
    'was replaced': { change: store => store.writeSync('a', entryOf(largeValue(2))), next: largeValue(2) },
    'was replaced by a small one': { change: store => store.writeSync('a', entryOf('new')), next: 'new' },
    'was deleted': { change: store => store.removeSync('a'), next: undefined },
    'was cleared': { change: store => store.clearSync(), next: undefined },
  }

  /** What a reader answers, in whose nth operation another process ends the entry, reclaims, and removes its file. */
  async function readWhile(at: number, change: (store: DiskStore) => void) {
    const dir = temporaryDirectory()
    const other = await new DiskStore({ dir }).open()
    onTestFinished(() => other.close())
    other.writeSync('a', entryOf(old))
    const [file = ''] = blobPaths(dir)
    const process = new LogProcess(dir)
    let operations = 0
    let hasHappened = false
    const before = () => {
      if (operations++ !== at) return
      hasHappened = true
      change(other)
      rmSync(file, { force: true })
      process.seal()
      process.succeed()
    }
    const reader = openStore({ dir, files: hookedFiles({ before }) } as { dir: string })
    const value = await reader.value('a')
    return { value, hasHappened, later: await reader.value('a'), events: reader.events }
  }

  test.each(Object.entries(changes))(
    'that %s meanwhile finds it or what is there now',
    async (_, one) => {
      const answers = new Set<unknown>()
      for (let at = 0; ; at++) {
        const { value, hasHappened, later, events } = await readWhile(at, one.change)
        if (!hasHappened) break
        const expected = value instanceof Uint8Array && value[0] === 1 ? old : one.next
        expect(value).toEqual(expected)
        expect(later).toEqual(one.next)
        expect(events).toEqual([])
        answers.add(expected)
      }
      expect(answers.size).toBeGreaterThan(0)
    },
    60_000,
  )
})
