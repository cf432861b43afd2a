import { KeyIndex } from '../../../../packages/disk/src/key-index.ts'
import { Retention } from '../../../../packages/disk/src/retention.ts'
import { atOnce } from '../../../../packages/disk/src/slices.ts'
import type { Workload } from '../../accesses/workload.ts'
import type { Pace } from './pace.ts'
import type { Keeper } from './replay.ts'

const usesToldEvery = 30
// A record that says nothing of an expiry.
const record = Buffer.alloc(64)

/**
 * What StagCache drops: the retention of the store, over an index that knows what the store's own would, no more. Uses
 * are told every thirty seconds and before each reclaiming, times are in whole seconds.
 */
export class Retained implements Keeper {
  readonly #workload: Workload
  readonly #pace: Pace
  readonly #maxBytes: number
  readonly #untold = new Map<number, number>()
  // Each key is the hash of its own name.
  #index = new KeyIndex()
  #scanned = 0
  #tellAt = Number.POSITIVE_INFINITY

  constructor(workload: Workload, maxBytes: number, pace: Pace) {
    this.#workload = workload
    this.#maxBytes = maxBytes
    this.#pace = pace
  }

  stored(key: number, turn: number): void {
    const now = this.#pace.timeOf(turn)
    this.#tellUntil(now)
    const length = this.#workload.bytes[key] as number
    this.#index.add(key, {
      position: this.#scanned,
      length,
      blobBytes: 0,
      cost: this.#workload.costs[key] as number,
      storedAt: Math.round(now),
    })
    this.#scanned += length
  }

  used(key: number, turn: number): void {
    const now = this.#pace.timeOf(turn)
    this.#tellUntil(now)
    if (this.#untold.size === 0) this.#tellAt = now + usesToldEvery
    this.#untold.set(key, (this.#untold.get(key) ?? 0) + 1)
  }

  async drop(_toFree: number, turn: number): Promise<number[]> {
    const now = this.#pace.timeOf(turn)
    this.#tell(now)
    const holdings = { log: { scanned: this.#scanned }, contents: { index: this.#index } }
    const retention = new Retention(holdings, this.#maxBytes, 1000 * now)
    atOnce(retention.weigh())
    return this.#copy(retention)
  }

  #tellUntil(now: number): void {
    if (now >= this.#tellAt) this.#tell(this.#tellAt)
  }

  #tell(now: number): void {
    for (const [key, uses] of this.#untold) this.#index.use(this.#index.first(key), uses, Math.round(now))
    this.#untold.clear()
    this.#tellAt = Number.POSITIVE_INFINITY
  }

  /** As a reclaiming does: what stays goes to a new log, in the order of the old one. */
  #copy({ judge }: Retention): number[] {
    const index = this.#index
    const next = new KeyIndex()
    const gone: number[] = []
    this.#scanned = 0
    for (let row = 0; row < index.count; row++) {
      const key = index.hashOf(row)
      if (judge(row, record)) {
        gone.push(key)
        continue
      }
      const length = index.bytesOf(row)
      next.add(key, {
        position: this.#scanned,
        length,
        blobBytes: 0,
        cost: index.costOf(row),
        storedAt: index.storedAtOf(row),
      })
      next.use(next.count - 1, index.usesOf(row), index.usedAtOf(row))
      this.#scanned += length
    }
    this.#index = next
    return gone
  }
}
