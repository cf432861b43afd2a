import type { Workload } from '../../../accesses/workload.ts'
import { KeyQueue } from '../key-queue.ts'
import type { Simulated } from '../replay.ts'

/** What was stored first goes first. */
export class Fifo implements Simulated {
  readonly #room: number
  readonly #held: KeyQueue

  constructor({ bytes }: Workload, room: number) {
    this.#room = room
    this.#held = new KeyQueue(bytes)
  }

  request(key: number): boolean {
    if (this.#held.has(key)) return true
    this.#held.add(key)
    while (this.#held.bytes > this.#room) this.#held.take()
    return false
  }
}
