export { MemoryReferenceStore } from './memory-reference-store.ts'
export { type StoreContract, storeContract } from './store-contract.ts'
