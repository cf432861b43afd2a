import { expect, test } from 'vitest'
import { items } from './data.ts'
import { upkeep } from './disk/upkeep.ts'
import { environment, environmentText } from './environment.ts'
import { measure } from './measure.ts'
import { suites } from './suites.ts'
import { tableOf } from './table.ts'

const once = { warmUp: 0, rounds: 1, seconds: 0, fewest: 1 }

// Several processes at once are more than these were made for: whether they answer wrongly in so short a time is chance.
const frail = ['unstorage fs', 'flat-cache', 'memoize-fs']

// One short round of everything, so that no row is found broken only when somebody needs its figure.
test.each(suites)('$title', { timeout: 60_000 }, async suite => {
  let rows = 0
  for await (const { title, results } of measure(suite, once, 0.01)) {
    for (const { row, figures } of results) {
      rows++
      // What upkeep holds is no race: it has a limit, and no rival.
      expect(figures.length).toBeGreaterThan(suite === upkeep ? 0 : 1)
      for (const { name, figure, fault, reason } of figures) {
        if (reason !== undefined) continue
        if (fault !== undefined && row === 'in all' && frail.includes(name)) continue
        expect({ row, name, figure, fault }).toEqual({
          row,
          name,
          figure: expect.any(Number),
          fault: undefined,
        })
      }
      expect(tableOf(title, results)).toContain(row)
    }
  }
  expect(rows).toBeGreaterThan(0)
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
