import type { Target, Unit } from './row.ts'
import type { Spread } from './spread.ts'

/** A figure with three digits and its unit: `5.77 µs`, `81,300 /s`, `412 B`. */
export function figureText(figure: number, unit: Unit): string {
  if (unit === 'unsaved') return `${(100 * (1 - figure)).toFixed(1)} %`
  if (unit === 'rate') return `${digits(1e9 / figure)} /s`
  return unit === 'bytes' ? scaled(figure, sizes) : scaled(figure, durations)
}

/** How many times as fast, or as small: `0.85×`. */
export function advantageText({ median }: Spread): string {
  return `${digits(median)}×`
}

/** A ratio or a figure with its quartiles: `0.85 (0.83–0.90)`. */
export function reachedText({ median, low, high }: Spread, { measure }: Target, unit: Unit): string {
  const text = measure === 'figure' ? (value: number) => figureText(value, unit) : digits
  return `${text(median)} (${text(low)}–${text(high)})`
}

export function targetText(target: Target, unit: Unit): string {
  // What is printed is what was saved.
  const bound = unit === 'unsaved' ? 'at least' : 'at most'
  if (target.measure === 'figure') return `${bound} ${figureText(target.limit, unit)}`
  const direction = target.measure === 'speed' ? 'at least' : 'at most'
  const rivals = [target.against].flat()
  const whom = rivals.length > 3 ? `the best of ${rivals.length} others` : rivals.join(' and ')
  return `${direction} ${digits(target.limit)}× the ${target.measure} of ${whom}`
}

const durations = [
  { factor: 1, name: 'ns' },
  { factor: 1e3, name: 'µs' },
  { factor: 1e6, name: 'ms' },
  { factor: 1e9, name: 's' },
]

const sizes = [
  { factor: 1, name: 'B' },
  { factor: 1e3, name: 'kB' },
  { factor: 1e6, name: 'MB' },
]

function scaled(value: number, units: readonly { factor: number; name: string }[]): string {
  const fitting = units.findLast(({ factor }) => Math.abs(value) >= factor) ?? units[0]
  return `${digits(value / (fitting?.factor ?? 1))} ${fitting?.name}`
}

function digits(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en')
  if (size >= 10) return value.toFixed(1)
  return size >= 0.01 || size === 0 ? value.toFixed(2) : value.toPrecision(1)
}
