import type { Workload } from '../../../accesses/workload.ts'
import { CountMin } from '../count-min.ts'
import { KeyQueue } from '../key-queue.ts'
import type { Simulated } from '../replay.ts'

const windowShare = 0.01
const protectedShare = 0.8

/**
 * W-TinyLFU (Einziger, Friedman and Manes, 2017) with a window of fixed size: what leaves the window takes the place of what
 * was used longest ago only if it was asked for more often.
 */
export class WTinyLfu implements Simulated {
  readonly #room: number
  readonly #window: KeyQueue
  readonly #probation: KeyQueue
  readonly #protected: KeyQueue
  readonly #frequencies: CountMin

  constructor({ bytes }: Workload, room: number) {
    this.#room = room
    this.#window = new KeyQueue(bytes)
    this.#probation = new KeyQueue(bytes)
    this.#protected = new KeyQueue(bytes)
    this.#frequencies = new CountMin(Math.ceil(room / meanOf(bytes)))
  }

  request(key: number): boolean {
    this.#frequencies.count(key)
    if (this.#window.has(key)) {
      this.#window.renew(key)
    } else if (this.#protected.has(key)) {
      this.#protected.renew(key)
    } else if (this.#probation.has(key)) {
      this.#protect(key)
    } else {
      this.#window.add(key)
      this.#shrinkWindow()
      return false
    }
    return true
  }

  #protect(key: number): void {
    this.#probation.remove(key)
    this.#protected.add(key)
    const room = protectedShare * (1 - windowShare) * this.#room
    while (this.#protected.bytes > room) this.#probation.add(this.#protected.take())
  }

  #shrinkWindow(): void {
    while (this.#window.size > 1 && this.#window.bytes > windowShare * this.#room) {
      const candidate = this.#window.take()
      this.#probation.add(candidate)
      while (this.#isTooFull) this.#contest(candidate)
    }
    while (this.#isTooFull) this.#window.take()
  }

  get #isTooFull(): boolean {
    return this.#window.bytes + this.#probation.bytes + this.#protected.bytes > this.#room
  }

  #contest(candidate: number): void {
    if (!this.#probation.has(candidate)) {
      this.#evictOldest()
      return
    }
    const { oldest } = this.#probation
    const victim = oldest === candidate ? this.#protected.oldest : oldest
    this.#drop(victim !== undefined && this.#isWantedMore(candidate, victim) ? victim : candidate)
  }

  #isWantedMore(one: number, other: number): boolean {
    return this.#frequencies.frequencyOf(one) > this.#frequencies.frequencyOf(other)
  }

  #evictOldest(): void {
    this.#drop((this.#probation.oldest ?? this.#protected.oldest ?? this.#window.oldest) as number)
  }

  #drop(key: number): void {
    for (const queue of [this.#probation, this.#protected, this.#window])
      if (queue.has(key)) queue.remove(key)
  }
}

function meanOf(bytes: Float64Array): number {
  return bytes.reduce((sum, each) => sum + each, 0) / bytes.length
}
