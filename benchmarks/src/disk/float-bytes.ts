/** The bytes of an array, not copied: what a store is given that keeps bytes but no typed arrays. */
export function bytesOf(floats: unknown): Buffer {
  const { buffer, byteOffset, byteLength } = floats as Float32Array
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** The array of which a store kept the bytes; not copied, unless they lie where no array can begin. */
export function floatsOf({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  const isAligned = byteOffset % Float32Array.BYTES_PER_ELEMENT === 0
  if (isAligned) return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT)
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

/** An array as text, for stores that keep nothing but JSON. */
export function textOf(floats: unknown): string {
  return bytesOf(floats).toString('base64')
}

export function floatsOfText(text: string): Float32Array {
  return floatsOf(Buffer.from(text, 'base64'))
}
