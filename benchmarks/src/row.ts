/** One implementation's way to do what a row measures. */
export interface Contender {
  readonly name: string
  /** How many operations one sample is. */
  readonly operations: number
  /** What {@link Contender.run} has to answer, where it gets values. */
  readonly expected?: number
  /** Rejects if this implementation answers wrongly. Called once, before anything is timed. */
  prove(): Promise<void>
  /** Not timed, before each sample. */
  prepare?(): Promise<void>
  /**
   * One sample: does the operations, and answers with a number that depends on every answer it got; or, where the row
   * says that its figures are reported, with the figure.
   */
  run(): Promise<number> | number
  /** Not timed, after each sample: waits for what goes on behind it, and rejects if the sample left something wrong. */
  settle?(): Promise<void>
}

/**
 * What a row's figures are; of all of them, less is better. `time` is the nanoseconds of one operation, and `rate` the same,
 * printed as operations in a second. `unsaved` is the part that a cache did not save, from 0 to 1, printed as what it saved.
 */
export type Unit = 'time' | 'rate' | 'bytes' | 'unsaved'

/** What StagCache is to reach beside a rival: at least this part of its speed, at most this multiple of its time or size. */
export interface RelativeTarget {
  readonly measure: 'speed' | 'time' | 'size'
  /** Who, or several of whom the best one of each round counts. */
  readonly against: string | readonly string[]
  readonly limit: number
}

/** What StagCache's figure may be at most, in the row's unit. */
export interface AbsoluteTarget {
  readonly measure: 'figure'
  readonly limit: number
}

export type Target = RelativeTarget | AbsoluteTarget

/** One column of a table: the same operations on the same data, by each contender. */
export interface Row {
  readonly name: string
  /** Default `time`. */
  readonly unit?: Unit
  /** Whether {@link Contender.run} measures by itself and answers with the figure. Default false. */
  readonly reported?: boolean
  /** At most so many rounds, and none to warm up: where one sample takes seconds, or a second one would be the same. */
  readonly rounds?: number
  /**
   * Whether garbage is collected before each sample, untimed: where one operation leaves so much that the next contender
   * would pay for it. Not elsewhere, since a collection also makes the first thousands of small operations after it slower,
   * the faster ones most. Default false.
   */
  readonly cleanStart?: boolean
  /** The first is StagCache, to which all others are compared. */
  readonly contenders: readonly Contender[]
  /** Who takes no part, and why. */
  readonly absent?: readonly Absence[]
  readonly targets?: readonly Target[]
  /** Whether the row is in the chart. Default false. */
  readonly charted?: boolean
}

export interface Absence {
  readonly name: string
  readonly reason: string
}

/** Rows that are printed together: a column for each row, a line for each contender. */
export interface Table {
  readonly title: string
  readonly rows: readonly Row[]
}

/** Tables that share their contenders and their data. */
export interface Suite {
  /** By which words `npm run bench -- <topic>` selects it. */
  readonly topics: readonly string[]
  readonly title: string
  /** Whether `--quick` measures it too. */
  readonly quick: boolean
  /** @param dir - An empty directory of its own. @param share - How much of the full work one sample does, from 0 to 1. */
  open(dir: string, share: number): Promise<OpenSuite>
}

export interface OpenSuite {
  readonly tables: readonly Table[]
  close(): Promise<void>
}
