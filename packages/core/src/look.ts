import type { MissReason } from './events.ts'
import { missReason } from './freshness.ts'
import type { Request } from './request.ts'
import type { Entry, EntryInfo } from './store.ts'

/** A look into the store: the entry that serves a request, or why there is none. */
export class Look {
  readonly #request: Request
  readonly #clock: () => number
  /** `SingleFlight.changes` as the look began. */
  readonly changes: number
  /** What is known of the entry, valid or not. */
  info: EntryInfo | undefined
  entry: Entry | undefined
  /** Why there is no entry; without meaning where there is one. */
  reason: MissReason = 'absent'

  constructor(request: Request, clock: () => number, changes: number) {
    this.#request = request
    this.#clock = clock
    this.changes = changes
  }

  readonly accept = (info: EntryInfo): boolean => {
    this.info = info
    const reason = missReason(info, this.#request, this.#clock)
    this.reason = reason ?? 'absent'
    return reason === undefined
  }

  /** Validity is the cache's business, also where a store did not ask. */
  found(entry: Entry | undefined): this {
    if (entry && this.accept(entry)) this.entry = entry
    return this
  }
}
