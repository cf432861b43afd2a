/** Why a cache call failed. The codes are permanent: a released code keeps its meaning. */
export type CacheErrorCode =
  /** A key breaks one of the rules of text keys, or is not a key at all. */
  | 'invalid-key'
  /** A version is neither a finite number nor a text with at least one character. */
  | 'invalid-version'
  /** An option is unknown, or has a value that it cannot have. */
  | 'invalid-option'
  /** A value is `undefined`, which means "absent", or a promise. */
  | 'invalid-value'
  /** A `hashVal` or `params` contains something that has no fingerprint. */
  | 'unfingerprintable'
  /** A value contains something that cannot be stored. */
  | 'unserializable'
  /** A persistent key was used in a cache that has no store. */
  | 'no-store'
  /** `getOrThrow` found no valid entry. */
  | 'missing-entry'
  /** A generator waits, directly or through others, for its own result. */
  | 'generation-cycle'
  /** A caller waited longer than its `maxWait` for a generation that somebody else had begun. */
  | 'wait-timeout'
  /** A caller waited longer than its `timeout` for a generator. */
  | 'generation-timeout'
  /** The store could not read. */
  | 'store-read'
  /** The store could not write. */
  | 'store-write'
  /** The store was used after `close()`. */
  | 'closed'
  /** `load()` or `unload()` was called out of turn, or an override did not call its ancestor. */
  | 'lifecycle'
  /** Something was used that does not exist here: in this runtime, such as the disk in a browser, or in this store. */
  | 'unsupported'

const mark = Symbol.for('stagcache.error')

/** The base class of every error that StagCache itself raises. Errors of generators are passed on as they are. */
export class CacheError extends Error {
  // Written out, since the names of classes are lost where a program is minified.
  override name: string = 'CacheError'
  readonly code: CacheErrorCode

  constructor(code: CacheErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, mark, { value: true })
  }
}

/**
 * Tells whether `error` was raised by StagCache, with this `code` if one is given. Unlike `instanceof` it also
 * recognises errors of a second copy of the package in the same program.
 *
 * @example
 * try { cache.getOrThrow('table') } catch (error) { if (!isCacheError(error, 'missing-entry')) throw error }
 */
export function isCacheError(error: unknown, code?: CacheErrorCode): error is CacheError {
  if (!(error instanceof Error) || !(mark in error)) return false
  return code === undefined || (error as { code?: unknown }).code === code
}

/** A key breaks a rule. Code `invalid-key`. */
export class InvalidKeyError extends CacheError {
  override readonly name: string = 'InvalidKeyError'
  constructor(key: unknown, rule: string) {
    super(
      'invalid-key',
      `${quote(key)} is not a valid key: ${rule}. Any other name is passed as { name, version?, tier? }.`,
    )
  }
}

/** A version cannot be part of a stamp. Code `invalid-version`. */
export class InvalidVersionError extends CacheError {
  override readonly name: string = 'InvalidVersionError'
  constructor(what: string, version: unknown) {
    super(
      'invalid-version',
      `${what} is ${typeof version === 'string' ? quote(version) : textOf(version)}: a version is a finite number or a text, not empty.`,
    )
  }
}

/** An option is unknown or has an impossible value. Code `invalid-option`. */
export class InvalidOptionError extends CacheError {
  override readonly name: string = 'InvalidOptionError'
  constructor(message: string) {
    super('invalid-option', message)
  }
}

/** `undefined` or a promise was to be stored. Code `invalid-value`. */
export class InvalidValueError extends CacheError {
  override readonly name: string = 'InvalidValueError'
  constructor(name: string, value: unknown) {
    super(
      'invalid-value',
      value === undefined
        ? `Cannot store undefined under ${quote(name)}: undefined means that there is no entry. Store null, or call delete().`
        : `Cannot store a promise under ${quote(name)}: await it first, or let cache() do so.`,
    )
  }
}

/** The generator of `cacheMany` did not answer for the keys that it was asked for. Code `invalid-value`. */
export class BatchAnswerError extends CacheError {
  override readonly name: string = 'BatchAnswerError'
  constructor(asked: number, answered: string) {
    super(
      'invalid-value',
      `The generator of cacheMany() was asked for ${asked} values and answered with ${answered}: it returns an array in the order of the missing keys, or a Map by key; for a key without a value, undefined (not kept) or null (kept).`,
    )
  }
}

/** The generator of a synchronous call answered with a promise. Code `invalid-value`. */
export class AsyncGeneratorError extends CacheError {
  override readonly name: string = 'AsyncGeneratorError'
  constructor(name: string) {
    super(
      'invalid-value',
      `The generator of ${quote(name)} returned a promise, for which a synchronous call cannot wait. Use cache(), or a generator that returns its result.`,
    )
  }
}

/** A `hashVal` or `params` has no fingerprint. Code `unfingerprintable`. */
export class UnfingerprintableValueError extends CacheError {
  override readonly name: string = 'UnfingerprintableValueError'
  /** Where in the value, such as `hashVal.options.onDone`. */
  readonly path: string

