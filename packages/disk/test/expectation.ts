import type { DiskStore } from '../src/disk-store.ts'
import { entryOf } from './stores.ts'

/** What stands for an entry that is not there. */
export const absent = 'absent'

/** What the entries of a directory may be, as far as the calls of one process have told. Values of one name differ. */
export class Expectation {
  readonly #settled = new Map<string, unknown>()
  readonly #pending = new Map<string, unknown[]>()

  async write(store: Pick<DiskStore, 'write'>, name: string, value: unknown): Promise<void> {
    await this.change([name], value, () => store.write(name, entryOf(value)))
  }

  async remove(store: DiskStore, name: string): Promise<void> {
    await this.change([name], absent, () => store.remove(name))
  }

  async clear(store: DiskStore): Promise<void> {
    await this.change([...this.names], absent, () => store.clear())
  }

  get names(): Set<string> {
    return new Set([...this.#settled.keys(), ...this.#pending.keys()])
  }

  mayBe(name: string): unknown[] {
    const settled = this.#settled.has(name) ? this.#settled.get(name) : absent
    return [settled, ...(this.#pending.get(name) ?? [])]
  }

  /** Does something that gives these names a value, unless it fails: then they may have it or not. */
  async change(names: string[], value: unknown, change: () => unknown): Promise<void> {
    for (const name of names) this.#pending.set(name, [...(this.#pending.get(name) ?? []), value])
    await change()
    for (const name of names) {
      this.#settled.set(name, value)
      // What was called earlier has taken effect earlier, if at all.
      const pending = this.#pending.get(name) ?? []
      this.#pending.set(name, pending.slice(pending.indexOf(value) + 1))
    }
  }
}
