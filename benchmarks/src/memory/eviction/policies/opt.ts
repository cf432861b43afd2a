import type { Workload } from '../../../accesses/workload.ts'
import { RankedKeys } from '../ranked-keys.ts'
import type { Simulated } from '../replay.ts'

/** Belady's limit: knows the future, and drops what is asked for again last. For keys of one byte. */
export class Opt implements Simulated {
  readonly #room: number
  readonly #nextTurn: Float64Array
  readonly #held = new RankedKeys()
  #turn = 0
  #size = 0

  constructor({ requests, bytes }: Workload, room: number) {
    this.#room = room
    this.#nextTurn = nextTurnsOf(requests, bytes.length)
  }

  request(key: number): boolean {
    const isHit = this.#held.has(key)
    this.#held.set(key, -(this.#nextTurn[this.#turn++] as number))
    if (isHit) return true
    if (this.#size < this.#room) this.#size++
    else this.#held.takeLowest()
    return false
  }
}

// What is never asked for again: after the end, all of it at different times.
function nextTurnsOf(requests: Uint32Array, keys: number): Float64Array {
  const seen = new Float64Array(keys).map((_, key) => requests.length + key)
  const next = new Float64Array(requests.length)
  for (let turn = requests.length - 1; turn >= 0; turn--) {
    const key = requests[turn] as number
    next[turn] = seen[key] as number
    seen[key] = turn
  }
  return next
}
