import { expect, test } from 'vitest'
import { advantageText, figureText, reachedText, targetText } from './format.ts'
import type { Target, Unit } from './row.ts'

test.each<{ figure: number; unit: Unit; text: string }>([
  { figure: 0.5, unit: 'time', text: '0.50 ns' },
  { figure: 26.84, unit: 'time', text: '26.8 ns' },
  { figure: 5_774, unit: 'time', text: '5.77 µs' },
  { figure: 424_330, unit: 'time', text: '424 µs' },
  { figure: 33_000_000, unit: 'time', text: '33.0 ms' },
  { figure: 2_050_000_000, unit: 'time', text: '2.05 s' },
  { figure: 412, unit: 'bytes', text: '412 B' },
  { figure: 18_400, unit: 'bytes', text: '18.4 kB' },
  { figure: 239_000_000, unit: 'bytes', text: '239 MB' },
  { figure: -786_000, unit: 'bytes', text: '-786 kB' },
  { figure: 12_300, unit: 'rate', text: '81,301 /s' },
])('$figure as $unit is $text', ({ figure, unit, text }) => {
  expect(figureText(figure, unit)).toBe(text)
})

test.each([
  { ratio: 0.0012, text: '0.001×' },
  { ratio: 0.0998, text: '0.10×' },
  { ratio: 0.852, text: '0.85×' },
  { ratio: 28.64, text: '28.6×' },
  { ratio: 2586.3, text: '2,586×' },
])('a ratio of $ratio is $text', ({ ratio, text }) => {
  expect(advantageText({ median: ratio, low: 0, high: 0 })).toBe(text)
})

test.each<{ target: Target; unit: Unit; wanted: string; reached: string }>([
  {
    target: { measure: 'speed', against: 'lmdb', limit: 0.9 },
    unit: 'time',
    wanted: 'at least 0.90× the speed of lmdb',
    reached: '0.85 (0.83–0.90)',
  },
  {
    target: { measure: 'size', against: 'the payload', limit: 1.3 },
    unit: 'bytes',
    wanted: 'at most 1.30× the size of the payload',
    reached: '0.85 (0.83–0.90)',
  },
  {
    target: { measure: 'speed', against: ['a', 'b', 'c', 'd'], limit: 1 },
    unit: 'time',
    wanted: 'at least 1.00× the speed of the best of 4 others',
    reached: '0.85 (0.83–0.90)',
  },
  {
    target: { measure: 'figure', limit: 50e6 },
    unit: 'time',
    wanted: 'at most 50.0 ms',
    reached: '0.85 ns (0.83 ns–0.90 ns)',
  },
  {
    target: { measure: 'figure', limit: 0.25 },
    unit: 'unsaved',
    wanted: 'at least 75.0 %',
    reached: '15.0 % (17.0 %–10.0 %)',
  },
])('a target: $wanted', ({ target, unit, wanted, reached }) => {
  expect(targetText(target, unit)).toBe(wanted)
  expect(reachedText({ median: 0.85, low: 0.83, high: 0.9 }, target, unit)).toBe(reached)
})
