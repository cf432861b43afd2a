import { expect, test } from 'vitest'
import { type Standing, valueDensity } from './value-density.ts'

const plain: Standing = { cost: 100, uses: 2, life: 1000, idle: 300, bytes: 4000 }
const usualLife = 500

function densityOf(change: Partial<Standing>, usual = usualLife): number {
  return valueDensity({ ...plain, ...change }, usual)
}

test.each<{ better: Partial<Standing>; worse: Partial<Standing>; what: string }>([
  { better: { cost: 101 }, worse: { cost: 100 }, what: 'costlier' },
  { better: { bytes: 3999 }, worse: { bytes: 4000 }, what: 'smaller' },
  { better: { uses: 3 }, worse: { uses: 2 }, what: 'used more often' },
  { better: { idle: 299 }, worse: { idle: 300 }, what: 'used more recently' },
  {
    better: { uses: 0, life: 300, idle: 300 },
    worse: { uses: 0, life: 301, idle: 301 },
    what: 'stored later',
  },
  { better: { life: 999 }, worse: { life: 1000 }, what: 'used as often in a shorter life' },
  { better: { uses: 20, idle: 0 }, worse: { uses: 2, idle: 0 }, what: 'used much more often' },
  { better: { cost: 2 }, worse: { cost: 0 }, what: 'generated rather than set' },
])('what is $what is worth more', ({ better, worse }) => {
  expect(densityOf(better)).toBeGreaterThan(densityOf(worse))
})

test('an equal silence speaks more against what was used often', () => {
  const loss = (uses: number) => densityOf({ uses, idle: 0 }) / densityOf({ uses, idle: 900 })
  expect(loss(50)).toBeGreaterThan(2 * loss(0))
})

test.each([1e-3, 60, 1e6])('the same in a life that is %d times as slow has the same worth', factor => {
  const slower = { life: factor * plain.life, idle: factor * plain.idle }
  expect(densityOf(slower, factor * usualLife)).toBeCloseTo(densityOf({}), 12)
})

test.each<Partial<Standing>>([
  { life: -100 },
  { idle: -100 },
  { life: -100, idle: -100 },
  { life: 0, idle: 300 },
])('a clock that was set back, $life s and $idle s: worth as much as what is new, at most', change => {
  expect(densityOf(change)).toBeGreaterThan(0)
  expect(densityOf(change)).toBeLessThanOrEqual(densityOf({ life: 0, idle: 0 }))
})

const hostile = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 1e308]
test.each(
  (['cost', 'uses', 'life', 'idle', 'bytes'] as const).flatMap(name =>
    hostile.map(value => ({ name, value })),
  ),
)('$name of $value is worth some number', ({ name, value }) => {
  const density = densityOf({ [name]: value })
  expect(density).not.toBeNaN()
  expect(density).toBeGreaterThanOrEqual(0)
  expect(density).toBeLessThan(Number.POSITIVE_INFINITY)
})

test.each(hostile)('a usual life of %d gives some order', usual => {
  expect(densityOf({ cost: 200 }, usual)).toBeGreaterThanOrEqual(densityOf({}, usual))
})

test('an endless cost is not worth more than a very high one', () => {
  expect(densityOf({ cost: Number.POSITIVE_INFINITY })).toBe(densityOf({ cost: 1e9 }))
})
