import type { Contender, RelativeTarget, Row, Target, Unit } from './row.ts'
import { ratioOf, type Spread, spreadOf } from './spread.ts'

/** How much is measured. */
export interface Effort {
  /** Rounds before anything counts. */
  readonly warmUp: number
  readonly rounds: number
  /** After so many seconds no further round begins, once there are {@link Effort.fewest}. */
  readonly seconds: number
  readonly fewest: number
}

/** What one contender took for one operation, in the row's unit; or why there is no figure. */
export interface Figure {
  readonly name: string
  /** The median of the rounds. */
  readonly figure?: number
  /** How many times as fast, or as small, StagCache was. Absent for StagCache itself, and where it has no figure. */
  readonly advantage?: Spread
  /** What it answered wrongly. */
  readonly fault?: string
  /** Why it took no part. */
  readonly reason?: string
}

export interface Verdict {
  readonly target: Target
  /** What was reached: a ratio, or StagCache's figure. Absent where one side of it has no figure. */
  readonly reached?: Spread
  readonly met: boolean
}

export interface Result {
  readonly row: string
  readonly unit: Unit
  readonly charted: boolean
  readonly figures: readonly Figure[]
  readonly verdicts: readonly Verdict[]
}

/**
 * Measures one row. Contenders that answer wrongly are left out. In each round every other one does one sample, in an
 * order that changes from round to round; ratios are formed within a round, so that what slows the machine for a while
 * slows both sides of a ratio.
 */
export async function race(row: Row, effort: Effort): Promise<Result> {
  const lanes = row.contenders.map(contender => new Lane(contender, row))
  for (const lane of lanes) await lane.prove()
  await runRounds(lanes, row.rounds === undefined ? effort : fewRounds(row.rounds, effort))
  return {
    row: row.name,
    unit: row.unit ?? 'time',
    charted: row.charted ?? false,
    figures: [...lanes.map(lane => figureOf(lane, lanes[0])), ...(row.absent ?? [])],
    verdicts: (row.targets ?? []).map(target => verdictOn(target, lanes)),
  }
}

async function runRounds(lanes: readonly Lane[], { warmUp, rounds, seconds, fewest }: Effort): Promise<void> {
  const started = performance.now()
  const spent = () => (performance.now() - started) / 1000
  let turn = 0
  for (; turn < warmUp && spent() < seconds / 4; turn++) {
    for (const lane of orderOf(turn, lanes)) await lane.sample()
  }
  for (const lane of lanes) lane.samples.length = 0
  for (let round = 0; round < rounds && (round < fewest || spent() < seconds); round++, turn++) {
    for (const lane of orderOf(turn, lanes)) await lane.sample()
  }
}

function fewRounds(most: number, effort: Effort): Effort {
  return { ...effort, warmUp: 0, rounds: Math.min(most, effort.rounds) }
}

// Rotated, and reversed every other time, so that nobody always comes after the same one.
function orderOf<T>(turn: number, lanes: readonly T[]): T[] {
  const first = Math.floor(turn / 2) % lanes.length
  const order = [...lanes.slice(first), ...lanes.slice(0, first)]
  return turn % 2 === 0 ? order : order.reverse()
}

/** A contender with what it has shown so far. */
class Lane {
  readonly samples: number[] = []
  fault: string | undefined
  readonly #contender: Contender
  readonly #row: Row

  constructor(contender: Contender, row: Row) {
    this.#contender = contender
    this.#row = row
  }

  get name(): string {
    return this.#contender.name
  }

  /** Its samples, unless it answered wrongly. */
  get sound(): readonly number[] | undefined {
    return this.fault === undefined ? this.samples : undefined
  }

  prove(): Promise<void> {
    return this.#attempt(() => this.#contender.prove())
  }

  sample(): Promise<void> {
    return this.#attempt(async () => {
      await this.#contender.prepare?.()
      if (this.#row.cleanStart) globalThis.gc?.()
      const figure = await this.#measured()
      await this.#contender.settle?.()
      this.samples.push(figure)
    })
  }

  async #measured(): Promise<number> {
    const { operations, expected } = this.#contender
    const started = performance.now()
    const answer = await this.#contender.run()
    const time = performance.now() - started
    if (this.#row.reported) return answer
    if (expected !== undefined && answer !== expected)
      throw new Error('It answered wrongly while it was timed.')
    return (time * 1e6) / operations
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.fault !== undefined) return
    try {
      await step()
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error)
    }
  }
}

function figureOf(lane: Lane, ours: Lane | undefined): Figure {
  const { name, fault, samples } = lane
  if (fault !== undefined) return { name, fault }
  const figure = spreadOf(samples).median
  if (lane === ours || !ours?.sound) return { name, figure }
  return { name, figure, advantage: ratioOf(samples, ours.sound) }
}

function verdictOn(target: Target, lanes: readonly Lane[]): Verdict {
  const ours = lanes[0]?.sound
  const theirs = target.measure === 'figure' ? ours : bestOf(target.against, lanes)
  if (!ours || !theirs) return { target, met: false }
  const reached = reachedOf(target, ours, theirs)
  const met = target.measure === 'speed' ? reached.median >= target.limit : reached.median <= target.limit
  return { target, reached, met }
}

/** The lowest of each round; who of several has no samples is left out. */
function bestOf(against: RelativeTarget['against'], lanes: readonly Lane[]): readonly number[] | undefined {
  const [first, ...others] = [against]
    .flat()
    .map(rival => lanes.find(({ name }) => name === rival)?.sound)
    .filter(samples => samples !== undefined)
  return others.reduce(
    (best, samples) => best?.map((one, round) => Math.min(one, samples[round] ?? one)),
    first,
  )
}

function reachedOf({ measure }: Target, ours: readonly number[], theirs: readonly number[]): Spread {
  if (measure === 'figure') return spreadOf(ours)
  return measure === 'speed' ? ratioOf(theirs, ours) : ratioOf(ours, theirs)
}
