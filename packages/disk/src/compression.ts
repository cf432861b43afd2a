import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { CacheError, InvalidOptionError } from '@stagcache/core'
import type { Stretch } from './stretch.ts'

/*
 * Payload of encoding 3: another payload, compressed. Numbers are little-endian.
 *
 *   offset  size  field
 *   0       1     encoding: 3
 *   1       4     size of the other payload, at most 2²⁸
 *   5       …     a Zstandard frame: the other payload, of another encoding
 */
export const compressedEncoding = 3
const headBytes = 5

// Below, nothing is won; above, memory would be taken several times over.
const fewestBytes = 512
const mostBytes = 2 ** 28

// What is won by less is not worth the time that reading it takes from then on.
const enough = 0.9

/** How a store may compress values. */
export type Compression = 'zstd'

interface Sizes {
  readonly chunkSize?: number
  readonly maxOutputLength?: number
}

type Now = (bytes: Uint8Array, sizes?: Sizes) => Buffer

interface Later {
  (bytes: Uint8Array, done: Done): void
  (bytes: Uint8Array, sizes: Sizes, done: Done): void
}

type Done = (error: Error | null, result: Buffer) => void

/** What of `node:zlib` is used; runtimes without Zstandard lack it, and their types do: it is written out. */
export interface Library {
  readonly zstdCompress?: Later
  readonly zstdCompressSync?: Now
  readonly zstdDecompress?: Later
  readonly zstdDecompressSync?: Now
}

/** A store is to compress values in a runtime that cannot. Code `unsupported`. */
export class UnsupportedCompressionError extends CacheError {
  override readonly name: string = 'UnsupportedCompressionError'
  constructor() {
    super('unsupported', `Cannot compress with zstd: ${lacking}. Or leave out the option compression.`)
  }
}

/** Compresses payloads. */
export class Compressor {
  readonly #compress: Later
  readonly #compressNow: Now

  /** @throws UnsupportedCompressionError if this runtime cannot compress. */
  constructor({ zstdCompress, zstdCompressSync }: Library = zlib) {
    if (!zstdCompress || !zstdCompressSync) throw new UnsupportedCompressionError()
    this.#compress = zstdCompress
    this.#compressNow = zstdCompressSync
  }

  /** The one that the option `compression` of a store asks for. */
  static for(option: unknown): Compressor | undefined {
    if (option === undefined) return undefined
    if (option === 'zstd') return new Compressor()
    throw new InvalidOptionError(`The option compression is ${String(option)}: it is 'zstd', or left out.`)
  }

  /** A payload, compressed if that makes it smaller by a tenth. Takes tens of microseconds. */
  compressNow(payload: Uint8Array): Uint8Array {
    return isWorthTrying(payload) ? smaller(payload, this.#compressNow(payload)) : payload
  }

  /** The same beside the program. The payload must not be changed until it resolves. */
  async compress(payload: Uint8Array): Promise<Uint8Array> {
    if (!isWorthTrying(payload)) return payload
    return smaller(payload, await promisify<Uint8Array, Buffer>(this.#compress)(payload))
  }
}

/**
 * The payload that is compressed in another one, whoever has made that: no more memory is taken than it says that it needs,
 * and one that says so wrongly is an error.
 */
export function expandNow(compressed: Stretch, { zstdDecompressSync }: Library = zlib): Buffer {
  if (!zstdDecompressSync) throw new Error(unreadable)
  const size = sizeIn(compressed)
  return expanded(zstdDecompressSync(frameIn(compressed), exactly(size)), size)
}

/** The same beside the program. */
export async function expand(compressed: Stretch, { zstdDecompress }: Library = zlib): Promise<Buffer> {
  if (!zstdDecompress) throw new Error(unreadable)
  const size = sizeIn(compressed)
  const expand = promisify<Uint8Array, Sizes, Buffer>(zstdDecompress)
  return expanded(await expand(frameIn(compressed), exactly(size)), size)
}

const lacking = 'this runtime has no Zstandard. Use Node.js 22.15, 23.8 or newer'
const unreadable = `compressed with zstd, and ${lacking}`

function isWorthTrying({ length }: Uint8Array): boolean {
  return length >= fewestBytes && length <= mostBytes
}

function smaller(payload: Uint8Array, frame: Uint8Array): Uint8Array {
  if (headBytes + frame.length > enough * payload.length) return payload
  const compressed = Buffer.allocUnsafeSlow(headBytes + frame.length)
  compressed[0] = compressedEncoding
  compressed.writeUInt32LE(payload.length, 1)
  compressed.set(frame, headBytes)
  return compressed
}

function sizeIn({ view, start, end }: Stretch): number {
  const size = end - start < headBytes ? 0 : view.getUint32(start + 1, true)
  if (size >= fewestBytes && size <= mostBytes) return size
  throw new Error('a compressed payload of an impossible size')
}

function frameIn({ bytes, start, end }: Stretch): Buffer {
  return bytes.subarray(start + headBytes, end)
}

// In one piece, with room for a byte more, so that no other piece is begun only to find the end.
function exactly(size: number): Sizes {
  return { chunkSize: size + 1, maxOutputLength: size }
}

function expanded(payload: Buffer, size: number): Buffer {
  if (payload.length !== size) throw new Error('a compressed payload of another size than it says')
  if (payload[0] === compressedEncoding) throw new Error('a compressed payload in a compressed payload')
  // Small ones share their memory with others, of which a typed array must not show anything.
  return payload.buffer.byteLength > size + 1 ? Buffer.from(new Uint8Array(payload).buffer) : payload
}
