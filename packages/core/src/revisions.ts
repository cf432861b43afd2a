import { quote } from './errors.ts'
import { aside, refuseNoListener } from './events.ts'

/*
 * What holds:
 *
 * - The revision of a name grows with every change of its entry, and never goes back.
 * - Between two changes that of a name with listeners stays the same. That of any other does, but for once in a few thousand
 *   changes of names without listeners: then all of these are forgotten, and are of the latest revision.
 * - What is kept is bounded: one record for each name with listeners, and those few thousand.
 */

const remembered = 4096

interface Watched {
  revision: number
  readonly listeners: Set<() => void>
}

/** Counts the changes of memory entries, and calls those who want to know. */
export class Revisions {
  readonly #watched = new Map<string, Watched>()
  readonly #recent = new Map<string, number>()
  #forgotten = 0
  #latest = 0
  #due: Watched[] = []

  of(name: string): number {
    return this.#watched.get(name)?.revision ?? this.#recent.get(name) ?? this.#forgotten
  }

  subscribe(name: string, listener: () => void): () => void {
    refuseNoListener(`subscribe(${quote(name)})`, listener)
    const watched = this.#watched.get(name) ?? { revision: this.of(name), listeners: new Set() }
    this.#watched.set(name, watched)
    this.#recent.delete(name)
    // Wrapped, so that a function that subscribes twice is called, and removed, as often.
    const entry = () => listener()
    watched.listeners.add(entry)
    return () => {
      if (!watched.listeners.delete(entry) || watched.listeners.size > 0) return
      this.#watched.delete(name)
      this.#remember(name, watched.revision)
    }
  }

  changed(name: string): void {
    const watched = this.#watched.get(name)
    this.#latest++
    if (!watched) return this.#remember(name, this.#latest)
    watched.revision = this.#latest
    this.#due.push(watched)
  }

  /** Comes last in every change, since who is called may use the cache. */
  flush(): void {
    const due = this.#due
    if (due.length === 0) return
    this.#due = []
    for (const { listeners } of due) for (const listener of [...listeners]) aside(listener)
  }

  #remember(name: string, revision: number): void {
    this.#recent.set(name, revision)
    if (this.#recent.size <= remembered) return
    this.#recent.clear()
    this.#forgotten = this.#latest
  }
}
