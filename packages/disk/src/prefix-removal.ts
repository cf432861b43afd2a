import type { Appender, Build } from './appender.ts'
import type { Change } from './change.ts'
import type { Followed } from './followed.ts'
import type { Follower } from './follower.ts'
import { deleteRecord, recordType } from './record.ts'
import { atOnce, inSlices, type Steps } from './slices.ts'

// Enough for one write to take longer than what is around it.
const deletedAtOnce = 1000

/** How the entry of a name is deleted. */
export function deletion(name: string): { change: Change; build: Build } {
  return { change: { type: recordType.delete, name }, build: origin => deleteRecord(origin, name) }
}

/**
 * Deletes the entries, and ends the claims, whose names begin with some text. Names are in the log only, so that the record
 * of every entry is looked at, some microseconds each, in slices.
 */
export class PrefixRemoval {
  readonly #follower: Follower
  readonly #appender: Appender

  constructor(follower: Follower, appender: Appender) {
    this.#follower = follower
    this.#appender = appender
  }

  /**
   * Answers how many entries there were.
   *
   * @param spared - Names that are left alone; more may be added meanwhile.
   */
  async remove(prefix: string, spared: ReadonlySet<string>): Promise<number> {
    const names = new Set<string>()
    // What was stored before the call is found in the log only.
    await this.#appender.drain()
    let looked: Followed | undefined
    let followed = await this.#follower.load()
    while (followed && followed !== looked) {
      // A log that takes the place of another one holds what was stored meanwhile.
      looked = followed
      await inSlices(this.#collect(looked, prefix, names))
      followed = await this.#follower.load()
    }
    let count = 0
    for (const batch of batchesOf([...names])) {
      const left = batch.filter(name => !spared.has(name))
      const existed = left.map(name => {
        const { change, build } = deletion(name)
        return this.#appender.append(change, build, outcome => outcome.existed)
      })
      count += (await Promise.all(existed)).filter(Boolean).length
    }
    return count
  }

  /** The same without leaving the program's run. */
  removeNow(prefix: string): number {
    const names = new Set<string>()
    this.#appender.flushNow()
    this.#follower.loadNow()
    const { followed } = this.#follower
    if (followed) atOnce(this.#collect(followed, prefix, names))
    return [...names].filter(name => {
      const { change, build } = deletion(name)
      return this.#appender.appendNow(change, build).existed
    }).length
  }

  *#collect(followed: Followed, prefix: string, names: Set<string>): Steps {
    for (const name of followed.contents.names()) {
      if (name?.startsWith(prefix)) names.add(name)
      yield
      if (this.#follower.followed !== followed) return
    }
  }
}

function* batchesOf(names: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < names.length; start += deletedAtOnce) {
    yield names.slice(start, start + deletedAtOnce)
  }
}
