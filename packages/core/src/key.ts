import { InvalidKeyError, quote } from './errors.ts'
import { checkOptions, type KnownOptions, knownOptions } from './options.ts'
import { remember } from './remember.ts'
import { checkVersion, type Version } from './stamp.ts'

/** Where an entry lives: until the process ends, or in the store. */
export type Tier = 'memory' | 'persistent'

declare const held: unique symbol

/** A key whose tier and type of value are known at compile time. Made by {@link memoryKey} and {@link persistentKey}. */
export interface Key<V, T extends Tier = Tier> {
  readonly name: string
  readonly tier: T
  readonly version?: Version
  readonly [held]: (value: V) => V
}

/**
 * A key as an object, free of the rules of text keys: the name may be any text of at least one character. The tier is
 * persistent where the name has a `/`, unless `tier` says otherwise.
 */
export interface NamedKey {
  readonly name: string
  readonly version?: Version
  readonly tier?: Tier
}

/** Everything that a key can be written as. */
// biome-ignore lint/suspicious/noExplicitAny: the value type of a key is invariant, so only `any` accepts every key.
export type KeyLike = string | NamedKey | Key<any, Tier>

/**
 * All entries of a tier whose names begin with a text: persistent ones where that has a `/`, unless `tier` says otherwise. So
 * `{ prefix: 'user' }` is of memory entries only; those of `'./user/1'` and the like are those of `{ prefix: './user' }`.
 */
export interface NamePrefix {
  readonly prefix: string
  readonly tier?: Tier
}

/** A prefix in the form in which names have it. */
export type PrefixAddress = Pick<Address, 'name' | 'tier'>

/** A key taken apart. Two keys with equal name and tier address the same entry. */
export interface Address {
  /** As typed for memory; for the persistent tier in its canonical form `./name`. */
  readonly name: string
  readonly tier: Tier
  /** The key's own version, which wins over the option. */
  readonly version: string | undefined
}

// Without the long ones, so that generated keys cannot fill the memory.
const parsed = new Map<string, Address>()
const parsedLength = 256

/**
 * Takes a key apart, or throws an `InvalidKeyError` that says which rule it broke.
 *
 * @example
 * toAddress('./table@4')  // { name: './table', tier: 'persistent', version: '4' }
 * toAddress('a/b')        // { name: './a/b', tier: 'persistent', version: undefined }
 * toAddress('table')      // { name: 'table', tier: 'memory', version: undefined }
 */
export function toAddress(key: KeyLike): Address {
  if (typeof key !== 'string') return fromObject(key)
  const known = parsed.get(key)
  if (known) return known
  const address = fromText(key)
  return key.length > parsedLength ? address : remember(parsed, key, address)
}

/** Whether a key is the name of an entry in memory, and nothing else. */
export function isMemoryName(key: KeyLike): key is string {
  return typeof key === 'string' && !key.includes('@') && !key.includes('/') && beginsLikeName(key)
}

const prefixParts: KnownOptions = knownOptions(['prefix', 'tier'] satisfies (keyof NamePrefix)[])

export function isPrefix(key: KeyLike | NamePrefix): key is NamePrefix {
  return typeof key === 'object' && key !== null && 'prefix' in key
}

/** The same for a prefix; `a/`, `./a/` are one in the persistent tier. */
export function prefixAddress(names: NamePrefix): PrefixAddress {
  const { prefix, tier } = names
  if (typeof prefix !== 'string' || prefix === '') {
    throw new InvalidKeyError(prefix, 'a prefix has at least one character; clear() deletes everything')
  }
  checkOptions('A prefix', names, prefixParts)
  return fromObject({ name: prefix, tier } as NamedKey)
}

/** The minor version of an entry: the key's own wins over the one `given` beside it, which `what` names in an error. */
export function minorOf({ version, tier }: Address, what: string, given: Version | undefined): string {
  return version ?? (given === undefined ? (tier === 'memory' ? '0' : '1') : checkVersion(what, given))
}

