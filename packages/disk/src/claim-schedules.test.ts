import { setTimeout as delay } from 'node:timers/promises'
import { eachRound, temporaryDirectory } from '@stagcache/test-kit'
import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { Generators, type Got, type Plan } from '../test/generators.ts'
import { LogProcess } from '../test/log-process.ts'
import { patience, rounds } from '../test/rounds.ts'
import { startHash } from './hash.ts'

/*
 * Several processes that want one entry, from their first look to what they get. Which of them goes on next is up to a
 * scheduler, and others change the entry, seal the log or let another one follow it in between.
 */

beforeAll(startHash)

const changes = ['remove', 'clear', 'write', 'seal', 'succeed'] as const
type ChangeVerb = (typeof changes)[number]

const fate = fc.constantFrom('value', 'value', 'failed', 'unstored', 'killed' as const)
const plan = (stamp: fc.Arbitrary<number>, isImpatient: fc.Arbitrary<boolean>): fc.Arbitrary<Plan> =>
  fc.record({ fate, stamp, isImpatient }) as fc.Arbitrary<Plan>

async function change(dir: string, scheduler: fc.Scheduler, verb: ChangeVerb): Promise<void> {
  const process = new LogProcess(dir)
  await scheduler.schedule(Promise.resolve(), verb)
  if (verb === 'write') process.write(Generators.wanted, 'set')
  else if (verb === 'remove') process.remove(Generators.wanted)
  else process[verb]()
}

/** What all got; rejects if somebody gets no answer. */
async function outcomes(
  scheduler: fc.Scheduler,
  all: readonly Promise<Got>[],
  others: readonly Promise<void>[],
) {
  let isOver = false
  const got = Promise.all([Promise.all(all), Promise.all(others)]).finally(() => {
    isOver = true
  })
  // Far more than any of them takes: who is not answered by then waits for ever.
  for (let idle = 0; !isOver && idle < 2000; ) {
    if (scheduler.count() > 0) {
      await scheduler.waitOne()
      continue
    }
    idle++
    await delay(1)
  }
  if (!isOver) throw new Error('somebody waits and is not answered')
  return (await got)[0]
}

/** Carries out some plans in a directory of their own, while it is changed so. */
async function carriedOut(scheduler: fc.Scheduler, plans: readonly Plan[], verbs: readonly ChangeVerb[]) {
  const dir = temporaryDirectory()
  const generators = new Generators(dir, scheduler)
  const got = await outcomes(
    scheduler,
    plans.map(one => generators.run(one)),
    verbs.map(verb => change(dir, scheduler, verb)),
  )
  return { dir, generators, got }
}

test(
  'those who want one thing are all answered; one generates at a time, and what it stores is what the others get',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(plan(fc.constant(1), fc.constant(false)), { minLength: 2, maxLength: 4 }),
        fc.array(fc.constantFrom('seal' as const, 'succeed' as const), { maxLength: 2 }),
        eachRound(async (scheduler, plans, verbs) => {
          const { dir, generators, got } = await carriedOut(scheduler, plans, verbs)
          expect(generators.mostAtOnce).toBe(1)
          // Nobody interferes: the first result that can be stored is, whatever befell those before.
          const isStored = new LogProcess(dir).read(Generators.wanted) === 1
          const hasStored = got.some((one, index) => one === 'own' && plans[index]?.fate === 'value')
          if (plans.every(one => one.fate !== 'unstored')) expect(isStored).toBe(hasStored)
          else if (isStored) expect(hasStored).toBe(true)
          if (got.includes('entry')) expect(isStored).toBe(true)
          if (plans.every(one => one.fate === 'value')) {
            expect(generators.generations).toBe(1)
            expect(got.filter(one => one === 'entry')).toHaveLength(plans.length - 1)
          }
          if (plans.every(one => one.fate === 'failed' || one.fate === 'killed'))
            expect(generators.generations).toBe(plans.length)
        }),
      ),
      { numRuns: rounds(50, 10_000) },
    )
  },
  patience,
)

test(
  'those who want different things, lose patience and are interfered with are all answered',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(plan(fc.constantFrom(1, 1, 2), fc.boolean()), { minLength: 2, maxLength: 4 }),
        fc.array(fc.constantFrom(...changes), { maxLength: 4 }),
        eachRound(async (scheduler, plans, verbs) => {
          const { got } = await carriedOut(scheduler, plans, verbs)
          expect(got).toHaveLength(plans.length)
          for (const [index, one] of got.entries())
            if (one === 'killed' || one === 'error')
              expect(plans[index]?.fate).toBe(one === 'error' ? 'failed' : 'killed')
        }),
      ),
      { numRuns: rounds(40, 10_000) },
    )
  },
  patience,
)
