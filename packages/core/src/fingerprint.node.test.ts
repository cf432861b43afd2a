import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, test, vi } from 'vitest'
import { vectors, vectorTypes } from '../test/fingerprint.vectors.ts'
import { fingerprint } from './fingerprint.ts'

afterEach(() => void vi.unstubAllGlobals())

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

test('a date counts as one also where another clock stood in for it when the package was loaded', async () => {
  const date = new Date(5)
  // As Jest and others do it: of the same prototype.
  const clock = Object.assign(function StoppedDate() {}, { prototype: Date.prototype, now: () => 5 })
  vi.stubGlobal('Date', clock)
  vi.resetModules()
  const copy = await import('./fingerprint.ts')
  expect(copy.fingerprint(date)).toBe(fingerprint(date))
})
