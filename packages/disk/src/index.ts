export { DiskCache, type DiskCacheOptions } from './disk-cache.ts'
export { DiskStore, type DiskStoreOptions } from './disk-store.ts'
export { ClosedStoreError, DiskError } from './errors.ts'
export { fileFingerprint } from './file-fingerprint.ts'
