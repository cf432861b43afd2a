/** An operation on one name that waits or is under way. */
export interface Turn {
  /** Whether a synchronous change of the name was called later: this one must not take effect any more. */
  readonly isOutdated: boolean
}

/** That of an operation that takes effect at once. */
export const immediate: Turn = { isOutdated: false }

/**
 * Keeps operations in the order in which they were called, where some take longer than others (a large value is written
 * to a file before its record is appended): those on one name run one after the other, and one on all names alone.
 *
 * A synchronous change waits for nobody. What was called before it and has not taken effect leaves alone what it has changed.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()
  #lastOnAll: Promise<unknown> | undefined
  readonly #onNames = new Set<{ readonly name: string; isOutdated: boolean }>()
  // The names that were changed since each of them was called.
  readonly #onAll = new Set<Set<string>>()

  /** Whether anything is under way. */
  get busy(): boolean {
    return this.#last.size > 0 || this.#lastOnAll !== undefined
  }

  /**
   * Runs an operation when its turn comes. A `quick` one has taken effect when `operation` returns, even if its promise
   * is still pending; nothing has to wait for it.
   */
  take<T>(name: string, quick: boolean, operation: (turn: Turn) => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? this.#lastOnAll
    if (!before && quick) return operation(immediate)
    const own = { name, isOutdated: false }
    this.#onNames.add(own)
    const turn = before ? settled(before).then(() => operation(own)) : operation(own)
    this.#last.set(name, turn)
    const end = () => {
      this.#onNames.delete(own)
      if (this.#last.get(name) === turn) this.#last.delete(name)
    }
    turn.then(end, end)
    return turn
  }

  /**
   * Runs an operation that concerns every name after all that were called until now, and tells it the names that
   * synchronous changes have changed since: more of them may come while it is under way.
   */
  takeAll<T>(operation: (changed: ReadonlySet<string>) => Promise<T>): Promise<T> {
    const changed = new Set<string>()
    this.#onAll.add(changed)
    const turn = this.all().then(() => operation(changed))
    this.#last.clear()
    this.#lastOnAll = turn
    const end = () => {
      this.#onAll.delete(changed)
      if (this.#lastOnAll === turn) this.#lastOnAll = undefined
    }
    turn.then(end, end)
    return turn
  }

  /** A name was changed synchronously. */
  outdate(name: string): void {
    for (const turn of this.#onNames) if (turn.name === name) turn.isOutdated = true
    for (const changed of this.#onAll) changed.add(name)
  }

  /** All names that begin with some text were removed synchronously: to remove them again does no harm. */
  outdateAll(prefix: string): void {
    for (const turn of this.#onNames) if (turn.name.startsWith(prefix)) turn.isOutdated = true
  }

  /** Resolves when everything that was called until now is through. */
  async all(): Promise<void> {
    await Promise.allSettled([this.#lastOnAll, ...this.#last.values()])
  }
}

async function settled(turn: Promise<unknown> | undefined): Promise<void> {
  await turn?.catch(() => undefined)
}
