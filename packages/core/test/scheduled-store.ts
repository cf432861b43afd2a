import type { Claim, ClaimAnswer, Entry, EntryInfo, Patience, Store, Wanted } from '../src/index.ts'
import { MemoryReferenceStore } from '../src/testing/memory-reference-store.ts'

/** Answers when something is to go on. */
export type Schedule = (label: string) => Promise<unknown>

/** Is told of each entry as it is given to the store; what it answers is called when that has taken effect. */
export type Witness = (entry: Entry, name: string) => () => void

/**
 * A store whose operations take effect one after the other, in the order in which they were called, but each when a
 * schedule says so, and are answered when it says so again.
 */
export class ScheduledStore implements Store {
  readonly #store = new MemoryReferenceStore()
  readonly #schedule: Schedule
  readonly #witness: Witness
  #turn: Promise<unknown> = Promise.resolve()

  constructor(schedule: Schedule, witness: Witness) {
    this.#schedule = schedule
    this.#witness = witness
  }

  read(name: string, accept?: (info: EntryInfo) => boolean): Promise<Entry | undefined> {
    return this.#inTurn('read', () => this.#store.read(name, accept))
  }

  write(name: string, entry: Entry): Promise<void> {
    const done = this.#witness(entry, name)
    return this.#inTurn('write', async () => {
      await this.#store.write(name, entry)
      done()
    })
  }

  remove(name: string): Promise<boolean> {
    return this.#inTurn('remove', () => this.#store.remove(name))
  }

  clear(): Promise<void> {
    return this.#inTurn('clear', () => this.#store.clear())
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  async claim(name: string, wanted: Wanted, patience: Patience): Promise<ClaimAnswer> {
    // One that waits holds up nobody.
    const { asked } = await this.#inTurn('claim', async () => ({
      asked: this.#store.claim(name, wanted, patience),
    }))
    const answer = await asked
    return typeof answer === 'string' ? answer : this.#scheduled(answer, name)
  }

  #scheduled(claim: Claim, name: string): Claim {
    const write = (entry: Entry) => {
      const done = this.#witness(entry, name)
      return this.#inTurn('write', async () => {
        const counts = await claim.write(entry)
        if (counts) done()
        return counts
      })
    }
    return { write, release: reason => this.#inTurn('release', () => claim.release(reason)) }
  }

  async #inTurn<T>(label: string, effect: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#schedule(label)).then(effect)
    this.#turn = turn.catch(() => {})
    const answer = await turn
    await this.#schedule(`${label} answers`)
    return answer
  }
}
