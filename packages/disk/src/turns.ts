/**
 * Keeps operations in the order in which they were called, where some take longer than others (a large value is written
 * to a file before its record is appended): those on one name run one after the other, and one on all names alone.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()
  #lastOnAll: Promise<unknown> | undefined

  /** Whether anything is under way. */
  get busy(): boolean {
    return this.#last.size > 0 || this.#lastOnAll !== undefined
  }

  /**
   * Runs an operation when its turn comes. A `quick` one has taken effect when `operation` returns, even if its promise
   * is still pending; nothing has to wait for it.
   */
  take<T>(name: string, quick: boolean, operation: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? this.#lastOnAll
    if (!before && quick) return operation()
    const turn = before ? settled(before).then(operation) : operation()
    this.#last.set(name, turn)
    const end = () => {
      if (this.#last.get(name) === turn) this.#last.delete(name)
    }
    turn.then(end, end)
    return turn
  }

  /** Runs an operation that concerns every name after all that were called until now. */
  takeAll<T>(operation: () => Promise<T>): Promise<T> {
    const turn = this.all().then(operation)
    this.#last.clear()
    this.#lastOnAll = turn
    const end = () => {
      if (this.#lastOnAll === turn) this.#lastOnAll = undefined
    }
    turn.then(end, end)
    return turn
  }

  /** Resolves when everything that was called until now is through. */
  async all(): Promise<void> {
    await Promise.allSettled([this.#lastOnAll, ...this.#last.values()])
  }
}

async function settled(turn: Promise<unknown> | undefined): Promise<void> {
  await turn?.catch(() => undefined)
}
