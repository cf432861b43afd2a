import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { item } from '../data.ts'
import { proveRival } from './gate.ts'
import { setTogether } from './operations.ts'
import { type RivalName, rivalOf } from './rivals.ts'
import type { Name, OpenStore, Rival } from './store.ts'

const batch = 10_000

/** A store with many entries of 400 bytes, number 0 to `size` - 1. */
export class Populated {
  readonly rival: Rival
  readonly size: number
  readonly dir: string
  readonly #parent: string
  #failure: unknown
  #store: OpenStore | undefined

  private constructor(rival: Rival, size: number, parent: string) {
    this.rival = rival
    this.size = size
    this.dir = join(parent, this.name)
    this.#parent = parent
    mkdirSync(this.dir)
  }

  /**
   * Fills a store and closes it. Who cannot do that does not pass the proof.
   * @param parent - A directory, in which the store gets one of its own.
   */
  static async create(rival: RivalName, size: number, parent: string): Promise<Populated> {
    const populated = new Populated(await rivalOf(rival), size, parent)
    try {
      await populated.#fill()
      await populated.close()
    } catch (error) {
      populated.#failure = error
    }
    return populated
  }

  /** As a table says it: `lmdb at 1,000`. */
  get name(): string {
    return `${this.rival.name} at ${this.size.toLocaleString('en')}`
  }

  /** The open store; there is one after {@link Populated.open}. */
  get store(): OpenStore {
    if (!this.#store) throw new Error(`${this.name} is not open.`)
    return this.#store
  }

  async open(): Promise<void> {
    this.#store ??= await this.rival.open(this.dir, 'JSON')
  }

  async close(): Promise<void> {
    const store = this.#store
    this.#store = undefined
    await store?.close()
  }

  /** Rejects unless the rival answers rightly. */
  async prove(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await proveRival(this.rival, this.#parent)
  }

  async #fill(): Promise<void> {
    await this.open()
    for (let start = 0; start < this.size; start += batch) {
      const ids = Array.from({ length: Math.min(batch, this.size - start) }, (_, index) => start + index)
      const values = ids.map(id => item(id))
      await setTogether(this.store, ids.map(numbered), values)
    }
    await this.store.settle?.()
  }
}

/** The name of an entry of a populated store. */
export function numbered(id: number): Name {
  return `./item/${id}`
}
