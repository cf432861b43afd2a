import { temporaryDirectory } from '@stagcache/test-kit'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Claimants, interruption, step } from '../test/claimants.ts'
import { LogProcess } from '../test/log-process.ts'
import { Killed, MortalFiles } from '../test/mortal-files.ts'
import { patience, rounds } from '../test/rounds.ts'
import { startHash } from './hash.ts'
import { keepAll } from './successor.ts'

/*
 * Claims, values with and without a claim, releases and replacements by several processes of one directory, each of whose
 * operations on the file system is a point at which the others do something from beginning to end. What all were answered,
 * and what they see in the end, has to be what a store answers whose users take turns (`test/store-specification.ts`).
 */

beforeAll(startHash)

describe('whatever comes between', () => {
  test(
    'the steps of who claims, at most one claim stands, and a value counts only with it',
    () => {
      fc.assert(
        fc.property(
          fc.array(step, { minLength: 1, maxLength: 5 }),
          fc.array(interruption(16), { maxLength: 4 }),
          (steps, interruptions) => {
            const claimants = new Claimants(temporaryDirectory())
            claimants.doAll(new LogProcess(claimants.dir, claimants.interrupted(interruptions)), steps)
            claimants.expectAgreement()
          },
        ),
        { numRuns: rounds(60, 20_000) },
      )
    },
    patience,
  )

  test(
    'the steps of who claims, killed at any of them',
    () => {
      fc.assert(
        fc.property(
          fc.array(step, { minLength: 1, maxLength: 4 }),
          fc.nat(24),
          fc.array(interruption(24), { maxLength: 3 }),
          step,
          (steps, lifetime, interruptions, later) => {
            const claimants = new Claimants(temporaryDirectory())
            const { files } = new MortalFiles(lifetime + 1)
            claimants.doAll(new LogProcess(claimants.dir, claimants.interrupted(interruptions, files)), steps)
            claimants.do(new LogProcess(claimants.dir), later)
            claimants.expectAgreement()
          },
        ),
        { numRuns: rounds(40, 10_000) },
      )
    },
    patience,
  )

  test(
    'the steps of reclaiming, claims stand that stood, and values count that counted',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 5 }),
          fc.array(interruption(18), { maxLength: 4 }),
          async (before, interruptions) => {
            const claimants = new Claimants(temporaryDirectory())
            const process = new LogProcess(claimants.dir)
            claimants.do(process, { verb: 'write', name: 'b', stamp: 1 })
            claimants.doAll(process, before)
            const reclaiming = new LogProcess(claimants.dir, claimants.interrupted(interruptions))
            await reclaiming.reclaimer.reclaim(keepAll)
            claimants.expectAgreement()
          },
        ),
        { numRuns: rounds(60, 20_000) },
      )
    },
    patience,
  )

  test(
    'the steps of reclaiming, killed at any of them',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 4 }),
          fc.nat(20),
          fc.array(interruption(18), { maxLength: 3 }),
          fc.array(step, { minLength: 1, maxLength: 2 }),
          async (before, lifetime, interruptions, later) => {
            const claimants = new Claimants(temporaryDirectory())
            const process = new LogProcess(claimants.dir)
            claimants.do(process, { verb: 'claim', name: 'b', stamp: 1 })
            claimants.doAll(process, before)
            const files = claimants.interrupted(interruptions, new MortalFiles(lifetime + 1).files)
            await new LogProcess(claimants.dir, files).reclaimer
              .reclaim(keepAll)
              .catch(error => expect(error).toBeInstanceOf(Killed))
            claimants.doAll(process, later)
            claimants.expectAgreement()
          },
        ),
        { numRuns: rounds(40, 10_000) },
      )
    },
    patience,
  )
})
