/**
 * A sync that many wait for: one is under way at most. Who asks meanwhile gets the next one, together with everybody else who
 * does, since the one that is under way says nothing of what has been written since it began.
 */
export class SharedSync {
  readonly #sync: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(sync: () => Promise<void>) {
    this.#sync = sync
  }

  /** Resolves when everything that was written before the call is safe. */
  run(): Promise<void> {
    if (!this.#running && !this.#next) return this.#begin()
    const begin = () => this.#begin()
    this.#next ??= (this.#running as Promise<void>).then(begin, begin)
    return this.#next
  }

  #begin(): Promise<void> {
    this.#next = undefined
    const running = this.#sync()
    const end = () => {
      this.#running = undefined
    }
    this.#running = running
    running.then(end, end)
    return running
  }
}
