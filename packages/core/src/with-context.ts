import type { Signal } from './platform.ts'

/** What a generator marked with {@link withContext} receives in front of its arguments. */
export interface GenerateContext {
  /** The name of the entry that is generated, without its version. */
  readonly key: string
  /** Aborted when every caller that waits for the result has given up. */
  readonly signal: Signal
  /** Reports how much is done, from 0 to 1, as a `progress` event of the cache. */
  progress(fraction: number): void
}

declare const contextual: unique symbol

/** What a generator is called by, which passes a context to those that want one: a cache, and nobody else. */
export interface Generating {
  readonly [contextual]: true
}

/** What produces a value when there is no valid entry, from the arguments that the caller gives. */
export type Generate<A extends readonly unknown[], R, This = Generating> = (this: This, ...args: A) => R

/** A generator that receives a {@link GenerateContext} in front of its arguments. */
export interface WithContext<A extends readonly unknown[], R> {
  (context: GenerateContext, ...args: A): R
  /** As a cache is given it, which passes the context. */
  (this: Generating, ...args: A): R
  readonly [contextual]: true
}

// A registered symbol, so that a generator marked by one copy of the package is known to another. Its value is the
// function that was marked.
const mark = Symbol.for('stagcache.withContext')

/**
 * Marks a generator that wants a {@link GenerateContext}. The arguments of the call follow behind it.
 *
 * @example
 * const download = withContext(async ({ signal }, url: string) => (await fetch(url, { signal })).text())
 * await cache.cache('./page', download, 'http://127.0.0.1:8080/')
 */
export function withContext<A extends readonly unknown[], R>(
  generate: (context: GenerateContext, ...args: A) => R,
): WithContext<A, R> {
  // A function of its own, so that the mark does not stick to a function that is used elsewhere too.
  const generator = (context: GenerateContext, ...args: A) => generate(context, ...args)
  return Object.defineProperty(generator, mark, { value: generate }) as unknown as WithContext<A, R>
}

/** Whether a generator wants a context. */
export function wantsContext(generate: object): boolean {
  return mark in generate
}

/** The function that a user wrote: what {@link withContext} was given, any other as it is. */
export function asWritten(generate: object): object {
  return (generate as { readonly [mark]?: object })[mark] ?? generate
}

/** The text of the function that a user wrote. */
export function codeOf(generate: object): string {
  return Function.prototype.toString.call(asWritten(generate))
}

/** Whether such a text shows nothing of what the function does: it is native, bound or a proxy. */
export function isHidden(code: string): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(code)
}

/** Whether the function that a user wrote is declared asynchronous, and so answers with a promise. */
export function isDeclaredAsync(generate: object): boolean {
  return Object.prototype.toString.call(asWritten(generate)) === '[object AsyncFunction]'
}
