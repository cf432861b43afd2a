import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrequencySketch } from './frequency-sketch.ts'
import { type Manner, Ranked, Ranking } from './ranking.ts'

const recency: Manner = { window: 1, byUses: false }
const byUses: Manner = { window: 1, byUses: true }
const frequency: Manner = { window: 0.01, byUses: false }

function sketch(): FrequencySketch {
  const frequencies = new FrequencySketch()
  frequencies.grow(64)
  return frequencies
}

function ranked(name: number, cost = 1, size = 1): Ranked {
  const entry = new Ranked(`${name}`, cost, size)
  entry.hash = Math.imul(name + 1, 0x9e3779b1)
  entry.uses = 1
  return entry
}

/** What goes, one after the other, until nothing is left. */
function drained(ranking: Ranking): string[] {
  const names: string[] = []
  for (let victim = ranking.victim(); victim; victim = ranking.victim()) {
    ranking.remove(victim)
    names.push(victim.name)
  }
  return names
}

test('with a window of all the room, and one cost and size, it is LRU', () => {
  const ranking = new Ranking(sketch(), recency)
  const entries = [0, 1, 2, 3].map(name => ranked(name))
  for (const entry of entries) ranking.add(entry)
  ranking.use(entries[0] as Ranked)
  ranking.use(entries[2] as Ranked)
  expect(drained(ranking)).toEqual(['1', '3', '0', '2'])
})

test('what is cheap and large goes first', () => {
  const ranking = new Ranking(sketch(), recency)
  for (const entry of [ranked(0, 100, 10), ranked(1, 100, 1), ranked(2, 5, 1)]) ranking.add(entry)
  expect(drained(ranking)).toEqual(['2', '0', '1'])
})

test('what is expensive goes too when it has not been used for long', () => {
  const ranking = new Ranking(sketch(), recency)
  ranking.add(ranked(0, 50))
  const gone: string[] = []
  for (let name = 1; name < 100; name++) {
    ranking.add(ranked(name))
    const victim = ranking.victim() as Ranked
    ranking.remove(victim)
    gone.push(victim.name)
  }
  expect(gone).toContain('0')
})

test('where uses count, what was used more stays', () => {
  const ranking = new Ranking(sketch(), byUses)
  const entries = [0, 1].map(name => ranked(name))
  for (const entry of entries) ranking.add(entry)
  for (let times = 0; times < 3; times++) ranking.use(entries[0] as Ranked)
  ranking.use(entries[1] as Ranked)
  expect(drained(ranking)).toEqual(['1', '0'])
})

test.each([
  { asked: 1, stays: false },
  // The one that is there is yet to be asked for, and would be even.
  { asked: 2, stays: false },
  { asked: 3, stays: true },
])(
  'a newcomer that was asked for $asked times stays beside those of one request: $stays',
  ({ asked, stays }) => {
    const frequencies = sketch()
    const ranking = new Ranking(frequencies, frequency)
    for (let name = 0; name < 4; name++) {
      const entry = ranked(name)
      frequencies.count(entry.hash)
      ranking.add(entry)
    }
    ranking.remove(ranking.victim() as Ranked)
    const newcomer = ranked(9)
    for (let times = 0; times < asked; times++) frequencies.count(newcomer.hash)
    ranking.add(newcomer)
    expect(ranking.victim() === newcomer).toBe(!stays)
  },
)

test('what has gone refers to nothing that is there', () => {
  const ranking = new Ranking(sketch(), recency)
  const entries = [0, 1, 2].map(name => ranked(name))
  for (const entry of entries) ranking.add(entry)
  const gone = entries[1] as Ranked
  ranking.remove(gone)
  expect([gone.newer, gone.older]).toEqual([gone, gone])
})

test('what is to be forgotten goes first, unless it is used again', () => {
  const frequencies = sketch()
  const ranking = new Ranking(frequencies, frequency)
  const entries = [0, 1, 2].map(name => ranked(name))
  for (const entry of entries) {
    for (let times = 0; times < 9; times++) frequencies.count(entry.hash)
    ranking.add(entry)
  }
  ranking.add(ranked(3))
  ranking.remove(ranking.victim() as Ranked)
  ranking.forget()
  ranking.use(entries[1] as Ranked)
  for (const name of [4, 5]) {
    ranking.add(ranked(name))
    ranking.remove(ranking.victim() as Ranked)
  }
  expect(new Set(drained(ranking))).toEqual(new Set(['1', '4', '5']))
})

const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('add' as const),
      cost: fc.integer({ min: 0, max: 1e6 }),
      size: fc.integer({ min: 1, max: 1e6 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('use' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('evict' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('forget' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('manner' as const),
      window: fc.constantFrom(0, 0.01, 0.2, 1),
      byUses: fc.boolean(),
    }),
  },
)

test('whatever is done, it ranks just what is there, and its sums are right', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), operations => {
      const frequencies = sketch()
      const ranking = new Ranking(frequencies, frequency)
      const held = new Set<Ranked>()
      const nth = (which: number) => [...held][which % held.size]
      let name = 0
      for (const done of operations) {
        if (done.type === 'add') {
          const entry = ranked(name++, done.cost, done.size)
          frequencies.count(entry.hash)
          ranking.add(entry)
          held.add(entry)
        } else if (done.type === 'forget') {
          ranking.forget()
        } else if (done.type === 'manner') {
          ranking.manner = { window: done.window, byUses: done.byUses }
        } else if (held.size > 0) {
          const entry = (done.type === 'evict' ? ranking.victim() : nth(done.which)) as Ranked
          expect(held).toContain(entry)
          if (done.type === 'use') ranking.use(entry)
          else ranking.remove(entry)
          if (done.type !== 'use') held.delete(entry)
        }
        checkInvariants(ranking, held)
      }
    }),
    { seed: 4 },
  )
})

function checkInvariants(ranking: Ranking, held: ReadonlySet<Ranked>): void {
  const seen: Ranked[] = []
  ranking.each(entry => {
    expect(entry.newer.older).toBe(entry)
    expect(entry.older.newer).toBe(entry)
    seen.push(entry)
  })
  expect(seen.length).toBe(held.size)
  expect(new Set(seen)).toEqual(held)
  expect(ranking.total).toBe(seen.reduce((sum, { size }) => sum + size, 0))
  expect(ranking.victim() === undefined).toBe(held.size === 0)
}
