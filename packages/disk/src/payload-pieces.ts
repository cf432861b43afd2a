import { setImmediate } from 'node:timers/promises'
import { type RunningChecksum, runningChecksum } from './hash.ts'
import type { Payload } from './payload.ts'

const pieceBytes = 1 << 20

// What is hashed before the event loop gets its turn again: some milliseconds.
const sliceBytes = 16 << 20

/** The pieces of a payload, hashed as they are handed out. */
export async function* piecesOf(
  payload: Payload,
  hash: RunningChecksum,
  before: bigint | undefined,
): AsyncGenerator<Uint8Array> {
  yield* memoryOf(payload, hash)
  if (before !== undefined && before !== hash.digest()) throw new Error(changed)
  for (const blob of payload.blobs) {
    for await (const piece of bytesOf(blob)) {
      hash.update(piece)
      yield piece
    }
  }
}

// What can still be changed is handed out as a copy, so that what is hashed is what is written. There are two for these
// copies, since one is written while the next one is made.
function* memoryOf(payload: Payload, hash: RunningChecksum): Generator<Uint8Array> {
  const copies = payload.isBorrowed ? [0, 1].map(() => Buffer.allocUnsafeSlow(pieceBytes)) : []
  let size = 0
  for (const piece of inPieces(payload.memory)) {
    copies.push(...copies.splice(0, 1))
    const handedOut = copies[0] ? copied(piece, copies[0]) : piece
    hash.update(handedOut)
    size += piece.length
    yield handedOut
  }
  if (size !== payload.memorySize) throw new Error(changed)
}

async function* bytesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of blob.stream()) {
    size += piece.length
    yield piece
  }
  if (size !== blob.size) throw new Error('a Blob in the value has not as many bytes as it says')
}

const changed =
  'the value was changed while it was being stored; above 256 MiB it is not copied, and has to be left alone until set() has resolved'

/** The checksum of the memory of a payload, in slices. */
export async function checksumOf(payload: Payload): Promise<bigint> {
  const hash = runningChecksum()
  let bytes = 0
  for (const piece of inPieces(payload.memory)) {
    hash.update(piece)
    bytes += piece.length
    if (bytes < sliceBytes) continue
    await setImmediate()
    bytes = 0
  }
  return hash.digest()
}

/** The same bytes in pieces of a megabyte at most. Asks for the length each time, since memory can be taken away. */
export function* inPieces(memory: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of memory) {
    for (let start = 0; start < part.length; start += pieceBytes) {
      yield part.subarray(start, start + pieceBytes)
    }
  }
}

function copied(piece: Uint8Array, copy: Buffer): Uint8Array {
  copy.set(piece)
  return copy.subarray(0, piece.length)
}
