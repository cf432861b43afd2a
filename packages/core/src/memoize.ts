import type { Answer, Result } from './answer.ts'
import { misfit } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import { isPromise, taskOf } from './generate.ts'
import type { CacheInternals } from './internals.ts'
import {
  type Address,
  type Key,
  type KeyLike,
  minorOf,
  type NamePrefix,
  type Tier,
  toAddress,
} from './key.ts'
import { checkOptions } from './options.ts'
import { remember } from './remember.ts'
import { freshnessFor, type GenerateOptions, type Identity, optionsOf } from './request.ts'
import {
  asWritten,
  codeOf,
  isDeclaredAsync,
  isHidden,
  type WithContext,
  wantsContext,
} from './with-context.ts'

/** The options of `memoize`. */
export interface MemoizeOptions extends Omit<GenerateOptions, 'params' | 'hashParams' | 'signal'> {
  /**
   * The positions, from 0, of arguments that are passed on but do not count, such as a logger. Default: all count. Not
   * promised: which of several callers' arguments the function gets when one run serves them all.
   */
  readonly exclude?: readonly number[] | undefined
  /**
   * By position, what a missing or `undefined` argument counts as: with `[, 10]` for `(query, limit = 10)`, the calls
   * `find('a')` and `find('a', 10)` share an entry. Default: `find('a')`, `find('a', undefined)` and `find('a', 10)` differ.
   */
  readonly defaults?: readonly unknown[] | undefined
  /**
   * What stands for a function, a symbol or an instance of a class of yours, wherever in the arguments it occurs, such as
   * `value => value instanceof User ? value.id : undefined`. `undefined` says that nothing does, and the call fails.
   */
  readonly fingerprint?: ((value: unknown) => unknown) | undefined
  /**
   * Whether the object counts that the function is called on. Default: where the code of the function has the word `this`.
   * Then it needs a fingerprint like any argument. It is passed on in any case.
   */
  readonly hashThis?: boolean | undefined
}

/** A function of a value, with any parameters: `never` leaves the types of those to it that have a default. */
export type Memoizable<V> = (...args: never) => Result<V>

/** What a memoized function answers: from memory what the function itself does, from a store a promise of it. */
export type MemoizedResult<T extends Tier, R> = [T] extends ['memory']
  ? R
  : [T] extends ['persistent']
    ? Promise<Awaited<R>>
    : R | Promise<Awaited<R>>

/** A function of which each list of arguments has an entry; made by `memoize`. */
export interface Memoized<T extends Tier, This, A extends readonly unknown[], R>
  extends MemoizedVerbs<T, A, R> {
  (this: This, ...args: A): MemoizedResult<T, R>
}

/**
 * What `memoize` makes of a function: in memory one that is called just like it, also where that is generic or has
 * overloads; elsewhere one of the arguments that its last form takes.
 */
export type MemoizedLike<T extends Tier, F> =
  F extends WithContext<infer A, infer R>
    ? Memoized<T, unknown, A, R>
    : F extends (this: infer This, ...args: infer A) => infer R
      ? [T, keyof F] extends ['memory', never]
        ? F & MemoizedVerbs<T, A, R>
        : Memoized<T, This, A, R>
      : never

/** What a memoized function has besides being called. */
export interface MemoizedVerbs<T extends Tier, A extends readonly unknown[], R> {
  /**
   * The key of the call with these arguments, for every verb of the cache: `cache.explain(embed.keyOf('stag'))`. Where the
   * object counts that it is called on: `embed.keyOf.call(object, 'stag')`.
   *
   * Its name is that of the function with the arguments in brackets. Not promised: how they are written.
   */
  keyOf(this: unknown, ...args: A): Key<Awaited<R>, T>
  /** Deletes the entry of one call, so that the next one runs the function, and tells whether there was one. */
  delete(this: unknown, ...args: A): Answer<T, boolean>
  /**
   * Deletes the entries of all calls, also of other functions under this name, and tells how many there were.
   *
   * @throws CacheError `unsupported` where the store cannot find entries by how their names begin.
   */
  clear(this: unknown): Answer<T, number>
}

/** @internal A cache as memoizing sees it. */
export interface MemoizingCache {
  cache(key: KeyLike, options: GenerateOptions, generate: AnyFunction, ...args: readonly unknown[]): unknown
  delete(key: KeyLike | NamePrefix): unknown
}

type AnyFunction = (this: unknown, ...args: never[]) => unknown

/** Whether the functions of a name answer with promises, so that their hits do too. */
interface Kind {
  promises: boolean
}

