import { Eviction } from '../../../../../packages/core/src/eviction.ts'
import { Ranked } from '../../../../../packages/core/src/ranking.ts'
import type { Workload } from '../../../accesses/workload.ts'
import type { Simulated } from '../replay.ts'

/** StagCache's own `Eviction`, as the memory tier uses it; bounded by bytes, or by entries where all are of the same size. */
export class StagCache implements Simulated {
  readonly #workload: Workload
  readonly #room: number
  readonly #eviction: Eviction
  readonly #held: (Ranked | undefined)[]
  #bytes = 0

  constructor(workload: Workload, room: number, seed = 1) {
    this.#workload = workload
    this.#room = room
    this.#eviction = new Eviction(
      workload.bytes.every(bytes => bytes === 1) ? { maxEntries: room } : { maxBytes: room },
      seed,
    )
    this.#held = new Array(workload.bytes.length).fill(undefined)
  }

  request(key: number): boolean {
    const held = this.#held[key]
    if (held) this.#eviction.used(held)
    else this.#store(key)
    return held !== undefined
  }

  #store(key: number): void {
    const bytes = this.#workload.bytes[key] as number
    const entry = new Ranked(`${key}`, this.#workload.costs[key] as number, 0)
    this.#held[key] = entry
    this.#bytes += bytes
    this.#eviction.added(entry, bytes)
    while (this.#bytes > this.#room) this.#drop(this.#eviction.victim() as Ranked)
  }

  #drop(entry: Ranked): void {
    const key = Number(entry.name)
    this.#eviction.removed(entry)
    this.#held[key] = undefined
    this.#bytes -= this.#workload.bytes[key] as number
  }
}
