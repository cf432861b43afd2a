import { InvalidOptionError, misfit, quote } from './errors.ts'

/*
 * Of which type options are that nobody would look at before it is too late. All others are checked where they are read,
 * but for `null`, which some of them would take for a value and some for none.
 */
const types: Readonly<Record<string, string>> = {
  version: 'any',
  hashVal: 'any',
  params: 'any',
  default: 'any',
  soft: 'any',
  hard: 'any',
  hashParams: 'boolean',
  hashThis: 'boolean',
  refresh: 'boolean',
  migrate: 'function',
  fingerprint: 'function',
  sizeOf: 'function',
  dispose: 'function',
  clock: 'function',
  random: 'function',
  sha256: 'function',
  store: 'object',
  asyncContext: 'object',
}

/** The options that somebody takes, by name, and their types. */
export type KnownOptions = ReadonlyMap<string, string>

export function knownOptions(names: Iterable<string>): KnownOptions {
  return new Map(Array.from(names, name => [name, types[name] ?? 'given']))
}

/**
 * Refuses options that nobody would look at, such as misspelt ones, and those that are of another type than they have to
 * be. `where` begins the message.
 */
export function checkOptions(where: string, options: object, known: KnownOptions): void {
  if (typeof options !== 'object' || options === null) {
    const example = known.has('default') ? ', such as { default: 0 }' : ''
    throw new InvalidOptionError(`${where} takes its options as an object${example}, not ${quote(options)}.`)
  }
  for (const option in options) {
    const type = known.get(option)
    if (type === 'any') continue
    const value = (options as Record<string, unknown>)[option]
    if (type && (value === undefined || isOfType(value, type))) continue
    // Some old libraries add enumerable properties to the prototype of all objects.
    if (!Object.hasOwn(options, option)) continue
    if (type)
      throw misfit(`The option ${option}`, value, type === 'given' ? 'a value' : `a value of type ${type}`)
    throw new InvalidOptionError(
      `${where} has no option ${quote(option)}. It has: ${[...known.keys()].join(', ')}.`,
    )
  }
}

function isOfType(value: unknown, type: string): boolean {
  return value !== null && (type === 'given' || type === typeof value)
}

/** The same for a set of names. */
export function refuseUnknownOptions(where: string, options: object, known: ReadonlySet<string>): void {
  checkOptions(where, options, knownOptions(known))
}
