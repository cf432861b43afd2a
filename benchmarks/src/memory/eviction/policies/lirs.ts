import type { Workload } from '../../../accesses/workload.ts'
import { KeyQueue } from '../key-queue.ts'
import type { Simulated } from '../replay.ts'

const coldShare = 0.01

/**
 * LIRS (Jiang and Zhang, SIGMETRICS 2002): keeps what was asked for twice within the shortest distance, and gives all others
 * the little room that is left. For keys of one byte.
 */
export class Lirs implements Simulated {
  readonly #hotRoom: number
  readonly #coldRoom: number
  // By recency: the hot ones, and all others that are more recent than the oldest of these, there or gone.
  readonly #recent: KeyQueue
  readonly #cold: KeyQueue
  readonly #isHot: Uint8Array
  #hot = 0

  constructor({ bytes }: Workload, room: number) {
    this.#coldRoom = Math.max(1, Math.floor(coldShare * room))
    this.#hotRoom = room - this.#coldRoom
    this.#recent = new KeyQueue(bytes)
    this.#cold = new KeyQueue(bytes)
    this.#isHot = new Uint8Array(bytes.length)
  }

  request(key: number): boolean {
    if (this.#isHot[key]) {
      this.#recent.renew(key)
      this.#prune()
      return true
    }
    const isHit = this.#cold.has(key)
    if (isHit) this.#cold.remove(key)
    else if (this.#cold.size === this.#coldRoom) this.#cold.take()
    this.#place(key)
    return isHit
  }

  #place(key: number): void {
    const isRecent = this.#recent.has(key)
    if (isRecent) this.#recent.remove(key)
    this.#recent.add(key)
    if (isRecent || this.#hot < this.#hotRoom) this.#heat(key)
    else this.#cold.add(key)
  }

  #heat(key: number): void {
    this.#isHot[key] = 1
    this.#hot++
    if (this.#hot <= this.#hotRoom) return
    const oldest = this.#recent.take()
    this.#isHot[oldest] = 0
    this.#hot--
    this.#cold.add(oldest)
    this.#prune()
  }

  #prune(): void {
    for (
      let { oldest } = this.#recent;
      oldest !== undefined && !this.#isHot[oldest];
      { oldest } = this.#recent
    ) {
      this.#recent.take()
    }
  }
}
