import { CacheError } from '@stagcache/core'

const advice: Record<string, string> = {
  ENOSPC: 'The disk is full: free some space, or give the cache another directory.',
  EDQUOT: 'The disk quota is used up: free some space, or give the cache another directory.',
  EACCES: 'This user has no permission there: change the permissions, or give the cache another directory.',
  EPERM: 'This user has no permission there: change the permissions, or give the cache another directory.',
  EROFS: 'The file system is read-only: give the cache another directory.',
  EMFILE: 'The process has too many files open: close some, or raise its limit.',
  ENFILE: 'The machine has too many files open: close some, or raise its limit.',
  ENOLINKS:
    'The file system there has no hard links, which the cache needs (FAT and exFAT have none): give it a directory on another one.',
  EBUSY: 'Another program holds a file there: close it, or try again.',
  EIO: 'The disk, or what connects it, has failed: look after it, or give the cache another directory.',
  ENOTDIR: 'A part of the path is a file: give the cache another directory.',
}

/** Reading or writing the cache's directory failed. Code `store-read` or `store-write`; the `cause` is Node's error. */
export class DiskError extends CacheError {
  override readonly name: string = 'DiskError'
  constructor(code: 'store-read' | 'store-write', what: string, dir: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const hint = advice[(cause as { code?: string } | undefined)?.code ?? ''] ?? ''
    super(
      code,
      `Cannot ${what} in the cache directory ${JSON.stringify(dir)}: ${reason}. ${hint}`.trimEnd(),
      { cause },
    )
  }
}

/** A value takes more bytes than its directory may take altogether. Code `store-write`. */
export class TooLargeError extends CacheError {
  override readonly name: string = 'TooLargeError'
  constructor(name: string, bytes: number, dir: string, maxBytes: number) {
    super(
      'store-write',
      `Cannot store ${JSON.stringify(name)} in the cache directory ${JSON.stringify(dir)}: it takes ${bytes} bytes, and the directory may take ${maxBytes} (maxBytes). Raise maxBytes, or store the value in parts.`,
    )
  }
}

/**
 * The directory lies on a network file system, where the store's promises do not hold. It goes on all the same. Code
 * `unsupported`.
 */
export class NetworkFileSystemError extends CacheError {
  override readonly name: string = 'NetworkFileSystemError'
  constructor(dir: string, network: string) {
    super(
      'unsupported',
      `The cache directory ${JSON.stringify(dir)} lies on a network file system (${network}): where several machines use it, entries can get lost and be generated more than once. Give the cache a directory on a local disk, one for each machine.`,
    )
  }
}

/** The store was used after `close()`. Code `closed`. */
export class ClosedStoreError extends CacheError {
  override readonly name: string = 'ClosedStoreError'
  constructor(dir: string) {
    super('closed', `The store of ${JSON.stringify(dir)} is closed. Make a new one to go on.`)
  }
}

/** A synchronous method was used before `open()` had resolved. Code `unsupported`. */
export class UnopenedStoreError extends CacheError {
  override readonly name: string = 'UnopenedStoreError'
  constructor(dir: string) {
    super(
      'unsupported',
      `The store of ${JSON.stringify(dir)} is not open: its synchronous methods can be used once \`await store.open()\` has resolved.`,
    )
  }
}

/** A value with a `Blob` was to be stored by a synchronous call. Code `unserializable`. */
export class UnreadableBlobError extends CacheError {
  override readonly name: string = 'UnreadableBlobError'
  constructor(name: string) {
    super(
      'unserializable',
      `Cannot store a Blob under ${JSON.stringify(name)} at once: its bytes can only be awaited. Use set() or cache(), or store its bytes.`,
    )
  }
}
