import type { Workload } from '../../../accesses/workload.ts'
import { RankedKeys } from '../ranked-keys.ts'
import type { Simulated } from '../replay.ts'

/**
 * GreedyDual-Size-Frequency (Cherkasova 1998): uses by cost by byte, on top of what the last one that went was worth when
 * this one was used.
 */
export class GreedyDual implements Simulated {
  readonly #workload: Workload
  readonly #room: number
  readonly #held = new RankedKeys()
  readonly #uses: Uint32Array
  #bytes = 0
  #inflation = 0

  constructor(workload: Workload, room: number) {
    this.#workload = workload
    this.#room = room
    this.#uses = new Uint32Array(workload.bytes.length)
  }

  request(key: number): boolean {
    const isHit = this.#held.has(key)
    this.#uses[key] = isHit ? (this.#uses[key] as number) + 1 : 1
    this.#held.set(key, this.#inflation + (this.#uses[key] as number) * this.#densityOf(key))
    if (!isHit) this.#bytes += this.#bytesOf(key)
    while (this.#bytes > this.#room) this.#evict()
    return isHit
  }

  #evict(): void {
    const { key, rank } = this.#held.takeLowest()
    this.#inflation = rank
    this.#bytes -= this.#bytesOf(key)
  }

  #densityOf(key: number): number {
    return (this.#workload.costs[key] as number) / this.#bytesOf(key)
  }

  #bytesOf(key: number): number {
    return this.#workload.bytes[key] as number
  }
}
