import type { Store } from '../src/index.ts'

/** The same store, as one that cannot claim. */
export function withoutClaims<S extends Store>(store: S): S {
  return Object.defineProperty(store, 'claim', { value: undefined })
}
