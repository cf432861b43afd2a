import { identityOf, throwIfAborted } from '../single-flight.ts'
import type { Patience, Wanted } from '../store.ts'
import { after } from '../timer.ts'

/** One who holds a claim, or waits for it. */
export interface Claimant {
  readonly name: string
  /** The store through which it asked. */
  readonly owner: object
}

type Answer = Claimant | 'look-again' | 'alone'

interface Waiter extends Claimant {
  answer(answer: Answer): void
  fail(error: unknown): void
}

/** Those who want the same under one name. */
interface Line {
  readonly identity: string
  holder: Claimant
  readonly waiting: Set<Waiter>
}

/** Who generates what, among stores that keep the same entries. */
export class ReferenceClaims {
  readonly #lines = new Map<string, Line>()

  /** Answers at once, but for one who has to wait. */
  async ask(owner: object, name: string, wanted: Wanted, patience: Patience): Promise<Answer> {
    throwIfAborted(patience)
    const identity = identityOf(wanted)
    const line = this.#lines.get(name)
    if (line?.identity === identity) return this.#wait(line, owner, name, patience)
    this.end(name, 'alone')
    const holder = { name, owner }
    this.#lines.set(name, { identity, holder, waiting: new Set() })
    return holder
  }

  stands(holder: Claimant): boolean {
    return this.#lines.get(holder.name)?.holder === holder
  }

  /** Ends the claim on a name, and tells all who wait for it. */
  end(name: string, answer: 'look-again' | 'alone'): void {
    const line = this.#lines.get(name)
    this.#lines.delete(name)
    for (const waiter of line?.waiting ?? []) waiter.answer(answer)
  }

  endAll(answer: 'look-again', prefix = ''): void {
    for (const name of [...this.#lines.keys()]) if (name.startsWith(prefix)) this.end(name, answer)
  }

  release(holder: Claimant, reason: 'failed' | 'unstored'): void {
    if (!this.stands(holder)) return
    const line = this.#lines.get(holder.name) as Line
    const [next] = line.waiting
    if (reason === 'unstored' || !next) this.end(holder.name, 'alone')
    else grant(line, next)
  }

  /** Nobody waits through `owner` any more, and what it holds goes to the next in line. */
  leave(owner: object, error: unknown): void {
    for (const line of [...this.#lines.values()]) {
      for (const waiter of line.waiting) if (waiter.owner === owner) waiter.fail(error)
      if (line.holder.owner === owner) this.release(line.holder, 'failed')
    }
  }

  #wait(line: Line, owner: object, name: string, { signal, maxWait, waiting }: Patience): Promise<Answer> {
    waiting?.()
    return new Promise((resolve, reject) => {
      const cancelTimer = maxWait === undefined ? undefined : after(maxWait, () => grant(line, waiter))
      const leave = () => {
        cancelTimer?.()
        signal?.removeEventListener('abort', aborted)
        line.waiting.delete(waiter)
      }
      const waiter: Waiter = {
        name,
        owner,
        answer(answer) {
          leave()
          resolve(answer)
        },
        fail(error) {
          leave()
          reject(error)
        },
      }
      const aborted = () => waiter.fail(signal?.reason)
      signal?.addEventListener('abort', aborted)
      line.waiting.add(waiter)
    })
  }
}

function grant(line: Line, waiter: Waiter): void {
  line.holder = waiter
  waiter.answer(waiter)
}
