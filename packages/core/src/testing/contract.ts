import type { Store } from '../store.ts'

/** What {@link storeContract} needs to know. */
export interface StoreContract {
  /** The test function of the test runner: that of Vitest, Jest, Mocha, `node:test`, `Deno` or `bun:test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** Makes an empty store. Called once in each test, which closes it. */
  readonly create: () => Store | Promise<Store>
  /** Opens what the closed store held. Default: the store keeps nothing, or it is tested elsewhere. */
  readonly reopen?: (closed: Store) => Store | Promise<Store>
  /**
   * Opens what a store that is in use keeps a second time, as another process would. Each test closes what it opened.
   * Default: what is promised to several users of the same entries, the claims of a store that has them included, is
   * tested elsewhere.
   */
  readonly sibling?: (store: Store) => Store | Promise<Store>
  /**
   * Which values the store keeps, equal in value and type: `'data'` for what JSON can say, and typed arrays;
   * `'structured-clone'` for everything that the structured clone algorithm accepts, with cycles and shared parts.
   */
  readonly values: 'data' | 'structured-clone'
}

/** One promise of the contract: a test that throws where the promise is broken. */
export interface StorePromise {
  readonly name: string
  run(store: Store): Promise<void>
}
