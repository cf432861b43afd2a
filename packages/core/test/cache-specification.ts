import type { Specification, Timed } from '@stagcache/test-kit/linearizable'

/** A call to a cache and what it was answered, or something that happened in it. */
export interface Call {
  readonly verb:
    | 'cache'
    | 'get'
    | 'set'
    | 'delete'
    | 'clear'
    /** The time passes after which a fresh entry is stale, and a stale one is over. */
    | 'age'
    /** A generation begins, whose result will be `value`. */
    | 'begin'
    /** That result is stored. */
    | 'store'
    /** An entry is dropped since it is over. */
    | 'expire'
  readonly name: string
  readonly stamp?: string
  /** What is set, generated, stored, or was answered; `undefined` where nothing was. */
  readonly value?: string | undefined
  /** The number of `age` before the entry was stored. */
  readonly at?: number
  /** Of a `cache`: it wants a new value. */
  readonly refresh?: boolean
  /** Of a `cache`: what is there does for it where a new value fails or takes too long. */
  readonly isHurried?: boolean
  /** Of a `begin`: nobody was answered its result, since its caller had a stale value. */
  readonly renews?: boolean
  /** Of a `cache` whose generator has failed, with `value`, or that had given up. */
  readonly outcome?: 'failed' | 'gave-up'
  /** Of a `delete`: whether there was an entry. */
  readonly existed?: boolean
}

interface State {
  readonly age: number
  readonly entries: Readonly<
    Record<
      string,
      { readonly stamp: string; readonly value: string; readonly at: number; readonly since: number }
    >
  >
  /** The generations whose results callers may be answered, by that result; `counts`: it may be stored, too. */
  readonly runs: Readonly<
    Record<string, { readonly name: string; readonly stamp: string; readonly counts: boolean }>
  >
}

/**
 * A cache as if everything in it came one after the other. What changes an entry takes the right to be stored from all
 * generations of its name, and so does the beginning of one with another stamp; a deletion also takes the right to be
 * joined. What nobody waits for begins only where there is an entry that it renews. An entry is fresh at the age at which it was stored, stale at the next, and over then.
 */
export const cacheSpecification: Specification<Call & Timed, State> = {
  initial: { age: 0, entries: {}, runs: {} },
  after: (call, state) => steps[call.verb](call, state),
}

const steps: Record<Call['verb'], (call: Call & Timed, state: State) => State | undefined> = {
  age: (_, state) => ({ ...state, age: state.age + 1 }),
  clear: (_, state) => ({ ...state, entries: {}, runs: {} }),
  set: (call, state) => withEntry(call, state),
  store: (call, state) => (state.runs[call.value as string]?.counts ? withEntry(call, state) : undefined),
  expire: ({ name }, state) => (ageOf(name, state) >= 2 ? without(name, state) : undefined),
  delete({ name, existed }, state) {
    if (existed !== name in state.entries) return undefined
    const runs = Object.fromEntries(Object.entries(state.runs).filter(([, run]) => run.name !== name))
    return { ...without(name, state), runs }
  },
  begin({ name, stamp = '', value = '', renews }, state) {
    if (renews && state.entries[name]?.stamp !== stamp) return undefined
    const runs = fenced(state, run => run.name === name && run.stamp !== stamp)
    return { ...state, runs: sorted({ ...runs, [value]: { name, stamp, counts: true } }) }
  },
  get({ name, stamp, value }, state) {
    const entry = state.entries[name]
    const isFresh = entry?.stamp === stamp && ageOf(name, state) === 0
    return value === (isFresh ? entry?.value : undefined) ? state : undefined
  },
  cache({ name, stamp, value, refresh, isHurried, outcome, began }, state) {
    if (outcome === 'gave-up') return state
    const entry = state.entries[name]
    const isServed = entry?.stamp === stamp && ageOf(name, state) < 2
    // Who wants a new value is served by one that was stored since, too.
    if (isServed && isHurried && value === entry?.value && !outcome) return state
    // Who looked before the entry came shares the failure of a generation that was there when the answer came.
    const hasMissed = outcome === 'failed' && entry !== undefined && began < entry.since
    if (isServed && !hasMissed && (!refresh || value === entry?.value)) {
      return value === entry?.value && !outcome ? state : undefined
    }
    const run = state.runs[value as string]
    return run?.name === name && run.stamp === stamp ? state : undefined
  },
}

function ageOf(name: string, { age, entries }: State): number {
  return age - (entries[name]?.at ?? Number.NaN)
}

function withEntry({ name, stamp = '', value = '', at = 0, ended }: Call & Timed, state: State): State {
  const entries = sorted({ ...state.entries, [name]: { stamp, value, at, since: ended } })
  return { ...state, entries, runs: fenced(state, run => run.name === name) }
}

function without(name: string, state: State): State {
  const { [name]: _, ...entries } = state.entries
  return { ...state, entries }
}

function fenced({ runs }: State, which: (run: State['runs'][string]) => boolean): State['runs'] {
  const all = Object.entries(runs)
  return Object.fromEntries(all.map(([value, run]) => [value, which(run) ? { ...run, counts: false } : run]))
}

// Equal states are equal as JSON.
function sorted<T>(all: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
}
