import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, OpenSuite, Row, Suite } from '../row.ts'
import { Child } from './child.ts'
import type { LongestTurn, Upkeep, UpkeepTask } from './programs/upkeep.ts'

const program = new URL('programs/upkeep.ts', import.meta.url)
const million = 1_000_000

/** How long what a store does in the background keeps the rest of a program from running. */
export const upkeep: Suite = {
  topics: ['disk', 'disk-large'],
  title: 'How long upkeep holds the event loop: 1,000,000 entries of 400 bytes, while another process writes',
  quick: false,
  async open(dir, share): Promise<OpenSuite> {
    const own = mkdtempSync(join(dir, 'upkeep-'))
    const store = new Upkept(own, Math.ceil(million * share))
    const row = (name: string, work: keyof Upkeep, measure: keyof LongestTurn): Row => ({
      name,
      reported: true,
      rounds: 5,
      contenders: [store.contender(work, measure)],
      targets: [{ measure: 'figure', limit: 10e6 }],
    })
    const rows = [
      row('reclaiming', 'reclaiming', 'elapsed'),
      row('its processor time', 'reclaiming', 'busy'),
      row('saving a snapshot', 'snapshot', 'elapsed'),
      row('its processor time too', 'snapshot', 'busy'),
    ]
    return { tables: [{ title: upkeep.title, rows }], close: () => store.end() }
  },
}

/** A store in a process of its own, beside another one that writes. Each of its rounds serves all rows. */
class Upkept {
  readonly #children: readonly Child[]
  readonly #rounds: Promise<Upkeep>[] = []
  readonly #isReady: Promise<unknown>

  constructor(dir: string, entries: number) {
    const tasks: UpkeepTask[] = [
      { dir, entries },
      { dir, entries: false },
    ]
    this.#children = tasks.map(task => new Child(program, task))
    this.#isReady = this.#fill()
    this.#isReady.catch(() => {}) // Whoever measures is told.
  }

  contender(work: keyof Upkeep, measure: keyof LongestTurn): Contender {
    let round = 0
    return {
      name: 'StagCache',
      operations: 1,
      prove: async () => void (await this.#isReady),
      run: async () => (await this.#round(round++))[work][measure],
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#children.map(child => child.end()))
  }

  async #fill(): Promise<void> {
    await Promise.all(this.#children.map(child => child.message()))
    await this.#children[0]?.message()
  }

  #round(number: number): Promise<Upkeep> {
    this.#rounds[number] ??= this.#measure()
    return this.#rounds[number]
  }

  async #measure(): Promise<Upkeep> {
    const [store] = this.#children as [Child]
    store.send('again')
    return store.message<Upkeep>()
  }
}
