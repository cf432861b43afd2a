/** When a call began and ended. */
export interface Timed {
  readonly began: number
  /** `Infinity` for a call whose process was killed in the middle of it: it may have happened, now or later, or not. */
  readonly ended: number
}

/** What calls would do and answer if one came after the other. */
export interface Specification<C, S> {
  readonly initial: S
  /** The state that a call leaves, `undefined` if it cannot have answered so. States are compared as JSON. */
  after(call: C, state: S): S | undefined
}

/** Takes down calls as they happen. */
export class History<C> {
  readonly calls: (C & Timed)[] = []
  #clock = 0

  /** A call begins; the function that is answered takes it down when it ends. */
  begin(): (call: C) => void {
    const began = this.#clock++
    return call => this.calls.push({ ...call, began, ended: this.#clock++ })
  }

  /** Takes down something that takes no time. */
  note(call: C): void {
    this.begin()(call)
  }

  /** Answers what `run` does, and takes down the call with it. When it throws, the call is one that did not end. */
  call<T>(run: () => T, describe: (answer: T | undefined) => C): T {
    const began = this.#clock++
    try {
      const answer = run()
      this.calls.push({ ...describe(answer), began, ended: this.#clock++ })
      return answer
    } catch (error) {
      this.calls.push({ ...describe(undefined), began, ended: Number.POSITIVE_INFINITY })
      throw error
    }
  }
}

/**
 * Whether the answers of some calls are those of the same calls made one after the other, in an order in which none comes
 * before one that had ended when it began (Herlihy and Wing, 1990).
 */
export function isLinearizable<C extends Timed, S>(
  calls: readonly C[],
  { initial, after }: Specification<C, S>,
): boolean {
  const seen = new Set<string>()
  const search = (left: readonly C[], state: S): boolean => {
    if (left.every(({ ended }) => ended === Number.POSITIVE_INFINITY)) return true
    const key = `${left.map(({ began }) => began)}|${JSON.stringify(state)}`
    if (seen.has(key)) return false
    seen.add(key)
    const firstEnd = Math.min(...left.map(({ ended }) => ended))
    return left.some(call => {
      if (call.began > firstEnd) return false
      const next = after(call, state)
      const others = left.filter(other => other !== call)
      return next !== undefined && search(others, next)
    })
  }
  return search(calls, initial)
}
