import { type StoreContract, storeContract } from '../src/testing/index.ts'

/** The names of the tests that a store fails, of all or of one. */
export async function failures(contract: Omit<StoreContract, 'test'>, only?: string): Promise<string[]> {
  const failed: string[] = []
  const tests: { name: string; run: () => Promise<void> }[] = []
  storeContract({ ...contract, test: (name, run) => tests.push({ name, run }) })
  for (const { name, run } of tests) {
    if (only === undefined || only === name) await run().catch(() => failed.push(name))
  }
  return failed
}
