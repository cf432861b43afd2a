import type { Stamp } from '@stagcache/core'
import { ValueTypes } from '@stagcache/core'
import { whenOver } from '@stagcache/test-kit'
import { Appender, type Build } from '../src/appender.ts'
import type { Change } from '../src/change.ts'
import { claimRecord, releaseRecord } from '../src/claim-record.ts'
import { decode, encode } from '../src/codec.ts'
import type { Outcome, StandingClaim } from '../src/contents.ts'
import { Directory } from '../src/directory.ts'
import { type Files, nodeFiles } from '../src/files.ts'
import { Follower } from '../src/follower.ts'
import { Reclaimer } from '../src/reclaimer.ts'
import { clearRecord, deleteRecord, type Origin, recordType, sealRecord } from '../src/record.ts'
import { valueRecord } from '../src/value-record.ts'
import { info } from './logs.ts'

let writers = 100n

/**
 * What of a store appends to the log of a directory, follows it and lets another log follow it, as a process of its own
 * would have it: each step by itself, from beginning to end, without leaving the program's run. To be closed by the test
 * that made it, which happens when that ends.
 */
export class LogProcess {
  readonly writer: bigint = writers++
  readonly directory: Directory
  readonly follower: Follower
  readonly appender: Appender
  readonly reclaimer: Reclaimer
  #sequence = 0

  constructor(dir: string, files: Files = nodeFiles) {
    const origin = () => ({ writer: this.writer, sequence: ++this.#sequence })
    this.directory = new Directory(files, dir)
    this.follower = new Follower(this.directory, this.writer, () => {})
    this.reclaimer = new Reclaimer(this.directory, this.follower, this.writer, origin)
    this.appender = new Appender({
      follower: this.follower,
      dir,
      durability: 'process',
      origin,
      seal: log => this.reclaimer.seal(log),
      succeed: log => this.reclaimer.succeed(log),
      succeedNow: log => this.reclaimer.succeedNow(log),
      syncNames: () => this.directory.sync(),
      syncNamesNow: () => this.directory.syncNow(),
      onWritten: () => {},
    })
    whenOver(() => this.follower.close())
  }

  /** Answers whether the value counts. */
  write(name: string, value: unknown, claim?: Origin): boolean {
    const { change, build } = writing(name, value, claim)
    return this.appender.appendNow(change, build).counted
  }

  remove(name: string): boolean {
    return this.#append({ type: recordType.delete, name }, origin => deleteRecord(origin, name)).existed
  }

  clear(): void {
    this.#append({ type: recordType.clear }, clearRecord)
  }

  /** Answers which claim stands now: the own one or another. */
  claim(name: string, stamp: string, own: Origin, replaces?: Origin): StandingClaim {
    const wanted = { stamp, params: undefined }
    const outcome = this.appender.appendNow(
      { type: recordType.claim, name, wanted, claim: own, replaces },
      origin => claimRecord(origin, name, wanted, replaces),
      own,
    )
    return outcome.standing as StandingClaim
  }

  release(name: string, claim: Origin): void {
    this.#append({ type: recordType.release, name, claim, unstored: false }, origin =>
      releaseRecord(origin, name, claim, false),
    )
  }

  read(name: string): unknown {
    const found = this.follower.findAnew(name)
    if (!found) return undefined
    const { bytes, view, end } = found.stretch
    return decode({ bytes, view, start: found.record.contentStart, end }, new ValueTypes())
  }

  standing(name: string): Origin | undefined {
    return this.follower.refresh()?.contents.claims.get(name)?.claim
  }

  /** What a process does that reclaims, and is killed right behind its seal. */
  seal(): void {
    if (this.follower.refresh()?.log.sealed !== false) return
    const log = this.follower.attach()
    if (log) this.#append({ type: recordType.seal }, sealRecord)
  }

  /** Lets a log follow a sealed one. */
  succeed(): void {
    const log = this.follower.refresh()?.log
    if (log?.sealed) this.reclaimer.succeedNow(log)
  }

  #append(change: Change, build: Build): Outcome {
    return this.appender.appendNow(change, build)
  }
}

/** The change that storing a value is, and its record. */
export function writing(name: string, value: unknown, claim?: Origin): { change: Change; build: Build } {
  const payload = encode(value, new ValueTypes(), name).bytes as Uint8Array
  const { storedAt, cost } = info
  return {
    change: { type: recordType.value, name, blobBytes: 0, storedAt, cost, claim },
    build: (origin, allocate) => valueRecord(origin, name, info, payload, claim, allocate),
  }
}

export function stampOf(number: number): Stamp {
  return `1.${number}` as Stamp
}

/** A claim as text, by which it is compared. */
export function textOf({ writer, sequence }: Origin): string {
  return `${writer}-${sequence}`
}
