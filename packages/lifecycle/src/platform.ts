import type { Signal } from '@stagcache/core'

/**
 * The globals that components may use, declared here once: this package is compiled without the types of any runtime.
 * What not every supported runtime has is optional. Members are looked up at each use, because polyfills add them late
 * and test tools replace them.
 */
interface UniversalGlobals {
  readonly AbortController: new () => { readonly signal: Signal; abort(reason?: unknown): void }
  readonly Symbol: { readonly dispose?: symbol; readonly asyncDispose?: symbol }
  readonly URL: { revokeObjectURL?(url: string): void }
}

export const platform: UniversalGlobals = globalThis as unknown as UniversalGlobals
