import { eachRound, temporaryDirectory } from '@stagcache/test-kit'
import * as fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { Claimants, interruption, type Step, step } from '../test/claimants.ts'
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

// A seal, and what the killed have left.
beforeEach(() => leaves('unfinished', 'leftover'))

/** What the others do while a claim of a third one stands, and somebody reclaims. */
const changes: Record<string, readonly (readonly [by: number, verb: Step['verb']])[]> = {
  'a claim after a write, and its value': [
    [0, 'write'],
    [1, 'claim'],
    [1, 'store'],
  ],
  'a claim after a write that was deleted, and its value': [
    [0, 'write'],
    [0, 'remove'],
    [1, 'claim'],
    [1, 'store'],
  ],
  'a replacement, and both values': [
    [0, 'replace'],
    [1, 'replace'],
    [0, 'store'],
    [1, 'store'],
  ],
  'a clear, a claim and a clear': [
    [0, 'clear'],
    [1, 'claim'],
    [0, 'clear'],
    [1, 'store'],
  ],
  'a seal, a claim and its value': [
    [0, 'replace'],
    [1, 'seal'],
    [0, 'store'],
    [1, 'claim'],
  ],
}

describe('while somebody reclaims, wherever it comes between', () => {
  test.each(Object.entries(changes))(
    '%s are the same in the old log and the new one',
    async (_, steps) => {
      const theirs = steps.map(([by, verb]) => ({ by, verb, name: 'a', stamp: 1 }))
      for (let at = 0; at < 18; at++) {
        const claimants = new Claimants(temporaryDirectory())
        claimants.do(new LogProcess(claimants.dir), { verb: 'claim', name: 'a', stamp: 1 })
        const files = claimants.interrupted([{ at, steps: theirs }])
        await new LogProcess(claimants.dir, files).reclaimer.reclaim(keepAll)
        claimants.expectAgreement()
      }
    },
    patience,
  )
})

describe('whatever comes between', () => {
  test(
    'the steps of who claims, at most one claim stands, and a value counts only with it',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 5 }),
          fc.array(interruption(16), { maxLength: 4 }),
          eachRound((steps, interruptions) => {
            const claimants = new Claimants(temporaryDirectory())
            claimants.doAll(new LogProcess(claimants.dir, claimants.interrupted(interruptions)), steps)
            claimants.expectAgreement()
          }),
        ),
        { numRuns: rounds(35, 20_000) },
      )
    },
    patience,
  )

  test(
    'the steps of who claims, killed at any of them',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 4 }),
          fc.nat(24),
          fc.array(interruption(24), { maxLength: 3 }),
          step,
          eachRound((steps, lifetime, interruptions, later) => {
            const claimants = new Claimants(temporaryDirectory())
            const { files } = new MortalFiles(lifetime + 1)
            claimants.doAll(new LogProcess(claimants.dir, claimants.interrupted(interruptions, files)), steps)
            claimants.do(new LogProcess(claimants.dir), later)
            claimants.expectAgreement()
          }),
        ),
        { numRuns: rounds(25, 10_000) },
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
          eachRound(async (before, interruptions) => {
            const claimants = new Claimants(temporaryDirectory())
            const process = new LogProcess(claimants.dir)
            claimants.do(process, { verb: 'write', name: 'b', stamp: 1 })
            claimants.doAll(process, before)
            const reclaiming = new LogProcess(claimants.dir, claimants.interrupted(interruptions))
            await reclaiming.reclaimer.reclaim(keepAll)
            claimants.expectAgreement()
          }),
        ),
        { numRuns: rounds(35, 20_000) },
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
          eachRound(async (before, lifetime, interruptions, later) => {
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
          }),
        ),
        { numRuns: rounds(25, 10_000) },
      )
    },
    patience,
  )
})
