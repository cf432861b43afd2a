/** One implementation's way to do what a row measures. */
export interface Contender {
  readonly name: string
  /** Rejects if this implementation answers wrongly. Called once, before anything is timed. */
  prove(): Promise<void>
  /** One sample: does the row's operations, and answers with a number that depends on every answer it got. */
  run(): Promise<number> | number
  /** Not timed, after each sample: waits for what goes on behind it, and rejects if the sample left something wrong. */
  settle?(): Promise<void>
}

/** What StagCache is to reach: at least this part of a rival's speed, or at most this multiple of its time. */
export interface Target {
  readonly measure: 'speed' | 'time'
  readonly limit: number
}

/** One line of the table: the same operations on the same data, by each contender. */
export interface Row {
  readonly name: string
  /** How many operations one sample is. */
  readonly operations: number
  /**
   * Whether garbage is collected before each sample, untimed: where one operation leaves so much that the next contender
   * would pay for it. Not elsewhere, since a collection also makes the first thousands of small operations after it slower,
   * the faster ones most. Default false.
   */
  readonly cleanStart?: boolean
  /** What {@link Contender.run} has to answer, where the row gets values. */
  readonly expected?: number
  /** The first is StagCache, the second the rival that the ratio refers to, all others are there for orientation. */
  readonly contenders: readonly [Contender, Contender, ...Contender[]]
  /** Default: none; then the ratio of speeds is printed without a verdict. */
  readonly target?: Target
}

/** Rows that share their contenders and their data. */
export interface Suite {
  /** What `npm run bench -- <topic>` selects. */
  readonly topic: string
  readonly title: string
  /** @param dir - An empty directory of its own. @param share - How much of the full work one sample does, from 0 to 1. */
  open(dir: string, share: number): Promise<OpenSuite>
}

export interface OpenSuite {
  readonly rows: readonly Row[]
  close(): Promise<void>
}
