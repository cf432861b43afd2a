import type { Workload } from '../../../accesses/workload.ts'
import { KeyQueue } from '../key-queue.ts'
import type { Simulated } from '../replay.ts'

/**
 * ARC (Megiddo and Modha, FAST 2003): what was used once beside what was used again, and what has just gone of either says
 * which of the two is to grow. For keys of one byte.
 */
export class Arc implements Simulated {
  readonly #room: number
  readonly #once: KeyQueue
  readonly #again: KeyQueue
  readonly #onceGone: KeyQueue
  readonly #againGone: KeyQueue
  #wantedOnce = 0

  constructor({ bytes }: Workload, room: number) {
    this.#room = room
    this.#once = new KeyQueue(bytes)
    this.#again = new KeyQueue(bytes)
    this.#onceGone = new KeyQueue(bytes)
    this.#againGone = new KeyQueue(bytes)
  }

  request(key: number): boolean {
    for (const held of [this.#once, this.#again]) {
      if (!held.has(key)) continue
      held.remove(key)
      this.#again.add(key)
      return true
    }
    if (this.#onceGone.has(key)) this.#return(key, this.#onceGone)
    else if (this.#againGone.has(key)) this.#return(key, this.#againGone)
    else this.#come(key)
    return false
  }

  #return(key: number, from: KeyQueue): void {
    const isOnce = from === this.#onceGone
    const other = isOnce ? this.#againGone : this.#onceGone
    const step = Math.max(1, other.size / from.size)
    const wanted = this.#wantedOnce + (isOnce ? step : -step)
    this.#wantedOnce = Math.min(this.#room, Math.max(0, wanted))
    this.#evict(!isOnce)
    from.remove(key)
    this.#again.add(key)
  }

  #come(key: number): void {
    const once = this.#once.size + this.#onceGone.size
    const all = once + this.#again.size + this.#againGone.size
    if (once === this.#room) {
      if (this.#once.size < this.#room) {
        this.#onceGone.take()
        this.#evict(false)
      } else {
        this.#once.take()
      }
    } else if (all >= this.#room) {
      if (all === 2 * this.#room) this.#againGone.take()
      this.#evict(false)
    }
    this.#once.add(key)
  }

  #evict(wasAgain: boolean): void {
    if (this.#once.size + this.#again.size < this.#room) return
    const { size } = this.#once
    const wanted = Math.floor(this.#wantedOnce)
    const isTooMuch = size > wanted || (wasAgain && size === wanted)
    if (size > 0 && isTooMuch) this.#onceGone.add(this.#once.take())
    else this.#againGone.add(this.#again.take())
  }
}
