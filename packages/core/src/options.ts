import { InvalidOptionError, misfit, quote } from './errors.ts'

/*
 * Of which type options are that nobody would look at before it is too late. All others are checked where they are read,
 * but for `null`, which some of them would take for a value and some for none.
 */
const types: ReadonlyMap<string, string> = new Map(
  Object.entries({
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
  }),
)

/**
 * Refuses options that nobody would look at, such as misspelt ones, and those that are of another type than they have to
 * be. `where` begins the message.
 */
export function checkOptions(where: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null) {
    const example = known.has('default') ? ', such as { default: 0 }' : ''
    throw new InvalidOptionError(`${where} takes its options as an object${example}, not ${quote(options)}.`)
  }
  for (const option in options) {
    const isKnown = known.has(option)
    const type = types.get(option)
    const value = (options as Record<string, unknown>)[option]
    if (isKnown && (type === 'any' || value === undefined || isOfType(value, type))) continue
    // Some old libraries add enumerable properties to the prototype of all objects.
    if (!Object.hasOwn(options, option)) continue
    if (isKnown) throw misfit(`The option ${option}`, value, type ? `a value of type ${type}` : 'a value')
    throw new InvalidOptionError(`${where} has no option ${quote(option)}. It has: ${[...known].join(', ')}.`)
  }
}

function isOfType(value: unknown, type: string | undefined): boolean {
  return value !== null && (type === undefined || type === typeof value)
}
