import { resolve } from 'node:path'
import {
  type AnyValueType,
  type Duration,
  InvalidOptionError,
  refuseUnknownOptions,
  toMilliseconds,
} from '@stagcache/core'
import type { Compression } from './compression.ts'
import type { Durability } from './durability.ts'
import { type Files, nodeFiles } from './files.ts'

/** The options of a {@link DiskStore}. */
export interface DiskStoreOptions {
  /** The directory of the cache, made at the first write. Default `.stagcache` in the current directory. */
  readonly dir?: string | undefined
  /** Classes of your own that may occur in values. Default: none. */
  readonly types?: Iterable<AnyValueType> | undefined
  /**
   * How many bytes the directory may take, at least 1 MiB. When there are more, what is least worth keeping goes, down to
   * 80 % of it. Default 10 GiB.
   */
  readonly maxBytes?: number | undefined
  /**
   * What an entry survives whose `set` has resolved: the death of the process, or a loss of power too. `'power'` waits for
   * the disk at each write, which takes milliseconds, some more for large values; what is written at once shares the wait. Default `'process'`.
   */
  readonly durability?: Durability | undefined
  /**
   * How long to wait at most for what another process is generating, before it is generated here too. Default 15 minutes.
   */
  readonly maxClaimWait?: Duration | undefined
  /**
   * Compresses values of 512 bytes to 256 MiB where that makes them smaller by a tenth: `'zstd'`, in Node.js 22.15, 23.8 and
   * newer. Costs about 20 µs and 1.5 µs per KB when a value is written, half of that when it is read; large values are
   * compressed beside the program. A runtime that cannot expand them finds nothing under their names. Not compressed:
   * values with a `Blob` or `File`, and large values that a synchronous call writes. Default: nothing is compressed.
   */
  readonly compression?: Compression | undefined
  /** @internal The file system, for tests. */
  readonly files?: Files | undefined
}

/** The names of the options. */
export const diskStoreOptions: ReadonlySet<string> = new Set<keyof DiskStoreOptions>([
  'dir',
  'types',
  'maxBytes',
  'durability',
  'maxClaimWait',
  'compression',
  'files',
])

/** Options with their defaults, found to be possible. */
export interface ResolvedOptions {
  /** An absolute path. */
  readonly dir: string
  readonly types: Iterable<AnyValueType> | undefined
  readonly maxBytes: number
  readonly durability: Durability
  /** Milliseconds. */
  readonly maxClaimWait: number
  readonly compression: Compression | undefined
  readonly files: Files
}

const fewestBytes = 1 << 20

/** @throws InvalidOptionError for an unknown option, or an impossible value. */
export function resolveOptions(options: DiskStoreOptions): ResolvedOptions {
  refuseUnknownOptions('A disk store', options, diskStoreOptions)
  const { dir = '.stagcache', types, maxClaimWait = '15m', compression, files = nodeFiles } = options
  if (typeof dir !== 'string' || dir === '')
    throw new InvalidOptionError(`The option dir is ${String(dir)}: it is the path of a directory.`)
  return {
    dir: resolve(dir),
    types,
    maxBytes: maxBytesOf(options),
    durability: durabilityOf(options),
    maxClaimWait: toMilliseconds(maxClaimWait, 'maxClaimWait'),
    compression,
    files,
  }
}

function durabilityOf({ durability = 'process' }: DiskStoreOptions): Durability {
  if (durability === 'process' || durability === 'power') return durability
  throw new InvalidOptionError(
    `The option durability is ${JSON.stringify(durability)}: it is "process" or "power".`,
  )
}

function maxBytesOf({ maxBytes = 10 * 2 ** 30 }: DiskStoreOptions): number {
  if (typeof maxBytes === 'number' && maxBytes >= fewestBytes) return maxBytes
  throw new InvalidOptionError(
    `The option maxBytes is ${String(maxBytes)}: it is a number of bytes of at least ${fewestBytes} (1 MiB).`,
  )
}
