import xxhash, { type XXHashAPI } from 'xxhash-wasm'

let started: Promise<XXHashAPI> | undefined
let started64: XXHashAPI | undefined

/** Compiles the hash once per process; afterwards {@link checksum} is synchronous. */
export async function startHash(): Promise<void> {
  started ??= xxhash()
  started64 = await started
}

/** XXH64 of some bytes. Detects damage, not intent: whoever can write the directory can compute it. */
export function checksum(bytes: Uint8Array, seed: bigint): bigint {
  return hash().h64Raw(bytes, seed)
}

/** XXH32 of a text: where to look for it. Different texts may have the same one. */
export function shortHash(text: string, seed: number): number {
  return hash().h32(text, seed)
}

/** An XXH64 that is not complete yet. */
export interface RunningChecksum {
  update(bytes: Uint8Array): unknown
  digest(): bigint
}

/** Begins an XXH64, for what is read or written in parts. */
export function runningChecksum(seed?: bigint): RunningChecksum {
  return hash().create64(seed)
}

function hash(): XXHashAPI {
  if (started64) return started64
  throw new Error('The hash is used before startHash() has resolved.')
}
