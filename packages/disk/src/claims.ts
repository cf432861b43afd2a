import type { Claim, ClaimAnswer, Entry, Patience } from '@stagcache/core'
import type { Appender } from './appender.ts'
import { claimRecord, releaseRecord, type Wanted, wantsSame } from './claim-record.ts'
import type { ClaimEnd, StandingClaim } from './contents.ts'
import type { Follower } from './follower.ts'
import type { Liveness } from './liveness.ts'
import { isSame, type Origin, recordType } from './record.ts'
import type { Turn } from './turns.ts'

/** What claims need from around them. */
export interface ClaimsContext {
  readonly follower: Follower
  readonly appender: Appender
  readonly liveness: Liveness
  /** Milliseconds after which nobody waits any longer for the same claim. */
  readonly longestWait: number
  /** Stores an entry, if a claim still stands. */
  readonly write: (name: string, entry: Entry, claim: Origin) => Promise<boolean>
  /** Does something after the operations on a name that were called earlier. */
  readonly inTurn: <T>(name: string, operation: (turn: Turn) => Promise<T>) => Promise<T>
}

// Others' records make no sound: who waits has to look. At first often, since most generations that are waited for are
// about to end; a look takes microseconds.
const firstPause = 2
const longestPause = 20
const releasedAgainAfter = 1000

/** How a wait came to its end: as its claim did, with the death of the claim's owner, or of patience. */
type WaitEnd = ClaimEnd | 'dead' | 'timeout'

/** A claim that was appended, and the one that stands: itself, or what it came upon. */
interface Claimed {
  readonly own: Origin
  readonly standing: StandingClaim
}

/*
 * Who generates what, among all processes: the log decides. Whose claim stands generates. Who meets a claim for the same
 * waits until that ends:
 *
 *   changed     look again: there may be an entry
 *   failed      claim again; so do all who waited, and the first of them in the log holds
 *   dead        the same, naming the claim that is to be replaced
 *   timeout     the same, whoever holds it by now
 *   superseded, unstored
 *               generate alone
 */
export class Claims {
  readonly #context: ClaimsContext
  readonly #waits = new Set<Wait>()
  // The numbers of the claims that somebody here generates for, or is about to. Another one of this store was left standing
  // in a log that was moved away before its end could be written there, and has come back.
  readonly #inUse = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  #looksAt = 0
  #closedWith: { readonly error: unknown } | undefined

  constructor(context: ClaimsContext) {
    this.#context = context
  }

  /** See `Store.claim`. */
  async claim(name: string, wanted: Wanted, { signal, maxWait, waiting }: Patience): Promise<ClaimAnswer> {
    const { longestWait } = this.#context
    const until = performance.now() + Math.min(maxWait ?? Number.POSITIVE_INFINITY, longestWait)
    let claimed = await this.#append(name, wanted, undefined)
    while (claimed && !isSame(claimed.own, claimed.standing.claim)) {
      const { own, standing }: Claimed = claimed
      this.#inUse.delete(own.sequence)
      if (signal?.aborted) throw signal.reason
      waiting?.()
      const isLeft = standing.claim.writer === own.writer && !this.#inUse.has(standing.claim.sequence)
      const wait = isLeft ? { end: 'dead' as const, standing } : await this.#wait(standing, until, signal)
      if (wait.end === 'changed') return 'look-again'
      if (wait.end === 'superseded' || wait.end === 'unstored') return 'alone'
      const replaces = wait.end === 'failed' ? undefined : wait.standing.claim
      claimed = await this.#append(name, wanted, replaces)
    }
    return claimed ? this.#held(name, claimed.own) : 'look-again'
  }

