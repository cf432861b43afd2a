import type { Contender, Row, Target } from './row.ts'

/** How much is measured. */
export interface Effort {
  /** Rounds before anything counts. */
  readonly warmUp: number
  readonly rounds: number
}

/** What one contender took for one operation, in nanoseconds; or why it was not timed. */
export interface Timing {
  readonly name: string
  readonly nanoseconds?: number
  readonly fault?: string
}

/** The median of the rounds' ratios, and their quartiles. */
export interface Ratio {
  readonly against: string
  readonly measure: Target['measure']
  readonly median: number
  readonly low: number
  readonly high: number
}

export interface Result {
  readonly row: string
  readonly timings: readonly Timing[]
  /** Absent where StagCache or the rival was not timed. */
  readonly ratio?: Ratio
  readonly target?: Target
  readonly met?: boolean
}

/**
 * Measures one row. Contenders that answer wrongly are left out. In each round every other one does one sample, in an
 * order that changes from round to round; ratios are formed within a round, so that what slows the machine for a while
 * slows both sides of a ratio.
 */
export async function race(row: Row, { warmUp, rounds }: Effort): Promise<Result> {
  const faults = new Map<Contender, string>()
  const samples = new Map<Contender, number[]>(row.contenders.map(contender => [contender, []]))
  for (const contender of row.contenders) await sound(contender, faults, () => contender.prove())
  for (let round = -warmUp; round < rounds; round++) {
    for (const contender of orderOf(round + warmUp, row.contenders)) {
      await sound(contender, faults, async () => {
        const time = await sample(row, contender)
        if (round >= 0) samples.get(contender)?.push(time)
      })
    }
  }
  const timings = row.contenders.map(contender => timingOf(contender, faults, samples))
  return { row: row.name, timings, ...verdict(row, faults, samples) }
}

async function sound(contender: Contender, faults: Map<Contender, string>, step: () => Promise<void>) {
  if (faults.has(contender)) return
  try {
    await step()
  } catch (error) {
    faults.set(contender, error instanceof Error ? error.message : String(error))
  }
}

async function sample({ operations, expected, cleanStart }: Row, contender: Contender): Promise<number> {
  if (cleanStart) globalThis.gc?.()
  const started = performance.now()
  const answer = await contender.run()
  const time = performance.now() - started
  if (expected !== undefined && answer !== expected) throw new Error('answered wrongly while it was timed')
  await contender.settle?.()
  return (time * 1e6) / operations
}

// Rotated, and reversed every other time, so that nobody always comes after the same one.
function orderOf(round: number, contenders: readonly Contender[]): Contender[] {
  const first = Math.floor(round / 2) % contenders.length
  const order = [...contenders.slice(first), ...contenders.slice(0, first)]
  return round % 2 === 0 ? order : order.reverse()
}

function timingOf(
  contender: Contender,
  faults: ReadonlyMap<Contender, string>,
  samples: ReadonlyMap<Contender, number[]>,
): Timing {
  const { name } = contender
  const fault = faults.get(contender)
  if (fault !== undefined) return { name, fault }
  return { name, nanoseconds: quantile(samples.get(contender) ?? [], 0.5) }
}

function verdict(
  { contenders: [ours, rival], target }: Row,
  faults: ReadonlyMap<Contender, string>,
  samples: ReadonlyMap<Contender, number[]>,
): Pick<Result, 'ratio' | 'target' | 'met'> {
  if (faults.has(ours) || faults.has(rival)) return target ? { target, met: false } : {}
  const measure = target?.measure ?? 'speed'
  const ourTimes = samples.get(ours) ?? []
  const theirTimes = samples.get(rival) ?? []
  const ratios = ourTimes.map((time, round) => {
    const ratio = time / (theirTimes[round] ?? Number.NaN)
    return measure === 'time' ? ratio : 1 / ratio
  })
  const median = quantile(ratios, 0.5)
  const ratio = {
    against: rival.name,
    measure,
    median,
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
  }
  if (!target) return { ratio }
  return { ratio, target, met: measure === 'time' ? median <= target.limit : median >= target.limit }
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
