/** When the requests of a workload come. */
export interface Pace {
  readonly name: string
  /** Seconds since 1970 at which a request comes. */
  timeOf(turn: number): number
}

const began = 1_700_000_000
const day = 86_400

/** What is kept must not hang on whether the same requests come within seconds or within weeks. */
export const paces: readonly [Pace, ...Pace[]] = [
  { name: 'one each 10 ms', timeOf: turn => began + turn / 100 },
  { name: 'one each minute', timeOf: turn => began + 60 * turn },
  // A program that runs once a day.
  { name: '2,000 each day', timeOf: turn => began + day * Math.floor(turn / 2_000) + (turn % 2_000) / 100 },
]
