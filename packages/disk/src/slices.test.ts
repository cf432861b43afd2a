import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { logOf, MemoryDraftFile, MemoryLog, signedValue } from '../test/logs.ts'
import { startHash } from './hash.ts'
import { Retention } from './retention.ts'
import { atOnce, inSlices, type Steps } from './slices.ts'
import { Snapshot } from './snapshot.ts'
import { keepAll, Successor } from './successor.ts'

beforeAll(startHash)
afterEach(() => {
  vi.restoreAllMocks()
})

let now = 0
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})

/** Steps that take so many milliseconds each. */
function* stepsOf(milliseconds: readonly number[], done: unknown[]): Steps {
  for (const each of milliseconds) {
    now += each
    done.push(each)
    yield
  }
}

test('the program goes on whenever two milliseconds of steps are done, or one that took longer', async () => {
  const done: unknown[] = []
  let isOver = false
  const slices = inSlices(stepsOf([1, 1, 1.5, 0.5, 8, 0.1], done)).then(() => {
    isOver = true
  })
  while (!isOver) {
    done.push('turn')
    await nextTurn()
  }
  await slices
  expect(done).toEqual([1, 1, 'turn', 1.5, 0.5, 'turn', 8, 'turn', 0.1])
})

test('where nobody can wait, all of it is done at once', () => {
  const done: unknown[] = []
  atOnce(stepsOf([5, 5], done))
  expect(done).toEqual([5, 5])
})

describe('what takes long is done in small steps:', () => {
  const entries = 5000
  let records: Buffer[] = []
  beforeAll(() => {
    records = Array.from({ length: entries }, (_, index) => signedValue(`${index}`, 'x'.repeat(500)))
  })

  function successorOf({ log, contents }: MemoryLog): Successor {
    return new Successor(new MemoryDraftFile(), log, contents, () => ({ writer: 8n, sequence: 1 }))
  }

  const works: Record<string, { begin: (log: MemoryLog) => Steps; fewest: number }> = {
    'copying what is live': { begin: log => successorOf(log.readAll()).writePrefix(keepAll), fewest: 40 },
    'copying what is written meanwhile': {
      begin: log => successorOf(log).writeRest(log.readAll().log.scanned),
      fewest: 40,
    },
    'weighing what is worth keeping': {
      begin: log => new Retention(log.readAll(), 1).weigh(),
      fewest: entries / 250,
    },
    'writing a snapshot': {
      begin(memory) {
        const { log, contents } = memory.readAll()
        const extent = { logId: log.id, end: log.scanned, last: 0, lastChecksum: 0n }
        return new Snapshot(contents, extent).write(new MemoryDraftFile())
      },
      fewest: entries / 150,
    },
  }

  test.each(Object.entries(works))('%s', (_, { begin, fewest }) => {
    const steps = begin(new MemoryLog(logOf(...records)))
    let count = 0
    while (!steps.next().done) count++
    expect(count).toBeGreaterThanOrEqual(fewest)
  })
})
