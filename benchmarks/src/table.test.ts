import { expect, test } from 'vitest'
import type { Result } from './race.ts'
import { summaryOf, tableOf } from './table.ts'

const spread = { median: 0.8, low: 0.7, high: 0.9 }

const get: Result = {
  row: 'get',
  unit: 'time',
  charted: false,
  figures: [
    { name: 'StagCache', figure: 1234 },
    { name: 'lmdb', figure: 987, advantage: spread },
    { name: 'forgetful', fault: 'It forgot a value.' },
    { name: 'simple', reason: 'It keeps nothing.' },
  ],
  verdicts: [
    { target: { measure: 'speed', against: 'lmdb', limit: 0.9 }, reached: spread, met: false },
    { target: { measure: 'speed', against: 'forgetful', limit: 10 }, met: false },
  ],
}

const size: Result = {
  row: 'size',
  unit: 'bytes',
  charted: false,
  figures: [
    { name: 'StagCache', figure: 400 },
    { name: 'forgetful', fault: 'It forgot a value.' },
    { name: 'file', figure: 4096, advantage: { median: 10.24, low: 10, high: 11 } },
  ],
  verdicts: [
    { target: { measure: 'figure', limit: 500 }, reached: { median: 400, low: 400, high: 400 }, met: true },
  ],
}

test('a table has a line for each contender of any row, then the targets, then who has no figure', () => {
  expect(tableOf('Title', [get, size])).toBe(
    [
      'Title',
      '',
      '             get             size',
      '  StagCache  1.23 µs         400 B',
      '  lmdb       987 ns   0.80×  –',
      '  forgetful  wrong           wrong',
      '  simple     cannot          –',
      '  file       –               4.10 kB  10.2×',
      '',
      '  get:   at least 0.90× the speed of lmdb       0.80 (0.70–0.90)     MISSED',
      '  get:   at least 10.0× the speed of forgetful  not measured         MISSED',
      '  size:  at most 500 B                          400 B (400 B–400 B)  met',
      '',
      '  get; size: forgetful was not timed. It forgot a value.',
      '  get: simple takes no part. It keeps nothing.',
    ].join('\n'),
  )
})

test('a table without targets and faults ends with its last line', () => {
  const plain: Result = { ...size, figures: size.figures.slice(0, 1), verdicts: [] }
  expect(tableOf('Title', [plain])).toBe('Title\n\n             size\n  StagCache  400 B')
})

test('the summary counts the targets', () => {
  const measured = [
    { title: 'one', results: [get] },
    { title: 'two', results: [size] },
  ]
  expect(summaryOf(measured)).toBe('Of 3 targets 1 were met.')
})
