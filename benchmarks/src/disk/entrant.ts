import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Absence, Contender, Row } from '../row.ts'
import type { Entries } from './entries.ts'
import { proveStore } from './gate.ts'
import { fill } from './operations.ts'
import type { Kind, OpenStore, Operation, Rival } from './store.ts'

/** A rival that takes part in a suite: with a directory of its own, and a store that is open or not. */
export class Entrant {
  readonly rival: Rival
  readonly dir: string
  readonly #kind: Kind
  readonly #entries: Entries
  #store: OpenStore | undefined
  #failure: unknown
  #proof: Promise<void> | undefined

  constructor(rival: Rival, dir: string, kind: Kind, entries: Entries) {
    this.rival = rival
    this.dir = join(dir, `${rival.name}, ${kind}`)
    this.#kind = kind
    this.#entries = entries
    mkdirSync(this.dir, { recursive: true })
  }

  /** The open store; there is one after {@link Entrant.open}. */
  get store(): OpenStore {
    if (!this.#store) throw new Error(`${this.rival.name} is not open.`)
    return this.#store
  }

  async open(): Promise<OpenStore> {
    this.#store ??= await this.rival.open(this.dir, this.#kind)
    return this.#store
  }

  async close(): Promise<void> {
    const store = this.#store
    this.#store = undefined
    await store?.close()
  }

  /** Stores all entries at their first revision, and closes the store. Who cannot do that does not pass the proof. */
  async fill(): Promise<void> {
    const { names } = this.#entries
    try {
      await fill(await this.open(), names, this.#entries.values(names.length, 0))
      await this.close()
    } catch (error) {
      this.#failure = error
    }
  }

  /** Rejects unless the rival answers rightly; found out once, in another directory. */
  async prove(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.#proof ??= proveStore(this.rival, this.#kind, this.#entries, `${this.dir} proof`)
    await this.#proof
  }
}

/** What a row does with one store: `count` operations, on the first names. */
export type Part = (
  entrant: Entrant,
  count: number,
) => Pick<Contender, 'expected' | 'prepare' | 'run' | 'settle'>

/** The row of one operation: each entrant does its share of `count`, unless it cannot. */
export function rowOf(
  name: string,
  operation: Operation,
  count: number,
  entrants: readonly Entrant[],
  part: Part,
): Row {
  const contenders: Contender[] = []
  const absent: Absence[] = []
  for (const entrant of entrants) {
    const { name, cannot, share } = entrant.rival
    const reason = cannot?.[operation]
    const operations = Math.ceil(count * (share?.[operation] ?? 1))
    if (reason !== undefined) absent.push({ name, reason })
    else contenders.push({ name, operations, prove: () => entrant.prove(), ...part(entrant, operations) })
  }
  return { name, contenders, absent }
}
