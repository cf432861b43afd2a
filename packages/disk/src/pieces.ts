/** How many bytes pieces have that follow each other. */
export function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length
}

/** Writes pieces one behind the other. */
export function writePieces(target: Uint8Array, pieces: readonly Uint8Array[], start: number): void {
  let end = start
  for (const piece of pieces) {
    target.set(piece, end)
    end += piece.length
  }
}
