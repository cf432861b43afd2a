import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PortableSha256, toHex } from './sha256.ts'

const bytesOf = (text: string) => Uint8Array.from(text, letter => letter.charCodeAt(0))

// The first three are the examples of FIPS 180-4; the lengths below lie around the border between one block and two.
test.each([
  { text: '', digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  { text: 'abc', digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  {
    text: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    digest: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  },
])('"$text" has the digest $digest', ({ text, digest }) => {
  expect(toHex(new PortableSha256().update(bytesOf(text)).digest())).toBe(digest)
})

test('a digest does not depend on how the input is split', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 })
  fc.assert(
    fc.property(parts, pieces => {
      const whole = new PortableSha256().update(Uint8Array.from(pieces.flatMap(piece => [...piece]))).digest()
      const split = new PortableSha256()
      for (const piece of pieces) split.update(piece)
      expect(toHex(split.digest())).toBe(toHex(whole))
    }),
  )
})

test('a million letters have the digest of FIPS 180-4', () => {
  const hash = new PortableSha256()
  const thousand = bytesOf('a'.repeat(1000))
  for (let round = 0; round < 1000; round++) hash.update(thousand)
  expect(toHex(hash.digest())).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0')
})
