export type { StoreContract } from './contract.ts'
export { MemoryReferenceStore } from './memory-reference-store.ts'
export { storeContract } from './store-contract.ts'