  /** @param memoized - The name of the memoized function that was called so. */
  constructor(what: string, path: string, memoized?: string) {
    const said = `${path} is ${what}, which has no fingerprint. `
    super(
      'unfingerprintable',
      memoized === undefined ? said + insteadOf(what) : `${quote(memoized)}: ${said}${countedBy(what, path)}`,
    )
    this.path = path
  }
}

/** A value cannot be stored. Code `unserializable`. */
export class UnserializableValueError extends CacheError {
  override readonly name: string = 'UnserializableValueError'
  /** Where in the value, such as `value.model.predict`. */
  readonly path: string

  constructor(what: string, path: string, name: string) {
    super(
      'unserializable',
      `Cannot store ${what} at ${quote(path)} under ${quote(name)}: it would not come back equal. ${insteadOf(what)}`,
    )
    this.path = path
  }
}

/** A persistent key in a cache without a store. Code `no-store`. */
export class NoStoreError extends CacheError {
  override readonly name: string = 'NoStoreError'
  constructor(name: string) {
    super(
      'no-store',
      `${quote(name)} is a persistent key, but this cache has no store. Give it the option store, or take DiskCache of "@stagcache/disk"; a key without "/" is kept in memory.`,
    )
  }
}

/** A store cannot find entries by how their names begin. Code `unsupported`. */
export class PrefixUnsupportedError extends CacheError {
  override readonly name: string = 'PrefixUnsupportedError'
  constructor(prefix: string) {
    super(
      'unsupported',
      `The store of this cache cannot find the entries that begin with ${quote(prefix)}. Delete each of them, or call clear().`,
    )
  }
}

/** `getOrThrow` found nothing. Code `missing-entry`. */
export class MissingEntryError extends CacheError {
  override readonly name: string = 'MissingEntryError'
  constructor(name: string, reason: string) {
    super('missing-entry', `There is no valid entry ${quote(name)}: ${reason}.`)
  }
}

/** A generator waits for itself. Code `generation-cycle`. */
export class GenerationCycleError extends CacheError {
  override readonly name: string = 'GenerationCycleError'
  constructor(names: readonly string[]) {
    super(
      'generation-cycle',
      `The generator of ${quote(names[0] ?? '')} waits for its own result (${names.map(quote).join(' -> ')}). Make the shared part an entry of its own.`,
    )
  }
}

/** A joined caller's `maxWait` has passed. Code `wait-timeout`. */
export class WaitTimeoutError extends CacheError {
  override readonly name: string = 'WaitTimeoutError'
  constructor(name: string, milliseconds: number) {
    super(
      'wait-timeout',
      `Waited ${milliseconds} ms for another caller's generation of ${quote(name)}. It may need longer (raise maxWait), or wait for itself.`,
    )
  }
}

/** A caller's `timeout` has passed. Code `generation-timeout`. */
export class GenerationTimeoutError extends CacheError {
  override readonly name: string = 'GenerationTimeoutError'
  constructor(name: string, milliseconds: number) {
    super(
      'generation-timeout',
      `${quote(name)} took longer than ${milliseconds} ms to be read, generated or stored. It may need longer (raise timeout).`,
    )
  }
}

/** The error of an option that is what it cannot be; `rule` says what it is otherwise. */
export function misfit(option: string, value: unknown, rule: string): InvalidOptionError {
  return new InvalidOptionError(`${option} is ${quote(value)}: it is ${rule}, or left out.`)
}

/** Something as text in messages: quoted, escaped, and cut where it is long. */
export function quote(part: unknown): string {
  const text = textOf(part)
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 119)}…` : text)
}

// What is refused may be what has no text: an array of symbols, or what a module exports, which has no prototype.
function textOf(part: unknown): string {
  try {
    return String(part)
  } catch {
    return `an unprintable ${typeof part}`
  }
}

// What can be done about a part of a memoized call.
function countedBy(what: string, path: string): string {
  const [, name] = /^an instance of (\S+)$/.exec(what) ?? []
  const [, position] = /^arguments(\[\d+\])/.exec(path) ?? []
  const standIn = name ? `fingerprint: v => v instanceof ${name} ? v.id : undefined` : 'a fingerprint'
  const without = position ? `exclude: ${position}` : 'hashThis: false'
  return `Give memoize() ${standIn} if it counts, ${without} if it does not.`
}

// What can be done about a value that can be neither fingerprinted nor stored.
function insteadOf(what: string): string {
  if (what.endsWith('Promise')) return 'Await it first.'
  if (what.startsWith('an instance of')) {
    return `${madeFrom}, or give the cache types: [defineType({ … })] for its class; a subclass counts by itself.`
  }
  return what === 'a function'
    ? `${madeFrom}; in a hashVal, sourceOf(fn) stands for its code.`
    : `${madeFrom}.`
}

const madeFrom = 'Use the data that it was made from'
