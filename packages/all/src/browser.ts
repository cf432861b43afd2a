import { CacheError, type Untyped } from '@stagcache/core'
import type * as disk from '@stagcache/disk'

export * from '@stagcache/core'
export type * from '@stagcache/disk'
export * from '@stagcache/lifecycle'

/*
 * What this package is under the condition `browser`: everything that index.ts exports, but nothing of disk except its
 * types. One program for both sides can import it, refer to the disk's classes and ask `instanceof`; only using them
 * fails. Hence plain functions, which can be extended and constructed, and not a module that throws when it is loaded.
 */

const memory =
  'Keep values in memory (new Cache(), keys without "/"), or give the cache a store that works here: new Cache({ store }).'

export type DiskCache<S extends object = Untyped> = disk.DiskCache<S>
export const DiskCache: typeof disk.DiskCache = Object.assign(
  unsupported<typeof disk.DiskCache>('DiskCache', memory),
  { open: async () => new DiskCache() as never },
)

export type OpenDiskCache<S extends object = Untyped> = disk.OpenDiskCache<S>
export const OpenDiskCache: typeof disk.OpenDiskCache = unsupported('OpenDiskCache', memory)

export type DiskStore = disk.DiskStore
export const DiskStore: typeof disk.DiskStore = unsupported('DiskStore', memory)

export const fileFingerprint: typeof disk.fileFingerprint = unsupported(
  'fileFingerprint',
  'Pass the bytes themselves as hashVal, e.g. new Uint8Array(await file.arrayBuffer()).',
)

export const verifyDirectory: typeof disk.verifyDirectory = unsupported(
  'verifyDirectory',
  'A directory is verified where it is.',
)

export type DiskError = disk.DiskError
export const DiskError: typeof disk.DiskError = unsupported('DiskError', 'It is raised by the disk only.')

export type ClosedStoreError = disk.ClosedStoreError
export const ClosedStoreError: typeof disk.ClosedStoreError = unsupported(
  'ClosedStoreError',
  'It is raised by the disk only.',
)

export type NetworkFileSystemError = disk.NetworkFileSystemError
export const NetworkFileSystemError: typeof disk.NetworkFileSystemError = unsupported(
  'NetworkFileSystemError',
  'It is raised by the disk only.',
)

export type TooLargeError = disk.TooLargeError
export const TooLargeError: typeof disk.TooLargeError = unsupported(
  'TooLargeError',
  'It is raised by the disk only.',
)

export type UnopenedStoreError = disk.UnopenedStoreError
export const UnopenedStoreError: typeof disk.UnopenedStoreError = unsupported(
  'UnopenedStoreError',
  'It is raised by the disk only.',
)

export type UnreadableBlobError = disk.UnreadableBlobError
export const UnreadableBlobError: typeof disk.UnreadableBlobError = unsupported(
  'UnreadableBlobError',
  'It is raised by the disk only.',
)

export type UnsupportedCompressionError = disk.UnsupportedCompressionError
export const UnsupportedCompressionError: typeof disk.UnsupportedCompressionError = unsupported(
  'UnsupportedCompressionError',
  'It is raised by the disk only.',
)

function unsupported<T>(name: string, instead: string): T {
  function refuse(): never {
    throw new CacheError(
      'unsupported',
      `${name} needs Node, Bun or Deno: a browser has no such disk. ${instead}`,
    )
  }
  return refuse as T
}
