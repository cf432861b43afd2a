import type { Change } from './change.ts'
import type { Outcome } from './contents.ts'
import { isSame, type Origin, originOf } from './record.ts'

/** A record that was just appended from here. */
export interface Appended {
  readonly record: Buffer
  readonly change: Change
  readonly origin: Origin
}

/** What the records of one append have done, among those of others. */
export class OwnOutcomes {
  readonly #appended: readonly Appended[]
  readonly outcomes: Outcome[] = []

  constructor(appended: readonly Appended[]) {
    this.#appended = appended
  }

  note(record: Buffer, outcome: Outcome): void {
    const next = this.#appended[this.outcomes.length]
    if (next && isSame(originOf(record), next.origin)) this.outcomes.push(outcome)
  }
}
