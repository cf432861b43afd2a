import { expect, test } from 'vitest'
import { items } from './data.ts'
import { environment, environmentText } from './environment.ts'
import { measure } from './measure.ts'
import { suites } from './suites.ts'
import { tableOf } from './table.ts'

// One short round of everything, so that no row is found broken only when somebody needs its figure.
test.each(suites)('$topic: $title', { timeout: 15_000 }, async suite => {
  const results = await measure(suite, { warmUp: 0, rounds: 1 }, 0.01)
  expect(results.length).toBeGreaterThan(0)
  for (const { row, timings, ratio } of results) {
    for (const timing of timings)
      expect({ row, ...timing }).toEqual({ row, name: timing.name, nanoseconds: expect.any(Number) })
    expect(ratio?.median).toBeGreaterThan(0)
    expect(tableOf(suite.title, results)).toContain(row)
  }
})

test('the table says who answered wrongly', () => {
  const timings = [
    { name: 'StagCache', nanoseconds: 1234 },
    { name: 'rival', fault: 'It forgot a value.' },
  ]
  const table = tableOf('Title', [
    { row: 'get', timings, target: { measure: 'speed', limit: 0.8 }, met: false },
  ])
  expect(table).toContain('1.23 µs')
  expect(table).toContain('MISSED')
  expect(table).toContain('get: rival was not timed. It forgot a value.')
})

test('an item is about 400 bytes of JSON, and the same in every run', () => {
  const lengths = items(1000).map(item => JSON.stringify(item).length)
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
  expect(mean).toBeGreaterThan(380)
  expect(mean).toBeLessThan(420)
  expect(items(3)).toEqual(items(3))
  expect(items(3)).not.toEqual(items(3, 1))
})

test('a run says on what it was measured', () => {
  expect(environmentText(environment())).toContain(`Node ${process.version}`)
})
