export type Name = `./${string}`

/** What a store is given to keep. */
export type Kind = 'JSON' | 'Float32Array'

/** What is measured of a store. */
export type Operation = 'coldGet' | 'get' | 'miss' | 'set' | 'setTogether' | 'delete'

/** A persistent store under test, in the configuration that its own documentation recommends for this use. */
export interface Rival {
  readonly name: string
  /** What it cannot do, and why. It takes no part in those rows, and the table says so. */
  readonly cannot?: Partial<Record<Operation, string>>
  /**
   * The part of a row's operations that one sample of it is, where all of them would take it seconds: those on the first
   * names. Default 1.
   */
  readonly share?: Partial<Record<Operation, number>>
  /** @param dir - An existing directory of its own. */
  open(dir: string, kind: Kind): OpenStore | Promise<OpenStore>
}

/** What answers at once need not be a promise: a synchronous store does not pay for one. */
export interface OpenStore {
  /** The value, or `undefined` where there is none. */
  get(name: Name): unknown
  /** When it resolves, the value survives the end of the process. */
  set(name: Name, value: unknown): unknown
  /** Sets all in one tick, in the way that is best for many. Default: every `set`, awaited together. */
  setTogether?(names: readonly Name[], values: readonly unknown[]): unknown
  /** Absent where the rival cannot. */
  delete?(name: Name): unknown
  /** Takes in what is on disk, where gets never look there: once for each sample of gets, and counted. */
  load?(): void
  /** Waits for what it still does in the background. */
  settle?(): Promise<unknown>
  /** Gives back the space of what was replaced, where that does not happen by itself. */
  reclaim?(): unknown
  close(): unknown
}
