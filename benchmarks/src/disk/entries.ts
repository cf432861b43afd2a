import { floats, type Item, item, itemBytes, items, shuffled } from '../data.ts'
import type { Kind, Name } from './store.ts'

/** The values of a suite: how large they are, and how many. */
export interface Payload {
  /** As the table says it: `400 bytes`. */
  readonly size: string
  readonly bytes: number
  readonly kind: Kind
  readonly entries: number
}

/** A value of many items. */
interface Rows {
  readonly id: number
  readonly revision: number
  readonly rows: readonly Item[]
}

/** Names, and values that differ from entry to entry and from revision to revision. */
export class Entries {
  /** In an order without pattern. */
  readonly names: readonly Name[]
  /** A number that depends on what was got. */
  readonly markOf: (value: unknown) => number
  readonly #ids: readonly number[]
  readonly #valueOf: (id: number, revision: number) => unknown

  /** @param share - Which part of the entries there are, from 0 to 1; where that is less than one, of its bytes. */
  constructor({ bytes, kind, entries }: Payload, share = 1) {
    this.#ids = shuffled(Array.from({ length: Math.ceil(entries * share) }, (_, id) => id))
    this.names = this.#ids.map((id): Name => `./item/${id}`)
    this.#valueOf = valuesOf(kind, bytes * Math.min(1, entries * share))
    this.markOf = kind === 'JSON' ? markOfObject : markOfFloats
  }

  /** The values of the first `count` names. */
  values(count: number, revision: number): unknown[] {
    return this.#ids.slice(0, count).map(id => this.#valueOf(id, revision))
  }

  /** What getting the first `count` names adds up to, as long as they have this revision. */
  sum(count: number, revision: number): number {
    return this.values(count, revision).reduce((sum: number, value) => sum + this.markOf(value), 0)
  }
}

function valuesOf(kind: Kind, bytes: number): (id: number, revision: number) => unknown {
  const count = Math.ceil(bytes / itemBytes)
  if (kind === 'Float32Array') {
    const all = floats(count * itemBytes)
    return (id, revision) => {
      const own = all.slice()
      own.set([id, revision])
      return own
    }
  }
  if (count === 1) return (id, revision): Item => ({ ...item(id), revision })
  const rows = items(count)
  return (id, revision): Rows => ({ id, revision, rows })
}

// So much apart that no entry's later revision has the mark of another entry.
const revisionMark = 1_000_003

function markOfObject(value: unknown): number {
  const { id, revision, rows } = value as Partial<Rows> & Pick<Rows, 'id' | 'revision'>
  return 1 + id + revision * revisionMark + (rows ? rows.length + (rows.at(-1)?.scores.length ?? 0) : 0)
}

function markOfFloats(value: unknown): number {
  const own = value as Float32Array
  const [id = 0, revision = 0] = own
  return 1 + id + revision * revisionMark + (own[own.length >> 1] ?? 0) + (own.at(-1) ?? 0) + own.length
}
