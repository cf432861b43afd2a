/** A call to a store and what it answered, with when it began and ended. */
export interface Call {
  readonly verb: 'write' | 'remove' | 'clear' | 'read'
  readonly name: string
  readonly value?: unknown
  readonly began: number
  readonly ended: number
  /** What `read` found, or whether `remove` found anything. */
  readonly answer?: unknown
}

/** Takes down calls as they happen. */
export class History {
  readonly calls: Call[] = []
  #clock = 0

  call<T>(verb: Call['verb'], name: string, value: unknown, run: () => T): T {
    const began = this.#clock++
    const answer = run()
    this.calls.push({ verb, name, value, began, ended: this.#clock++, answer })
    return answer
  }
}

type State = ReadonlyMap<string, unknown>

/**
 * Whether the answers of some calls are those of the same calls made one after the other, in an order in which none comes
 * before one that had ended when it began (Herlihy and Wing, 1990).
 */
export function isLinearizable(calls: readonly Call[], initial: State = new Map()): boolean {
  const seen = new Set<string>()
  const search = (left: readonly Call[], state: State): boolean => {
    if (left.length === 0) return true
    const key = `${left.map(({ began }) => began)}|${JSON.stringify([...state].sort())}`
    if (seen.has(key)) return false
    seen.add(key)
    const firstEnd = Math.min(...left.map(({ ended }) => ended))
    return left.some(call => {
      if (call.began > firstEnd) return false
      const next = after(call, state)
      return (
        next !== undefined &&
        search(
          left.filter(other => other !== call),
          next,
        )
      )
    })
  }
  return search(calls, initial)
}

/** The state that a call leaves, `undefined` if it cannot have answered so. */
function after({ verb, name, value, answer }: Call, state: State): State | undefined {
  if (verb === 'read') return Object.is(state.get(name), answer) ? state : undefined
  if (verb === 'remove' && state.has(name) !== answer) return undefined
  const next = new Map(state)
  if (verb === 'write') next.set(name, value)
  else if (verb === 'remove') next.delete(name)
  else next.clear()
  return next
}
