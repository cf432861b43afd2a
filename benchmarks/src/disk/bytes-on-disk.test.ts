import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'
import { bytesOnDisk } from './bytes-on-disk.ts'

test('a directory occupies at least the bytes of all files in it and below it', () => {
  const dir = temporaryDirectory()
  const empty = bytesOnDisk(dir)
  mkdirSync(join(dir, 'deep', 'deeper'), { recursive: true })
  for (const path of ['one', 'deep/two', 'deep/deeper/three'])
    writeFileSync(join(dir, path), Buffer.alloc(100_000, 1))
  expect(empty).toBe(0)
  expect(bytesOnDisk(dir)).toBeGreaterThanOrEqual(300_000)
  expect(bytesOnDisk(dir)).toBeLessThan(400_000)
})
