import { remember } from './remember.ts'
import { appSession, type Session } from './session.ts'
import { resolveStamp, type Stamp, type Version } from './stamp.ts'

/** What entries of version 0 are stamped with during one session. */
export interface SessionStamp {
  readonly session: Session
  readonly stamp: Stamp
}

/** The stamps of one cache. Programs use few versions, over and over, so that those without a hash are remembered. */
export class Stamps {
  readonly #major: Version
  readonly #byMinor = new Map<string, Stamp>()
  #current: SessionStamp

  constructor(major: Version) {
    this.#major = major
    this.#current = this.#begin()
  }

  /** That of version 0: the same object until the session changes, so that comparing two of them costs nothing. */
  get ofSession(): SessionStamp {
    if (this.#current.session !== appSession()) this.#current = this.#begin()
    return this.#current
  }

  of(minor: string, fingerprint: string | undefined): Stamp {
    const { session, stamp: ofSession } = this.ofSession
    if (fingerprint !== undefined) return resolveStamp(this.#major, minor, session.id, fingerprint)
    if (minor === '0') return ofSession
    const known = this.#byMinor.get(minor)
    if (known !== undefined) return known
    return remember(this.#byMinor, minor, resolveStamp(this.#major, minor, session.id))
  }

  #begin(): SessionStamp {
    const session = appSession()
    this.#byMinor.clear()
    return { session, stamp: resolveStamp(this.#major, 0, session.id) }
  }
}
