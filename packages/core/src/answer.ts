import type { Key, KeyLike, NamePrefix, Tier } from './key.ts'

/** The schema of a cache whose keys and values are not declared: any key, values of type `unknown`. */
export interface Untyped {
  readonly __untyped?: never
}

/** The tier of a key as far as its type tells: both where a text is not known at compile time. */
export type TierOf<K> =
  K extends Key<infer _V, infer T>
    ? T
    : K extends { readonly tier: infer T extends Tier }
      ? T
      : K extends { readonly name: infer N extends string }
        ? TierOfText<N>
        : K extends string
          ? TierOfText<K>
          : never

/** The tier of a prefix, told the same way. */
export type TierOfPrefix<P extends NamePrefix> = P extends { readonly tier: infer T extends Tier }
  ? T
  : TierOfText<P['prefix']>

type TierOfText<K extends string> = K extends `${string}/${string}`
  ? 'persistent'
  : IsLiteral<K> extends true
    ? 'memory'
    : Tier

// A record whose keys are a literal requires it; one whose keys are `string` or a template accepts an empty object.
// biome-ignore lint/complexity/noBannedTypes: `object` does not extend a record with keys of type `string`.
type IsLiteral<K extends string> = {} extends Record<K, 1> ? false : true

/** What a call on a tier answers: the value from memory, a promise from the store, either where the tier is unknown. */
export type Answer<T extends Tier, V> = [T] extends ['memory']
  ? V
  : [T] extends ['persistent']
    ? Promise<V>
    : V | Promise<V>

/** What `cache()` answers for a generator that returns `R`: memory holds the settled value of a promise. */
export type Generated<T extends Tier, R> = [T] extends ['memory']
  ? R extends PromiseLike<infer V>
    ? V | Promise<V>
    : R
  : [T] extends ['persistent']
    ? Promise<Awaited<R>>
    : Awaited<R> | Promise<Awaited<R>>

/** What a generator of a synchronous call may return. */
export type SyncResult<V> = V | undefined

/** What a generator of a value may return; `undefined` is returned to the caller, but not stored. */
export type Result<V> = V | undefined | PromiseLike<V | undefined>

/** The declared type of a key's value. */
export type ValueOf<S, K> =
  K extends Key<infer V, Tier>
    ? V
    : IsUntyped<S> extends true
      ? unknown
      : NameOf<K> extends keyof S
        ? S[NameOf<K>]
        : never

/** `K` if the schema has it (or there is none), else `never`, so that a misspelt key does not compile. */
export type Allowed<S, K extends KeyLike> =
  K extends Key<infer _V, Tier> ? K : IsUntyped<S> extends true ? K : NameOf<K> extends keyof S ? K : never

type IsUntyped<S> = [keyof S] extends ['__untyped'] ? true : false

type NameOf<K> = K extends `${infer N}@${string}`
  ? N
  : K extends string
    ? K
    : K extends { readonly name: infer N extends string }
      ? NameInTier<N, TierOf<K>>
      : never

// A name is declared with the tier that it has as a text key, so `{ name: 'table', tier: 'persistent' }` is './table'.
// `unknown` is in no schema.
type NameInTier<N extends string, T extends Tier> =
  T extends TierOfText<N> ? N : T extends 'persistent' ? `./${N}` : unknown
