export type {
  Allowed,
  Answer,
  Generated,
  Result,
  SyncResult,
  TierOf,
  TierOfPrefix,
  Untyped,
  ValueOf,
} from './answer.ts'
export { Cache } from './cache.ts'
export type { ManyAnswer, ManyOptions, ManyResult } from './cache-many.ts'
export type { Dispose, DisposeReason } from './disposal.ts'
export { type Duration, toMilliseconds } from './duration.ts'
export {
  BatchAnswerError,
  CacheError,
  type CacheErrorCode,
  GenerationCycleError,
  GenerationTimeoutError,
  InvalidKeyError,
  InvalidOptionError,
  InvalidValueError,
  InvalidVersionError,
  isCacheError,
  MissingEntryError,
  NoStoreError,
  PrefixUnsupportedError,
  UnfingerprintableValueError,
  UnserializableValueError,
  WaitTimeoutError,
} from './errors.ts'
export type { CacheEvents, Events, MissReason } from './events.ts'
export type { Explained, ExplainedEntry, Explanation, StampPart } from './explain.ts'
export { type FingerprintOptions, fingerprint, sourceOf } from './fingerprint.ts'
export type { StaleOptions, Timeouts, ValidityOptions } from './freshness.ts'
export { isPromise } from './generate.ts'
export type { CacheInternals, CacheOptions } from './internals.ts'
export {
  type Key,
  type KeyLike,
  memoryKey,
  type NamedKey,
  type NamePrefix,
  persistentKey,
  type Tier,
} from './key.ts'
export type { CacheStats } from './ledger.ts'
export type {
  Memoizable,
  Memoized,
  MemoizedLike,
  MemoizedResult,
  MemoizedVerbs,
  MemoizeOptions,
} from './memoize.ts'
export { type MemoryOptions, memoryOptions } from './memory-options.ts'
export { className, isPlainObject } from './object-kind.ts'
export { refuseUnknownOptions } from './options.ts'
export type { AbortSignalLike, Signal } from './platform.ts'
export {
  type EntryOptions,
  type GenerateOptions,
  type GetOptions,
  type SetOptions,
  type SyncOptions,
  validityOptions,
} from './request.ts'
export { appSessionId, overrideAppSessionId } from './session.ts'
export type { Sha256 } from './sha256.ts'
export type { Sharing } from './sharing.ts'
export { resolveStamp, type Stamp, type Version } from './stamp.ts'
export type {
  Absence,
  AsyncContext,
  Claim,
  ClaimAnswer,
  Entry,
  EntryInfo,
  Patience,
  Store,
  StoreEvent,
  StoreRuntime,
  Wanted,
} from './store.ts'
export { formatPath } from './value-path.ts'
export { type AnyValueType, defineType, type ValueType, ValueTypes } from './value-type.ts'
export { type Generate, type GenerateContext, type WithContext, withContext } from './with-context.ts'
