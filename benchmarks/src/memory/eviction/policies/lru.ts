import type { Workload } from '../../../accesses/workload.ts'
import { KeyQueue } from '../key-queue.ts'
import type { Simulated } from '../replay.ts'

/** What was not used for the longest time goes first. */
export class Lru implements Simulated {
  readonly #room: number
  readonly #held: KeyQueue

  constructor({ bytes }: Workload, room: number) {
    this.#room = room
    this.#held = new KeyQueue(bytes)
  }

  request(key: number): boolean {
    const isHit = this.#held.has(key)
    if (isHit) this.#held.remove(key)
    this.#held.add(key)
    while (this.#held.bytes > this.#room) this.#held.take()
    return isHit
  }
}
