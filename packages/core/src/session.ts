import { environmentVariable, platform } from './platform.ts'
import { toHex } from './sha256.ts'
import { checkVersion, type Version } from './stamp.ts'

/**
 * The application session: one id for all caches of a program, new at each start, so that entries of minor 0 end with
 * it. It lives on `globalThis`, where it survives a hot reload of this module and is shared by two copies of the
 * package. A restarted process takes it over from the environment variable `STAGCACHE_SESSION`, if that is set.
 */
export interface Session {
  readonly id: string
}

const place = Symbol.for('stagcache.session')
const shared = globalThis as { [place]?: { session: Session } }

shared[place] ??= { session: { id: environmentVariable('STAGCACHE_SESSION') || newSessionId() } }
const application: { session: Session } = shared[place]

/** The current application session; another object whenever it changes. */
export function appSession(): Session {
  return application.session
}

/** The id of the current application session. Read at every call, never remembered. */
export function appSessionId(): string {
  return application.session.id
}

/**
 * Continues another session, or begins a new one: from now on entries of minor 0 are valid if they were stored under
 * this id. Meant for whoever restarts or reloads the application. Use an id that no entry has as its version: what
 * version 0 stored in a session "4" is valid for version 4 in another session.
 */
export function overrideAppSessionId(id: Version): void {
  application.session = { id: checkVersion('The session id', id) }
}

/** Whether a text is a session id that was made here, and so no version. One that somebody chose does not tell. */
export function isMadeSessionId(text: string): boolean {
  return /^s[0-9a-f]{24}$/.test(text)
}

// A session begins with a letter and has 96 random bits, so that nobody's version is ever equal to it.
function newSessionId(): string {
  const bytes = new Uint8Array(12)
  return `s${toHex(platform.crypto?.getRandomValues(bytes) ?? bytes.map(() => Math.random() * 256))}`
}
