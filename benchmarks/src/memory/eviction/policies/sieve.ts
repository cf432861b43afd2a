import type { Workload } from '../../../accesses/workload.ts'
import { KeyQueue } from '../key-queue.ts'
import type { Simulated } from '../replay.ts'

/**
 * SIEVE (Zhang and others, NSDI 2024): a hand goes from the oldest to the newest, and takes the first that was not used since
 * it came by. Nothing moves.
 */
export class Sieve implements Simulated {
  readonly #room: number
  readonly #held: KeyQueue
  readonly #isUsed: Uint8Array
  #hand: number | undefined

  constructor({ bytes }: Workload, room: number) {
    this.#room = room
    this.#held = new KeyQueue(bytes)
    this.#isUsed = new Uint8Array(bytes.length)
  }

  request(key: number): boolean {
    if (this.#held.has(key)) {
      this.#isUsed[key] = 1
      return true
    }
    // Before the newcomer is there, which the hand would meet first when it has come round.
    while (this.#held.size > 0 && !this.#hasRoomFor(key)) this.#evict()
    this.#held.add(key)
    return false
  }

  #hasRoomFor(key: number): boolean {
    this.#held.add(key)
    const hasRoom = this.#held.bytes <= this.#room
    this.#held.remove(key)
    return hasRoom
  }

  #evict(): void {
    let key = this.#hand ?? (this.#held.oldest as number)
    while (this.#isUsed[key]) {
      this.#isUsed[key] = 0
      key = this.#held.newerThan(key) ?? (this.#held.oldest as number)
    }
    this.#hand = this.#held.newerThan(key)
    this.#held.remove(key)
  }
}
