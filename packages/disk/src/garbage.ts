import type { Blobs } from './blobs.ts'
import type { Pins } from './pins.ts'

// Each takes some microseconds of the event loop, and a thread for some more.
const atATime = 16
const pauseMilliseconds = 1000
const mostNow = 64

/**
 * Removes blobs that no record names any more, so that none ever will. One that is pinned waits until it is tried again, and
 * so does one that cannot be removed. What waits when the store is closed is found by a sweep.
 */
export class Garbage {
  readonly #blobs: Blobs
  readonly #pins: Pins
  readonly #waiting = new Set<string>()
  // Of what waits, what was just given.
  readonly #untried = new Set<string>()
  #triedAt = Number.NEGATIVE_INFINITY

  constructor(blobs: Blobs, pins: Pins) {
    this.#blobs = blobs
    this.#pins = pins
  }

  /** Whether anything waits that was not tried a moment ago. */
  get isDue(): boolean {
    const waiting = this.#waiting.size
    // Looking who has pinned them takes some microseconds for each.
    return waiting > 0 && performance.now() - this.#triedAt > pauseMilliseconds + waiting
  }

  /** To be called once the end of the entries is as safe as the store promises. */
  async remove(files: Iterable<string>): Promise<void> {
    const left = [...files]
    if (left.length === 0) return
    for (const file of left) {
      this.#waiting.add(file)
      this.#untried.add(file)
    }
    const pinned = await this.#pins.pinned()
    for (const file of left) this.#untried.delete(file)
    const failures: unknown[] = []
    const garbage = left.filter(file => this.#waiting.has(file) && !pinned.has(file))
    for (let first = 0; first < garbage.length; first += atATime) {
      const some = garbage.slice(first, first + atATime)
      await Promise.all(some.map(file => this.#remove(file).catch(error => failures.push(error))))
    }
    if (failures.length > 0) throw failures[0]
  }

  /** Tries again to remove what waits. */
  async retry(): Promise<void> {
    this.#triedAt = performance.now()
    await this.remove(this.#waiting)
  }

  /**
   * Goes on with `remove` at once, as far as that is possible: whether who has pinned something is alive takes time to find
   * out.
   *
   * @param most - How many files may be removed.
   */
  removeNow(most: number = mostNow): void {
    if (this.#untried.size === 0) return
    const pinned = this.#pins.pinnedByAny()
    for (const file of [...this.#untried].slice(0, most)) {
      this.#untried.delete(file)
      if (pinned.has(file) || this.#blobs.isBeingRead({ file })) continue
      this.#blobs.removeNow({ file })
      this.#waiting.delete(file)
    }
  }

  async #remove(file: string): Promise<void> {
    await this.#blobs.remove({ file })
    this.#waiting.delete(file)
  }
}
