import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PortableSha256, toHex } from './sha256.ts'

const digestOfNode = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const digestOfOurs = (bytes: Uint8Array) => toHex(new PortableSha256().update(bytes).digest())

test('every length around the borders of blocks has the digest of Node', () => {
  for (let length = 0; length <= 260; length++) {
    const bytes = new Uint8Array(length).fill(length)
    expect(digestOfOurs(bytes)).toBe(digestOfNode(bytes))
  }
})

test('any bytes, split in any way, have the digest of Node', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 })
  fc.assert(
    fc.property(pieces, parts => {
      const ours = new PortableSha256()
      for (const part of parts) ours.update(part)
      expect(toHex(ours.digest())).toBe(digestOfNode(Buffer.concat(parts)))
    }),
  )
})
