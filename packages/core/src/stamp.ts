import { InvalidVersionError } from './errors.ts'

/** A version of a cache (major) or of an entry (minor). `4` and `"4"` are the same version. */
export type Version = number | string

declare const stamped: unique symbol

/** The resolved version that an entry is stored under and has to match. Branded: made by {@link resolveStamp} only. */
export type Stamp = string & { readonly [stamped]: true }

/**
 * The stamp of an entry.
 *
 * | minor           | stamp                 | the entry stops being valid when               |
 * | --------------- | --------------------- | ---------------------------------------------- |
 * | not below       | `<major>.<minor>`     | the major or the minor changes                 |
 * | `0`             | `<major>.<session>`   | the major changes, or a new session begins     |
 * | begins with `-` | `<minor>`             | only its own minor changes                     |
 *
 * A fingerprint is appended as `#<fingerprint>`. Within one session two different pairs of major and minor never give
 * the same stamp: `\`, `.` and `#` inside a major, `\` and `#` inside a minor or session, and a leading `-` of a major are
 * escaped with `\`, and a minor that is equal to the session begins with `\=`.
 *
 * @example
 * resolveStamp(5, 4, 's1')             // '5.4'
 * resolveStamp(5, 0, 's1')             // '5.s1'
 * resolveStamp(5, -2, 's1')            // '-2'
 * resolveStamp('5.0', 4, 's1', 'ab12') // '5\.0.4#ab12'
 */
export function resolveStamp(major: Version, minor: Version, session: string, fingerprint?: string): Stamp {
  const version = resolveVersion(String(major), String(minor), session)
  return (fingerprint === undefined ? version : `${version}#${fingerprint}`) as Stamp
}

function resolveVersion(major: string, minor: string, session: string): string {
  if (minor === '0') return `${escapeMajor(major)}.${escapeMinor(session)}`
  if (minor.startsWith('-')) return escapeMinor(minor)
  return `${escapeMajor(major)}.${minor === session ? '\\=' : ''}${escapeMinor(minor)}`
}

function escapeMajor(major: string): string {
  return major.replace(/^-|[\\.#]/g, '\\$&')
}

function escapeMinor(minor: string): string {
  return minor.replace(/[\\#]/g, '\\$&')
}

/** A stamp taken apart, each part as it is written in the stamp. */
export interface StampParts {
  /** `undefined` where only the minor counts. */
  readonly major: string | undefined
  /** The minor, or the session where the minor was 0. */
  readonly minor: string
  /** `undefined` where there was no `hashVal`. */
  readonly fingerprint: string | undefined
}

const stampPattern = /^(?:(?!-)((?:\\.|[^\\.#])*)\.)?((?:\\.|[^\\#])*)(?:#(.*))?$/s

/** Takes a stamp apart. What {@link resolveStamp} did not make is all minor. */
export function partsOf(stamp: Stamp): StampParts {
  const [, major, minor = stamp, fingerprint] = stampPattern.exec(stamp) ?? []
  return { major, minor, fingerprint }
}

/** A version as text, or an `InvalidVersionError` that begins with `what`. */
export function checkVersion(what: string, version: unknown): string {
  if (typeof version === 'string' ? version === '' : !Number.isFinite(version)) {
    throw new InvalidVersionError(what, version)
  }
  return String(version)
}