/**
 * Whether calls with this key answer with a promise, also when the key turns out to be invalid: then the call rejects
 * where its type promises a promise, and throws where it does not.
 */
export function answersWithPromise(key: unknown): boolean {
  if (typeof key === 'string') return key.includes('/')
  if (typeof key !== 'object' || key === null) return false
  const { name = (key as Partial<NamePrefix>).prefix, tier } = key as Partial<NamedKey>
  return tier === undefined ? typeof name === 'string' && name.includes('/') : tier === 'persistent'
}

/** A memory key for a text that is only known at run time; a `/` in its name does not make it persistent. */
export function memoryKey<V>(text: string): Key<V, 'memory'> {
  return typedKey(text, 'memory')
}

/** A persistent key for a text that is only known at run time, with or without a `/`. */
export function persistentKey<V>(text: string): Key<V, 'persistent'> {
  return typedKey(text, 'persistent')
}

function typedKey<V, T extends Tier>(text: string, tier: T): Key<V, T> {
  if (typeof text !== 'string') {
    throw new InvalidKeyError(
      describe(text),
      `a ${tier === 'memory' ? 'memoryKey' : 'persistentKey'} is made of a text`,
    )
  }
  const [name, version] = splitText(text)
  const key = Object.freeze(version === undefined ? { name, tier } : { name, tier, version })
  // The type of the value exists at compile time only.
  return key as unknown as Key<V, T>
}

function fromText(text: string): Address {
  const [name, version] = splitText(text)
  const tier: Tier = name.includes('/') ? 'persistent' : 'memory'
  return address(name, tier, version)
}

function fromObject(key: NamedKey): Address {
  if (typeof key !== 'object' || key === null || typeof key.name !== 'string') {
    throw new InvalidKeyError(describe(key), 'a key is a text or an object with a name')
  }
  for (const part in key) {
    // A misspelt version would go unnoticed.
    if (part === 'name' || part === 'version' || part === 'tier' || !Object.hasOwn(key, part)) continue
    throw new InvalidKeyError(key.name, `it has the unknown part ${quote(part)}`)
  }
  const { name, version, tier = name.includes('/') ? 'persistent' : 'memory' } = key
  if (name === '') throw new InvalidKeyError(name, noName)
  if (tier !== 'memory' && tier !== 'persistent') {
    throw new InvalidKeyError(name, `its tier is ${quote(tier)}, not "memory" or "persistent"`)
  }
  return address(
    name,
    tier,
    version === undefined ? undefined : checkVersion(`The version of ${quote(name)}`, version),
  )
}

function address(name: string, tier: Tier, version: string | undefined): Address {
  return {
    name: tier === 'persistent' && !name.startsWith('./') ? `./${name}` : name,
    tier,
    version,
  }
}

const noName = 'its name is empty'

function splitText(text: string): [name: string, version: string | undefined] {
  const at = text.indexOf('@')
  const name = at < 0 ? text : text.slice(0, at)
  const version = at < 0 ? undefined : text.slice(at + 1)
  const flaw = flawOf(name, version)
  if (flaw) throw new InvalidKeyError(text, flaw)
  return [name, version]
}

function flawOf(name: string, version: string | undefined): string | undefined {
  if (version?.includes('@')) return 'it has more than one "@"'
  if (name === '' || name === './') return noName
  if (!beginsLikeName(name)) return 'its name does not begin with a letter, "_" or "./"'
  if (version === '') return 'its version is empty'
  return version?.includes('/') ? 'its version has a "/"' : undefined
}

// The letters of ASCII first: the question is asked for every key, and the classes of Unicode take long.
function beginsLikeName(name: string): boolean {
  const letter = name.charCodeAt(0) | 32
  return (letter >= 97 && letter <= 122) || /^(?:\p{L}|_|\.\/)/u.test(name)
}

function describe(key: unknown): string {
  if (typeof key !== 'object' || key === null) return String(key)
  return Array.isArray(key) ? 'a list' : 'an object without a name'
}
