import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eachRound, temporaryDirectory } from '@stagcache/test-kit'
import * as fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { Claimants, type Interruption, interruption, type Step, step } from '../test/claimants.ts'
import { LogProcess } from '../test/log-process.ts'
import { Killed, MortalFiles } from '../test/mortal-files.ts'
import { patience, rounds } from '../test/rounds.ts'
import { Directory } from './directory.ts'
import { type Files, nodeFiles } from './files.ts'
import { startHash } from './hash.ts'
import { keepAll } from './successor.ts'

/*
 * A snapshot may be written, or be cut short, at any time, and be older than what the log has by then. Whoever opens the log
 * with it sees what a replay of the whole log leaves.
 */

beforeAll(startHash)

// A seal, and what the killed have left.
beforeEach(() => leaves('unfinished', 'leftover'))

const withoutSnapshots: Files = {
  ...nodeFiles,
  openToRead: path => (path.endsWith('.idx') ? undefined : nodeFiles.openToRead(path)),
}

/** All that a process sees that opens the directory now. */
function seenBy(process: LogProcess) {
  const contents = process.follower.refresh()?.contents
  const places = Array.from({ length: contents?.index.count ?? 0 }, (_, row) =>
    JSON.stringify([contents?.index.placeOf(row), contents?.index.hashOf(row), contents?.index.usesOf(row)]),
  )
  const claims = [...(contents?.claims.values() ?? [])].map(({ name, wanted, claim, place }) => {
    return [name, wanted, String(claim.writer), claim.sequence, place]
  })
  return { places: places.sort(), claims: claims.sort(), bytes: contents?.index.recordBytes }
}

function expectSameAsReplay(dir: string): void {
  expect(seenBy(new LogProcess(dir))).toEqual(seenBy(new LogProcess(dir, withoutSnapshots)))
}

function isThereSnapshot(dir: string): boolean {
  const { files, folder } = new Directory(nodeFiles, dir)
  return files.list(folder).some(name => name.endsWith('.idx'))
}

/** Saves a snapshot and lets the others come between, who also open the directory anew each time. */
async function saved(
  claimants: Claimants,
  before: readonly Step[],
  interruptions: readonly Interruption[],
  files: Files = nodeFiles,
): Promise<void> {
  const process = new LogProcess(
    claimants.dir,
    claimants.interrupted(interruptions, files, expectSameAsReplay),
  )
  claimants.doAll(process, before)
  await process.follower.saveSnapshot().catch(error => expect(error).toBeInstanceOf(Killed))
}

describe('a snapshot that others come between', () => {
  test(
    'says what the log leaves, or is not used',
    async () => {
      let snapshots = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 5 }),
          fc.array(interruption(30), { maxLength: 4 }),
          fc.array(step, { maxLength: 3 }),
          fc.boolean(),
          eachRound(async (before, interruptions, later, reclaims) => {
            const claimants = new Claimants(temporaryDirectory())
            await saved(claimants, before, interruptions)
            if (isThereSnapshot(claimants.dir)) snapshots++
            expectSameAsReplay(claimants.dir)
            const next = new LogProcess(claimants.dir)
            claimants.doAll(next, later)
            expectSameAsReplay(claimants.dir)
            if (reclaims) await next.reclaimer.reclaim(keepAll)
            expectSameAsReplay(claimants.dir)
            claimants.expectAgreement()
          }),
        ),
        { numRuns: rounds(30, 10_000) },
      )
      expect(snapshots).toBeGreaterThan(10)
    },
    patience,
  )

  test(
    'is none, or the earlier one, where its writer is killed',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 4 }),
          fc.nat(50),
          fc.array(interruption(30), { maxLength: 3 }),
          eachRound(async (before, lifetime, interruptions) => {
            const claimants = new Claimants(temporaryDirectory())
            await saved(claimants, before, [])
            await saved(claimants, before, interruptions, new MortalFiles(lifetime + 1).files)
            expectSameAsReplay(claimants.dir)
            claimants.expectAgreement()
          }),
        ),
        { numRuns: rounds(30, 10_000) },
      )
    },
    patience,
  )

  test('that turns out to be damaged once something was appended does not change what that is answered', async () => {
    const dir = temporaryDirectory()
    const process = new LogProcess(dir)
    process.write('b', 1)
    await process.follower.saveSnapshot()
    process.follower.close()
    const folder = join(dir, 'store-v1')
    const files = readdirSync(folder).filter(name => /\.(?:idx|log)$/.test(name))
    const before = files.map(name => [join(folder, name), readFileSync(join(folder, name))] as const)
    const [snapshot, whole] = before.find(([path]) => path.endsWith('.idx')) as (typeof before)[0]
    const wrongly: number[] = []
    for (let place = 0; place < whole.length; place++) {
      const damaged = Buffer.from(whole)
      damaged[place] = (whole[place] as number) ^ 1
      writeFileSync(snapshot, damaged)
      const other = new LogProcess(dir)
      if (!other.remove('b')) wrongly.push(place)
      other.follower.close()
      for (const [path, bytes] of before) writeFileSync(path, bytes)
    }
    expect(wrongly).toEqual([])
  })
})