  /** Ends all waits with an error, also those that would have begun later. */
  close(error: unknown): void {
    this.#closedWith = { error }
    for (const wait of this.#waits) wait.reject(error)
    this.#waits.clear()
    clearTimeout(this.#timer)
  }

  /** Answers `undefined` where the name was changed before the claim could be seen, which would have ended it. */
  async #append(name: string, wanted: Wanted, replaces: Origin | undefined): Promise<Claimed | undefined> {
    this.#refuseIfClosed()
    const { appender, liveness, inTurn } = this.#context
    const own = appender.nextOrigin()
    this.#inUse.add(own.sequence)
    let standing: StandingClaim | undefined
    try {
      standing = await inTurn(name, async turn => {
        // Before the claim can be seen: one of nobody who is alive would be replaced at once.
        await liveness.announce()
        if (turn.isOutdated) return undefined
        return appender.append(
          { type: recordType.claim, name, wanted, claim: own, replaces },
          origin => claimRecord(origin, name, wanted, replaces),
          outcome => outcome.standing as StandingClaim,
          own,
        )
      })
    } finally {
      if (!standing) this.#inUse.delete(own.sequence)
    }
    return standing && { own, standing }
  }

  #held(name: string, claim: Origin): Claim {
    return {
      write: async entry => {
        const counted = await this.#context.write(name, entry, claim)
        this.#inUse.delete(claim.sequence)
        return counted
      },
      release: async reason => {
        await this.#release(name, claim, reason === 'unstored')
        this.#inUse.delete(claim.sequence)
      },
    }
  }

  // Others wait until they know, so that it has to succeed some time.
  async #release(name: string, claim: Origin, unstored: boolean): Promise<void> {
    // Everybody knows.
    if (this.#closedWith) return
    try {
      await this.#context.appender.append(
        { type: recordType.release, name, claim, unstored },
        origin => releaseRecord(origin, name, claim, unstored),
        () => {},
      )
    } catch (error) {
      setTimeout(() => this.#release(name, claim, unstored).catch(() => {}), releasedAgainAfter).unref()
      throw error
    }
  }

  /** Resolves when a claim has ended, or waiting for it makes no sense any more. */
  async #wait(
    standing: StandingClaim,
    until: number,
    signal: Patience['signal'],
  ): Promise<{ end: WaitEnd; standing: StandingClaim }> {
    // Nobody would end it.
    this.#refuseIfClosed()
    const wait = new Wait(standing, until, this.#context.liveness)
    this.#waits.add(wait)
    this.#schedule(firstPause)
    const abort = () => wait.reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    try {
      return { end: await wait.ended, standing: wait.standing }
    } finally {
      signal?.removeEventListener('abort', abort)
      wait.stop()
      this.#waits.delete(wait)
    }
  }

  #refuseIfClosed(): void {
    if (this.#closedWith) throw this.#closedWith.error
  }

  // One timer for all waits, since one look at the log serves them all. Who comes later makes it look sooner, never later.
  #schedule(pause: number): void {
    const at = performance.now() + pause
    if (this.#timer && at >= this.#looksAt) return
    clearTimeout(this.#timer)
    this.#looksAt = at
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#look()
      if (this.#waits.size > 0) this.#schedule(Math.min(pause * 1.5, longestPause))
    }, pause)
  }

  #look(): void {
    try {
      const claims = this.#context.follower.refresh()?.contents.claims
      for (const wait of this.#waits) wait.look(claims?.get(wait.standing.name))
    } catch (error) {
      for (const wait of this.#waits) wait.reject(error)
    }
  }
}

/** One caller that waits for the claim of another. */
class Wait {
  /** The claim that is waited for: another one, if it was replaced. */
  standing: StandingClaim
  readonly ended: Promise<WaitEnd>
  reject!: (error: unknown) => void
  readonly #until: number
  readonly #liveness: Liveness
  #end!: (end: WaitEnd) => void
  #stopWatching: () => void = () => {}

  constructor(standing: StandingClaim, until: number, liveness: Liveness) {
    this.standing = standing
    this.#until = until
    this.#liveness = liveness
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve
      this.reject = reject
    })
    this.#watch()
  }

  /** Takes note of the claim that stands on the name now. */
  look(present: StandingClaim | undefined): void {
    const isStanding = present && isSame(present.claim, this.standing.claim)
    if (isStanding) this.standing = present
    else if (present && wantsSame(present.wanted, this.standing.wanted)) this.#goOnWith(present)
    else return this.#end(present ? 'superseded' : (lastOf(this.standing).ended ?? 'changed'))
    if (performance.now() >= this.#until) this.#end('timeout')
  }

  stop(): void {
    this.#stopWatching()
  }

  #goOnWith(standing: StandingClaim): void {
    this.stop()
    this.standing = standing
    this.#watch()
  }

  #watch(): void {
    this.#stopWatching = this.#liveness.watch(this.standing.claim.writer, () => this.#end('dead'))
  }
}

/** The claim that was the last one in the place of a claim. */
function lastOf(standing: StandingClaim): StandingClaim {
  let last = standing
  while (last.replacement) last = last.replacement
  return last
}
