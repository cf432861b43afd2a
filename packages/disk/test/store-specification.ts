import type { Specification, Timed } from '@stagcache/test-kit/linearizable'

/** A call to a store and what it answered; nothing if it did not end. */
export interface Call {
  readonly verb: 'write' | 'remove' | 'clear' | 'read' | 'claim' | 'release' | 'standing'
  readonly name: string
  readonly value?: unknown
  /** What is claimed. */
  readonly stamp?: number
  /** Which claim is made or released, or carried by a value. */
  readonly claim?: string | undefined
  /** The claim that a claim names as the one it is to replace. */
  readonly replaces?: string | undefined
  /**
   * What `read` found, whether `remove` found anything, whether what `write` stored counts, the claim that stands behind a
   * `claim`, or is `standing`.
   */
  readonly answer?: unknown
}

interface Standing {
  readonly claim: string
  readonly stamp: number
}

interface State {
  /** In the order of their names, so that equal states are equal as JSON. */
  readonly values: Record<string, unknown>
  readonly claims: Record<string, Standing>
}

/**
 * A store as if all processes took turns: one value and one claim for each name. Whatever changes a name ends the claim
 * on it, and a value with a claim counts only while that claim stands.
 */
export const storeSpecification: Specification<Call & Timed, State> = {
  initial: { values: {}, claims: {} },
  after(call, state) {
    const [next, answer] = outcomes[call.verb](call, state)
    const hasAnswered = call.ended !== Number.POSITIVE_INFINITY
    return hasAnswered && !Object.is(answer, call.answer) ? undefined : next
  },
}

const outcomes: Record<Call['verb'], (call: Call, state: State) => [State, unknown]> = {
  read: ({ name }, state) => [state, state.values[name]],
  standing: ({ name }, state) => [state, state.claims[name]?.claim],
  clear: () => [{ values: {}, claims: {} }, undefined],
  remove({ name }, { values, claims }) {
    return [{ values: without(name, values), claims: without(name, claims) }, name in values]
  },
  write({ name, value, claim }, state) {
    if (claim !== undefined && state.claims[name]?.claim !== claim) return [state, false]
    return [{ values: having(name, value, state.values), claims: without(name, state.claims) }, true]
  },
  claim({ name, stamp = 0, claim = '', replaces }, state) {
    const standing = state.claims[name]
    const isTaken = standing?.stamp === stamp && standing.claim !== replaces
    if (isTaken) return [state, standing.claim]
    return [{ ...state, claims: having(name, { claim, stamp }, state.claims) }, claim]
  },
  release({ name, claim }, state) {
    if (state.claims[name]?.claim !== claim) return [state, undefined]
    return [{ ...state, claims: without(name, state.claims) }, undefined]
  },
}

function without<T>(name: string, all: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([other]) => other !== name))
}

function having<T>(name: string, value: T, all: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries({ ...all, [name]: value }).sort(([a], [b]) => (a < b ? -1 : 1)))
}
