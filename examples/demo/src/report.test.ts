import { describe, expect, test } from 'vitest'
import { outcome, speedup, stepTable } from './report.ts'
import type { Step } from './story.ts'

const question = { dir: '.stagcache', version: 1, coastline: 'fine.json', width: 36 }
const first = step({ milliseconds: 6000, lifetime: 6200, computing: 5900, reason: 'absent' })
const read = step({ outcome: 'read', milliseconds: 20, lifetime: 100, computing: 5900 })

test.each([
  { why: 'nothing stored', now: step({ reason: 'absent' }), before: undefined },
  { why: 'another is stored', now: step({ reason: 'stamp' }), before: undefined },
  { why: 'other version', now: step({ reason: 'stamp' }, { version: 2 }), before: first },
  { why: 'other hashVal', now: step({ reason: 'stamp' }, { coastline: 'coarse.json' }), before: first },
  {
    why: 'both differ',
    now: step({ reason: 'stamp' }, { version: 2, coastline: 'coarse.json' }),
    before: first,
  },
])('a step is computed because: $why', ({ why, now, before }) => {
  expect(outcome(now, before)).toBe(`computed in 0.000 s: ${why}`)
})

test('a step that reads says who computed', () => {
  expect(outcome(read, first)).toMatch(/^read in 0\.020 s: computed \d+ \w+ ago by process 7$/)
  expect(outcome(read, undefined)).toMatch(/in an earlier run$/)
})

test('the table adds up', () => {
  expect(stepTable([first, read])).toEqual([
    '#  version  hashVal  answer     because         cache()  process   saved',
    '────────────────────────────────────────────────────────────────────────',
    '1        1  3f9a2c7  computed   nothing stored   6.00 s   6.20 s',
    '2        1  3f9a2c7  from disk  still valid     0.020 s  0.100 s  5.88 s',
    '────────────────────────────────────────────────────────────────────────',
    '                                sum              6.02 s   6.30 s  5.88 s',
  ])
})

describe('the second step is compared', () => {
  test('with the first, where that computed', () => {
    expect(speedup([first, read])[0]).toBe('Step 2 had the result 300 times faster than step 1;')
    expect(speedup([first, read])[1]).toContain('62 times')
  })

  test('with a later one that computed the same, where the first read', () => {
    expect(
      speedup([read, read, { ...first, answer: { ...first.answer, stamp: '1.2#0' } }, first])[0],
    ).toContain('step 4')
  })

  test('with none, where it did not read', () => {
    expect(speedup([first, first])).toEqual([])
  })
})

function step(answer: Partial<Step['answer']>, asked: Partial<Step['question']> = {}): Step {
  const place = { latitude: 0, longitude: 0, kilometres: 1 }
  return {
    title: '',
    question: { ...question, ...asked },
    answer: {
      outcome: 'computed',
      stamp: '1.1#3f9a2c7d',
      milliseconds: 0,
      lifetime: 0,
      computing: 0,
      computed: { at: '2020-01-01T00:00:00.000Z', process: 7 },
      sea: place,
      land: place,
      troubles: [],
      ...answer,
    },
  }
}