/** @internal See `Cache.memoize`. */
export function memoize(
  cache: MemoizingCache,
  { shared, memory, kinds }: CacheInternals,
  key: KeyLike,
  options: MemoizeOptions,
  fn: AnyFunction,
): object {
  // Hits do not look at the options: they are checked now.
  taskOf('memoize', [options, fn], shared.validity)
  checkOptions('memoize()', options, optionsOf.memoize)
  const { exclude = [], defaults = [], fingerprint, hashThis = mentionsThis(fn), ...passedOn } = options
  checkLists(exclude, defaults)
  const address = toAddress(key)
  const version = minorOf(address, 'The option version', options.version)
  const nameOf = namer(shared, address, { exclude, defaults, fingerprint, hashThis })
  const kind = kindOf(kinds, address, fn)
  const freshness = freshnessFor(shared, 'cache', passedOn)
  // These decide anew in each call which entry is valid.
  const isSteady = address.tier === 'memory' && passedOn.hashVal === undefined && !passedOn.refresh

  const keyOf = (self: unknown, args: readonly unknown[]) =>
    Object.freeze({ name: nameOf(self, args), tier: address.tier, version })
  const answer = (value: unknown) => (kind.promises ? Promise.resolve(value) : value)

  function call(self: unknown, args: readonly unknown[]): unknown {
    const name = nameOf(self, args)
    const hit = isSteady ? memory.find(name, shared.stamps.of(version, undefined), freshness) : undefined
    if (hit) return answer(hit.value)
    const generate = self === undefined || wantsContext(fn) ? fn : fn.bind(self)
    const result = cache.cache({ name, tier: address.tier, version }, passedOn, generate, ...args)
    kind.promises ||= isPromise(result)
    return answer(result)
  }

  function memoized(this: unknown, ...args: unknown[]): unknown {
    try {
      return call(this, args)
    } catch (error) {
      if (kind.promises) return Promise.reject(error)
      throw error
    }
  }

  return Object.assign(memoized, {
    keyOf(this: unknown, ...args: unknown[]) {
      return keyOf(this === memoized ? undefined : this, args)
    },
    delete(this: unknown, ...args: unknown[]) {
      return cache.delete(keyOf(this === memoized ? undefined : this, args))
    },
    clear() {
      return cache.delete({ prefix: `${address.name}(`, tier: address.tier })
    },
  })
}

function checkLists(exclude: unknown, defaults: unknown): void {
  if (!Array.isArray(exclude) || !exclude.every(position => Number.isInteger(position) && position >= 0)) {
    throw misfit('exclude', exclude, 'an array of positions, such as [1] for the second argument')
  }
  if (!Array.isArray(defaults)) {
    throw misfit('defaults', defaults, 'an array, such as [, 10] for the second argument')
  }
}

function kindOf(kinds: Map<string, Kind>, { name, tier }: Address, fn: object): Kind {
  if (tier === 'persistent') return { promises: true }
  const kind = kinds.get(name) ?? { promises: false }
  kinds.set(name, kind)
  kind.promises ||= isDeclaredAsync(fn)
  return kind
}

// What is native, or looks so since it is a proxy, may depend on it; what is bound does not.
function mentionsThis(fn: AnyFunction): boolean {
  const code = codeOf(fn)
  if (isHidden(code)) return !(asWritten(fn) as { name?: string }).name?.startsWith('bound ')
  return /\b(?:this|super)\b/.test(code)
}

/** Of what a call is made, what counts and how. */
interface Counting {
  readonly exclude: readonly number[]
  readonly defaults: readonly unknown[]
  readonly fingerprint: MemoizeOptions['fingerprint']
  readonly hashThis: boolean
}

type NameOf = (self: unknown, args: readonly unknown[]) => string

/** Names the entries of one function, so that no two lists of arguments that differ in what counts have one name. */
function namer(
  { types, sha256 }: Identity,
  { name }: Address,
  { exclude, defaults, fingerprint: standIn, hashThis }: Counting,
): NameOf {
  const hashOf = (root: string, value: unknown) =>
    `#${fingerprint(value, { root, types, sha256, standIn, memoized: name })}`

  const nameOf = (self: unknown, args: readonly unknown[]) => {
    let text = `${name}(`
    if (hashThis && self !== undefined && self !== globalThis) text += `${hashOf('this', self)}|`
    let separator = ''
    for (let index = 0; index < Math.max(args.length, defaults.length); index++) {
      if (exclude.includes(index)) continue
      const given = args[index]
      const value = given === undefined ? defaults[index] : given
      text += separator + (textOf(value) ?? hashOf(`arguments[${index}]`, value))
      separator = ','
    }
    return `${text})`
  }
  return hashThis || exclude.length + defaults.length > 0 ? nameOf : remembering(nameOf)
}

// Writing a name takes longer than finding its entry, and programs pass few distinct texts, over and over.
function remembering(nameOf: NameOf): NameOf {
  const names = new Map<unknown, string>()
  return (self, args) => {
    const [text] = args
    const known = args.length === 1 ? names.get(text) : undefined
    if (known !== undefined) return known
    const name = nameOf(self, args)
    const isFrequent = args.length === 1 && typeof text === 'string' && text.length <= longestText
    return isFrequent ? remember(names, text, name) : name
  }
}

const longestText = 200

/*
 * An argument as text. Each form says by its own characters where it ends, so that no two lists have one text:
 *
 *   text      its length in UTF-16 units, and itself in quotes
 *   number    as JavaScript writes it; -0 differs from 0
 *   bigint    the same, with an n
 *   true, false, null, undefined
 *   # and 64 hexadecimal digits: the fingerprint of anything else, and of a long text
 */
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.length > longestText ? undefined : `${value.length}"${value}"`
    case 'number':
      return value === 0 && 1 / value < 0 ? '-0' : `${value}`
    case 'bigint':
      return `${value}n`
    case 'boolean':
    case 'undefined':
      return `${value}`
    default:
      return value === null ? 'null' : undefined
  }
}
