import type { Entry } from '@stagcache/core'
import type { DiskStore } from '../src/disk-store.ts'
import { entryOf } from './stores.ts'

/** What stands for an entry that is not there. */
export const absent = 'absent'

/** A change to some entries that was asked for, or had resolved. */
interface Told {
  readonly at: number
  readonly change: number
  readonly names: readonly string[]
  readonly value: unknown
  readonly hasResolved: boolean
}

/** What the entries may be, as far as the calls of one process have told until some time. */
export class Expectation {
  readonly #clock: () => number
  readonly #told: Told[] = []
  readonly #evictable = new Set<string>()
  #changes = 0
  #agedAt = Number.POSITIVE_INFINITY

  constructor(clock: () => number = () => 0) {
    this.#clock = clock
  }

  async write(store: Pick<DiskStore, 'write'>, name: string, value: unknown): Promise<void> {
    await this.change([name], value, () => store.write(name, entryOf(value)))
  }

  async writeClaimed(store: DiskStore, name: string, value: unknown): Promise<void> {
    const { stamp, params } = entryOf(value)
    const claim = await store.claim(name, { stamp, params }, {})
    if (typeof claim !== 'object') throw new Error('not granted')
    await this.write({ write: (_: string, entry: Entry) => claim.write(entry) as never }, name, value)
  }

  async remove(store: DiskStore, name: string): Promise<void> {
    await this.change([name], absent, () => store.remove(name))
  }

  async clear(store: DiskStore): Promise<void> {
    await this.change([...this.names()], absent, () => store.clear())
  }

  async change(names: readonly string[], value: unknown, change: () => unknown): Promise<void> {
    const told = { names, value, change: this.#changes++ }
    this.#told.push({ ...told, at: this.#clock(), hasResolved: false })
    await change()
    this.#told.push({ ...told, at: this.#clock(), hasResolved: true })
  }

  /** From now on, these may go at any time. */
  letGo(...names: string[]): void {
    for (const name of names) this.#evictable.add(name)
  }

  /** What has resolved until now is safe, however little was promised. */
  age(): void {
    this.#agedAt = this.#clock()
  }

  names(until: number = Number.POSITIVE_INFINITY): Set<string> {
    return new Set(this.#until(until).flatMap(({ names }) => names))
  }

  /** What it may be if everything counts that has resolved. */
  mayBe(name: string, until: number = Number.POSITIVE_INFINITY): unknown[] {
    const told = this.#of(name, until)
    // Changes take effect in the order in which they were asked for, in whatever order they resolve.
    const resolved = told.filter(({ hasResolved }) => hasResolved)
    const last = resolved.reduce((latest, { change }) => Math.max(latest, change), -1)
    const settled = last < 0 || this.#evictable.has(name) ? [absent] : []
    return [...settled, ...told.filter(({ change }) => change >= last).map(({ value }) => value)]
  }

  /** What it may be if anything may be missing but what is safe. */
  mayHaveBeen(name: string, until: number): unknown[] {
    const told = this.#of(name, until)
    const isUntouched = told.length > 0 && until >= this.#agedAt && told.every(({ at }) => at <= this.#agedAt)
    return isUntouched ? this.mayBe(name, until) : [absent, ...told.map(({ value }) => value)]
  }

  #of(name: string, until: number): Told[] {
    return this.#until(until).filter(({ names }) => names.includes(name))
  }

  #until(until: number): Told[] {
    return this.#told.filter(({ at }) => at <= until)
  }
}
