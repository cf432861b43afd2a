export { type Compression, UnsupportedCompressionError } from './compression.ts'
export { DiskCache, type DiskCacheOptions, OpenDiskCache } from './disk-cache.ts'
export { DiskStore } from './disk-store.ts'
export type { DiskStoreOptions } from './disk-store-options.ts'
export {
  ClosedStoreError,
  DiskError,
  NetworkFileSystemError,
  TooLargeError,
  UnopenedStoreError,
  UnreadableBlobError,
} from './errors.ts'

export { fileFingerprint } from './file-fingerprint.ts'
export { verifyDirectory } from './verify.ts'
export type { DirectoryReport, Problem, ProblemKind, Severity } from './verify-report.ts'
