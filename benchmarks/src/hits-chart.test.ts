import { expect, test } from 'vitest'
import { hitsChartOf, linesOf } from './hits-chart.ts'
import type { Result } from './race.ts'
import type { Unit } from './row.ts'

const figures = [
  { name: 'StagCache', figure: 0.5 },
  { name: 'LRU', figure: 1 },
  { name: 'OPT', figure: 0.25 },
]

test('a bar is as long as the part that was saved, and the mark of OPT stands behind it', () => {
  const svg = hitsChartOf([{ title: 'loop', figures }], 'measured somewhere')
  const [, start, width] = /<rect class="faster" x="(130)" y="[\d.]+" width="([\d.]+)"/.exec(svg) ?? []
  const [, opt] = [...svg.matchAll(/<path class="equal" d="M([\d.]+) [\d.]+v18"/g)].at(-1) ?? []
  const all = Number(width) / 0.5
  expect(Number(opt)).toBeCloseTo(Number(start) + 0.75 * all, 1)
  expect(svg).toContain('>50.0 %<')
})

test('a policy that took no part has no mark', () => {
  const svg = hitsChartOf([{ title: 'a & b', figures: figures.slice(0, 1) }], '')
  const legendOnly = hitsChartOf([], '')
  expect(svg.match(/class="mark"/g)).toHaveLength(legendOnly.match(/class="mark"/g)?.length ?? 0)
  expect(svg).toContain('a &amp; b')
})

test('has the charted rows of what was saved', () => {
  const result = (row: string, charted: boolean, unit: Unit): Result => ({
    row,
    unit,
    charted,
    figures,
    verdicts: [],
  })
  const results = [
    result('loop', true, 'unsaved'),
    result('zipf', false, 'unsaved'),
    result('get', true, 'time'),
  ]
  expect(linesOf([{ title: 'Hits', results }])).toEqual([{ title: 'loop', figures }])
})
