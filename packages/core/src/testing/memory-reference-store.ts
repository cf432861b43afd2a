import { CacheError, UnserializableValueError } from '../errors.ts'
import { platform } from '../platform.ts'
import type { ClaimAnswer, Entry, EntryInfo, Patience, Store, Wanted } from '../store.ts'
import { formatPath } from '../value-path.ts'
import { difference } from './difference.ts'
import { ReferenceClaims } from './reference-claims.ts'

/**
 * The simplest store that keeps the contract: entries in a map, private copies by `structuredClone`. For tests of what is
 * built on a store, and as an example for those who write one.
 *
 * Not promised: speed; anything beyond the end of the program.
 */
export class MemoryReferenceStore implements Store {
  readonly #entries: Map<string, Entry>
  readonly #claims: ReferenceClaims
  #closed = false

  /** @param sibling - A store whose entries this one keeps too, as a store of another process would. Default: none. */
  constructor(sibling?: MemoryReferenceStore) {
    this.#entries = sibling ? sibling.#entries : new Map()
    this.#claims = sibling ? sibling.#claims : new ReferenceClaims()
  }

  async read(name: string, accept?: (info: EntryInfo) => boolean): Promise<Entry | undefined> {
    this.#refuseIfClosed()
    const entry = this.#entries.get(name)
    if (!entry) return undefined
    const { value, ...info } = entry
    if (accept && !accept(info)) return undefined
    return { ...info, value: platform.structuredClone(value) }
  }

  // Copied before the first await, and so as it is when the method is called.
  async write(name: string, { value, stamp, params, storedAt, cost, expiresAt }: Entry): Promise<void> {
    this.#refuseIfClosed()
    this.#entries.set(name, { value: copy(value, name), stamp, params, storedAt, cost, expiresAt })
    this.#claims.end(name, 'look-again')
  }

  async remove(name: string): Promise<boolean> {
    this.#refuseIfClosed()
    this.#claims.end(name, 'look-again')
    return this.#entries.delete(name)
  }

  async clear(): Promise<void> {
    this.#refuseIfClosed()
    this.#claims.endAll('look-again')
    this.#entries.clear()
  }

  async removePrefix(prefix: string): Promise<number> {
    this.#refuseIfClosed()
    this.#claims.endAll('look-again', prefix)
    const names = [...this.#entries.keys()].filter(name => name.startsWith(prefix))
    for (const name of names) this.#entries.delete(name)
    return names.length
  }

  async claim(name: string, wanted: Wanted, patience: Patience): Promise<ClaimAnswer> {
    this.#refuseIfClosed()
    const holder = await this.#claims.ask(this, name, wanted, patience)
    if (typeof holder === 'string') return holder
    return {
      write: async entry => {
        this.#refuseIfClosed()
        if (!this.#claims.stands(holder)) return false
        await this.write(name, entry)
        return true
      },
      release: async reason => this.#claims.release(holder, reason),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#claims.leave(this, closedError())
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw closedError()
  }
}

function closedError(): CacheError {
  return new CacheError('closed', 'The store is closed. Open a new one.')
}

function copy(value: unknown, name: string): unknown {
  const result = tryToClone(value, name)
  const path = difference(result, value)
  if (path) throw new UnserializableValueError('a value that loses its type', formatPath('value', path), name)
  return result
}

function tryToClone(value: unknown, name: string): unknown {
  try {
    return platform.structuredClone(value)
  } catch {
    throw new UnserializableValueError('a value', formatPath('value', uncloneable(value)), name)
  }
}

// The path to the deepest first part that cannot be cloned by itself.
function uncloneable(value: unknown): PropertyKey[] {
  if (typeof value !== 'object' || value === null) return []
  for (const [key, part] of Object.entries(value)) {
    try {
      platform.structuredClone(part)
    } catch {
      return [Array.isArray(value) ? Number(key) : key, ...uncloneable(part)]
    }
  }
  return []
}
