import { createHash } from 'node:crypto'
import { renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'
import { fileFingerprint } from './file-fingerprint.ts'

test.each([0, 1, 1 << 20, 3_000_001])('the fingerprint of a file of %i bytes is its SHA-256', async size => {
  const path = join(temporaryDirectory(), 'file')
  const bytes = Buffer.alloc(size, 'StagCache')
  writeFileSync(path, bytes)
  expect(await fileFingerprint(path)).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('it depends on the content, not on name and time', async () => {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, 'a')
  const first = await fileFingerprint(path)
  utimesSync(path, 1, 1)
  renameSync(path, `${path}2`)
  expect(await fileFingerprint(`${path}2`)).toBe(first)
  writeFileSync(`${path}2`, 'b')
  expect(await fileFingerprint(`${path}2`)).not.toBe(first)
})

test('a file that cannot be read is an error that names it', async () => {
  await expect(fileFingerprint('/nowhere/at/all')).rejects.toThrow(
    "no such file or directory, open '/nowhere/at/all'",
  )
  await expect(fileFingerprint(temporaryDirectory())).rejects.toMatchObject({ code: 'EISDIR' })
})
