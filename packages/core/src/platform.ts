/**
 * The globals that core may use, declared here once. Core is compiled without the types of any runtime, so that a
 * `process`, `Buffer` or `window` anywhere else in it is a compile error. Members are looked up at each call, because
 * test tools replace them.
 */
interface UniversalGlobals {
  readonly performance: { now(): number }
  readonly AbortController: new () => AbortControllerLike
  readonly URL: { new (text: string): unknown; readonly prototype: object }
  queueMicrotask(task: () => void): void
  structuredClone<T>(value: T): T
  setTimeout(task: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  /** Present in Node, Bun and Deno only; {@link environmentVariable} copes with its absence. */
  readonly process?: { readonly env?: Record<string, string | undefined> }
  readonly console?: { warn(message: string): void }
  readonly crypto?: { getRandomValues(bytes: Uint8Array): Uint8Array }
}

export const platform: UniversalGlobals = globalThis as unknown as UniversalGlobals

/** What core itself needs of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

interface AbortControllerLike {
  readonly signal: Signal
  abort(reason?: unknown): void
}

/** The `AbortSignal` of whichever runtime the program is compiled for, so that `fetch` accepts it. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : AbortSignalLike

/** An environment variable, or `undefined` where there is no environment or no permission to read it. */
export function environmentVariable(name: string): string | undefined {
  try {
    return platform.process?.env?.[name]
  } catch {
    return undefined
  }
}
