import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { vectors, vectorTypes } from '../test/fingerprint.vectors.ts'
import { fingerprint } from './fingerprint.ts'

test.each(vectors)('$name has the same fingerprint with the SHA-256 of Node', vector => {
  const sha256 = () => createHash('sha256')
  expect(fingerprint(vector.value, { types: vectorTypes, sha256 })).toBe(vector.fingerprint)
})

test('a Buffer counts as a Uint8Array', () => {
  expect(fingerprint(Buffer.from([1, 2]))).toBe(fingerprint(new Uint8Array([1, 2])))
})

test('plain data of another realm counts like our own', () => {
  expect(fingerprint(runInNewContext('({ a: [1, { b: new Uint8Array([1]) }] })'))).toBe(
    fingerprint({ a: [1, { b: new Uint8Array([1]) }] }),
  )
})
