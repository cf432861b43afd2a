import type { Store } from '../store.ts'
import { claimPromises } from './claim-promises.ts'
import type { StoreContract, StorePromise } from './contract.ts'
import { copyPromises, orderPromises } from './order-promises.ts'
import { siblingPromises, withSibling } from './sibling-promises.ts'
import {
  absencePromises,
  acceptPromises,
  closingPromises,
  prefixPromises,
  refusalPromises,
  removalPromises,
  survivesClosing,
} from './use-promises.ts'
import { entryPromises, expiryPromises, keepsSample, namePromises, samplesOf } from './value-promises.ts'

/**
 * Declares one test for each promise of {@link Store}. A failing test throws an error that says what was expected.
 *
 * @example
 * import { storeContract } from '@stagcache/core/testing'
 * import { test } from 'vitest'
 *
 * storeContract({ test, create: () => new RedisStore({ url, prefix: randomPrefix() }), values: 'data' })
 */
export function storeContract(contract: StoreContract): void {
  for (const { name, run } of promises(contract)) {
    contract.test(name, async () => {
      const store = await contract.create()
      try {
        await run(store)
      } finally {
        await store.close()
      }
    })
  }
}

function promises(contract: StoreContract): StorePromise[] {
  const { reopen, sibling } = contract
  return [
    ...entryPromises,
    ...expiryPromises,
    ...namePromises,
    ...samplesOf(contract).map(keepsSample),
    ...copyPromises,
    ...orderPromises,
    ...acceptPromises,
    ...removalPromises,
    ...prefixPromises,
    ...absencePromises,
    ...refusalPromises,
    ...closingPromises,
    ...(reopen ? [survivesClosing(reopen)] : []),
    ...(sibling ? [...withSibling(sibling, siblingPromises), ...claimPromises(sibling)] : []),
  ]
}
