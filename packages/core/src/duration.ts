import { misfit } from './errors.ts'

/** A length of time: milliseconds, or a number with a unit, such as `"250ms"`, `"90s"`, `"15m"`, `"12h"`, `"1d"`. */
export type Duration = number | `${number}${Unit}`

type Unit = 'ms' | 's' | 'm' | 'h' | 'd'

const milliseconds: Record<Unit, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time in milliseconds, rounded down to the largest unit of which it has at least one. */
export function roughly(time: number): Duration {
  const units = Object.entries(milliseconds).reverse() as [Unit, number][]
  const [unit, length] = units.find(([, length]) => time >= length) ?? ['ms', 1]
  return `${Math.floor(time / length)}${unit}`
}

/** The same of an option that may be left out. */
export function timeOf(duration: Duration | undefined, option: string): number | undefined {
  return duration === undefined ? undefined : toMilliseconds(duration, option)
}

/** A {@link Duration} in milliseconds. Negative and unreadable ones are an `InvalidOptionError`. */
export function toMilliseconds(duration: Duration, option: string): number {
  if (typeof duration === 'number' && duration >= 0) return duration
  const text = typeof duration === 'string' ? duration : ''
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  const length = Number(amount) * milliseconds[unit as Unit]
  if (length >= 0) return length
  throw misfit(option, duration, 'milliseconds, a number with a unit (ms, s, m, h, d) such as "90s"')
}
