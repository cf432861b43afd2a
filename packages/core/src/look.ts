import type { MissReason } from './events.ts'
import { isMigratable, isServed, reasonOf, type Standing, standingOf } from './freshness.ts'
import type { Request } from './request.ts'
import type { Entry, EntryInfo } from './store.ts'

/** What a look has shown of an entry: all but its value, which need not be held as long. */
export type Seen = Pick<Look, 'info' | 'isLost'>

/** A look into the store: the entry that serves a request or can be migrated, or why there is none. */
export class Look {
  readonly #request: Request
  readonly #clock: () => number
  readonly #migrates: boolean
  /** `SingleFlight.changes` as the look began. */
  readonly changes: number
  /** What is known of the entry, valid or not. */
  info: EntryInfo | undefined
  entry: Entry | undefined
  standing: Standing = 'absent'
  /** Whether the store could not answer, so that any entry may have been there. */
  isLost = false
  #isAccepted = false

  constructor(request: Request, clock: () => number, changes: number, migrates = false) {
    this.#request = request
    this.#clock = clock
    this.changes = changes
    this.#migrates = migrates
  }

  /** Why the call generates, if it does. */
  get reason(): MissReason {
    return reasonOf(this.standing)
  }

  get seen(): Seen {
    return { info: this.info, isLost: this.isLost }
  }

  /** The entry, if it may be handed out. */
  get served(): Entry | undefined {
    return isServed(this.standing) ? this.entry : undefined
  }

  readonly accept = (info: EntryInfo): boolean => {
    this.info = info
    this.standing = standingOf(info, this.#request, this.#clock)
    this.#isAccepted =
      isServed(this.standing) || (this.#migrates && isMigratable(info, this.#request, this.#clock))
    return this.#isAccepted
  }

  /**
   * Validity is the cache's business, also where a store did not ask. Where it did, the entry is valid as of then, however
   * long it took to fetch: what has happened to it since came later.
   */
  found(entry: Entry | undefined): this {
    const isKnown = this.#isAccepted && isSameInfo(entry, this.info)
    if (entry && (isKnown || this.accept(entry))) this.entry = entry
    else if (isServed(this.standing)) this.standing = 'absent'
    return this
  }
}

/** Whether two are of one entry. */
export function isSameInfo(one: EntryInfo | undefined, other: EntryInfo | undefined): boolean {
  return (
    one?.storedAt === other?.storedAt &&
    one?.cost === other?.cost &&
    one?.stamp === other?.stamp &&
    one?.params === other?.params
  )
}
