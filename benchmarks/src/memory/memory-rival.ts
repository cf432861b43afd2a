import type { Item } from '../data.ts'

type Awaitable<V> = V | Promise<V>

/** What a cache has to hold, and by which rules. */
export interface Setting {
  /** How many entries it has to hold. */
  readonly entries: number
  /** Whether it holds no more than those, and lets go of others for new ones. Default: as it is by default. */
  readonly bounded?: boolean
  /** Whether every entry ends after an hour. */
  readonly ttl?: boolean
  /** Whether it keeps account of the size of its entries. */
  readonly sized?: boolean
}

/** A cache that is open, with the verbs that it has. */
export interface OpenMemory {
  get?(name: string): Awaitable<Item | undefined>
  set?(name: string, value: Item): unknown
  delete?(name: string): unknown
  /** The value held, or what the generator of this cache makes, which returns. */
  generate?(name: string): Awaitable<Item>
  /** The same with a generator that is declared asynchronous. */
  generateLater?(name: string): Awaitable<Item>
}

/** A cache in memory. */
export interface MemoryRival {
  readonly name: string
  /** Whether its verbs answer with promises, also where nothing has to be waited for. */
  readonly awaited: boolean
  /** How much of a sample's work it does, where all of it would take seconds. Default all. */
  readonly share?: number
  /** An empty one, or `undefined` where it has no such rules. `produce` is what its generators call. */
  open?(setting: Setting, produce: (name: string) => Item): OpenMemory | undefined
  /** A function that remembers its results by the value of its argument, which is a text or anything else. */
  memoize?<A>(work: (argument: A) => number, isText: boolean): (argument: A) => Awaitable<number>
}
