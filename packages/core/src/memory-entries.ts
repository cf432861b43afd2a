import type { Bounds } from './bounds.ts'
import { Disposal, type DisposeReason } from './disposal.ts'
import { InvalidOptionError, quote } from './errors.ts'
import { aside } from './events.ts'
import type { Shared } from './generate.ts'
import type { Ledger } from './ledger.ts'
import { MemoryEntry, type NewEntry, Resident } from './memory-entry.ts'
import { boundsOf, type MemoryOptions } from './memory-options.ts'
import { Revisions } from './revisions.ts'
import { entryOverhead, estimateBytes } from './size.ts'

/** Whom memory entries belong to, and who is told what becomes of them: the cache, whose subclasses may have these methods. */
export interface MemoryOwner {
  memoryOrigin?(name: string, present: unknown): unknown
  memoryChanged?(name: string, value: unknown, previous: unknown, origin: unknown): void
  memoryDiscarded?(name: string, value: unknown, origin: unknown): void
}

const nothing = (): void => {}

/**
 * The entries in memory: the one place where they come and go, so that all who have to know of it do. They are told once
 * a change is complete, in the order of the changes, since each of them may make another one.
 */
export class MemoryEntries {
  readonly #byName = new Map<string, MemoryEntry>()
  readonly #ledger: Ledger
  readonly #owner: MemoryOwner
  readonly #options: MemoryOptions
  readonly #bounds: Bounds | undefined
  readonly #disposal: Disposal | undefined
  readonly #news = new Set<() => void>()
  #revisions: Revisions | undefined

  constructor(
    { ledger, random }: Pick<Shared, 'ledger' | 'random'>,
    owner: MemoryOwner,
    options: MemoryOptions,
  ) {
    this.#ledger = ledger
    this.#owner = owner
    this.#options = options
    this.#bounds = boundsOf(options, random)
    this.#disposal = options.dispose && new Disposal(options.dispose)
  }

  /** What they take; `undefined` where nobody counts. */
  get bytes(): number | undefined {
    return this.#options.maxBytes === undefined ? undefined : this.#bounds?.bytes
  }

  get(name: string): MemoryEntry | undefined {
    return this.#byName.get(name)
  }

  /** An entry was handed out. */
  used(entry: MemoryEntry): void {
    this.#bounds?.used(entry as Resident)
  }

  /**
   * Puts an entry in the place of whatever is there, and tells whether there was room for it. `isInUse`: somebody has its
   * value, whether it is kept or not.
   */
  put(name: string, entry: NewEntry, origin: unknown, isInUse: boolean): boolean {
    // Measured first, since that may use the cache.
    const kept = this.#bounds
      ? new Resident(name, entry, this.#bytesOf(name, entry.value))
      : new MemoryEntry(entry)
    const previous = this.#byName.get(name)
    const isKept =
      this.#bounds?.admit(kept as Resident, previous as Resident | undefined, this.#evict) ?? true
    if (isKept) {
      this.#byName.set(name, kept)
      this.#disposal?.held(entry.value)
      this.#changed(name, entry.value, previous, 'replace', origin)
    } else {
      if (previous) this.#gone(name, previous, 'replace')
      this.#discarded(name, entry.value, origin, isInUse)
      this.#evicted(kept as Resident, false)
    }
    this.#finish()
    return isKept
  }

  entries(): IterableIterator<[string, MemoryEntry]> {
    return this.#byName.entries()
  }

  delete(name: string, reason: DisposeReason = 'delete'): boolean {
    const entry = this.#byName.get(name)
    if (!entry) return false
    this.#bounds?.remove(entry as Resident)
    this.#gone(name, entry, reason)
    this.#finish()
    return true
  }

  /** Deletes all, or those whose names begin so, and tells how many there were. */
  clear(prefix?: string): number {
    const entries = [...this.#byName].filter(([name]) => name.startsWith(prefix ?? ''))
    for (const [name, entry] of entries) {
      this.#byName.delete(name)
      this.#bounds?.remove(entry as Resident)
    }
    const reason = prefix === undefined ? 'clear' : 'delete'
    for (const [name, entry] of entries) this.#changed(name, undefined, entry, reason)
    this.#finish()
    return entries.length
  }

  /** Keeps the entry from being evicted, and its value from being disposed of, until the returned function is called. */
  pin(name: string): () => void {
    const entry = this.#byName.get(name)
    if (!entry) return nothing
    const { value } = entry
    this.#disposal?.held(value)
    this.#bounds?.pin(entry as Resident)
    let isPinned = true
    return () => {
      if (!isPinned) return
      isPinned = false
      this.#disposal?.dropped(value)
      this.#bounds?.unpin(entry as Resident)
      this.#finish()
    }
  }

  /** Counted from when somebody first asks. */
  get revisions(): Revisions {
    this.#revisions ??= new Revisions()
    return this.#revisions
  }

  /** A generated value was not kept; `isInUse` tells whether somebody got it. */
  discard(name: string, value: unknown, origin: unknown, isInUse: boolean): void {
    this.#discarded(name, value, origin, isInUse)
    this.#finish()
  }

  #discarded(name: string, value: unknown, origin: unknown, isInUse: boolean): void {
    this.#disposal?.discarded(value, isInUse)
    const owner = this.#owner
    if (owner.memoryDiscarded) this.#news.add(() => owner.memoryDiscarded?.(name, value, origin))
  }

  readonly #evict = (victim: Resident): void => {
    this.#gone(victim.name, victim, 'evict')
    this.#evicted(victim, true)
  }

  #evicted(resident: Resident, wasHeld: boolean): void {
    const tell = this.#ledger.evicted(resident, wasHeld)
    if (tell) this.#news.add(tell)
  }

  // Whoever is told may make changes, of which is told after all that was to be told before.
  #finish(): void {
    for (const tell of this.#news) {
      this.#news.delete(tell)
      aside(tell)
    }
    this.#disposal?.flush()
    this.#revisions?.flush()
  }

  #gone(name: string, entry: MemoryEntry, reason: DisposeReason): void {
    this.#byName.delete(name)
    this.#changed(name, undefined, entry, reason)
  }

  #changed(
    name: string,
    value: unknown,
    previous: MemoryEntry | undefined,
    reason: DisposeReason,
    origin?: unknown,
  ): void {
    if (previous) this.#disposal?.dropped(previous.value, reason)
    const owner = this.#owner
    if (owner.memoryChanged) this.#news.add(() => owner.memoryChanged?.(name, value, previous?.value, origin))
    this.#revisions?.changed(name)
  }

  #bytesOf(name: string, value: unknown): number {
    const { maxBytes, sizeOf } = this.#options
    if (maxBytes === undefined) return 0
    if (!sizeOf) return entryOverhead + 2 * name.length + estimateBytes(value)
    const bytes = sizeOf(value, name)
    if (bytes >= 0 && bytes < Number.POSITIVE_INFINITY) return bytes
    throw new InvalidOptionError(
      `sizeOf() said ${quote(bytes)} of the value of ${quote(name)}: it answers a finite number from 0.`,
    )
  }
}
