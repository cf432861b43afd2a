import type { Workload } from '../../../accesses/workload.ts'
import { KeyQueue } from '../key-queue.ts'
import type { Simulated } from '../replay.ts'

const smallShare = 0.1
const mostUses = 3
const usesToStay = 2

/**
 * S3-FIFO (Yang and others, SOSP 2023): newcomers go through a small queue, and only what is used there, or asked for again
 * soon after, comes into the main one.
 */
export class S3Fifo implements Simulated {
  readonly #room: number
  readonly #small: KeyQueue
  readonly #main: KeyQueue
  readonly #ghosts: KeyQueue
  readonly #uses: Uint8Array

  constructor({ bytes }: Workload, room: number) {
    this.#room = room
    this.#small = new KeyQueue(bytes)
    this.#main = new KeyQueue(bytes)
    this.#ghosts = new KeyQueue(bytes)
    this.#uses = new Uint8Array(bytes.length)
  }

  request(key: number): boolean {
    if (this.#small.has(key) || this.#main.has(key)) {
      this.#uses[key] = Math.min(mostUses, (this.#uses[key] as number) + 1)
      return true
    }
    this.#uses[key] = 0
    const isRemembered = this.#ghosts.has(key)
    if (isRemembered) this.#ghosts.remove(key)
    const queue = isRemembered ? this.#main : this.#small
    queue.add(key)
    while (this.#small.bytes + this.#main.bytes > this.#room) this.#evict()
    return false
  }

  #evict(): void {
    if (this.#small.bytes > smallShare * this.#room || this.#main.size === 0) this.#evictFromSmall()
    else this.#evictFromMain()
  }

  #evictFromSmall(): void {
    const key = this.#small.take()
    if ((this.#uses[key] as number) >= usesToStay) {
      this.#uses[key] = 0
      this.#main.add(key)
      return
    }
    this.#ghosts.add(key)
    while (this.#ghosts.bytes > (1 - smallShare) * this.#room) this.#ghosts.take()
  }

  #evictFromMain(): void {
    let key = this.#main.take()
    while ((this.#uses[key] as number) > 0) {
      this.#uses[key] = (this.#uses[key] as number) - 1
      this.#main.add(key)
      key = this.#main.take()
    }
  }
}
