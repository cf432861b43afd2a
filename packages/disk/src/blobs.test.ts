import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, test } from 'vitest'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { Blobs } from './blobs.ts'
import { type Files, nodeFiles } from './files.ts'
import { startHash } from './hash.ts'

beforeAll(startHash)

const setUp = () => {
  const dir = join(temporaryDirectory(), 'blobs')
  return { dir, blobs: new Blobs(nodeFiles, dir, 0x0123456789abcdefn) }
}

describe('a blob', () => {
  test.each([0, 1, 1 << 20, (1 << 20) + 1, 5_000_001])('of %i bytes comes back as it was', async size => {
    const { blobs } = setUp()
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) >> 3)
    const reference = await blobs.write(bytes)
    expect(reference.size).toBe(size)
    const back = (await blobs.read(reference)) as Uint8Array
    expect(Buffer.from(back).equals(bytes)).toBe(true)
    expect(back.byteOffset).toBe(0)
  })

  test('has a name of its own, which tells its folder and its writer', async () => {
    const { dir, blobs } = setUp()
    const references = await Promise.all(Array.from({ length: 50 }, () => blobs.write(Buffer.from('same'))))
    expect(new Set(references.map(({ file }) => file)).size).toBe(50)
    for (const { file } of references) {
      expect(file).toMatch(/^[0-9a-f]{2}0123456789abcdef-[0-9a-z]+$/)
      expect(readdirSync(join(dir, file.slice(0, 2)))).toContain(file)
    }
  })

  test('is missing when it is gone or has another size, and damaged when it has other bytes', async () => {
    const { blobs } = setUp()
    const reference = await blobs.write(Buffer.from('content'))
    expect(await blobs.read({ ...reference, size: 8 })).toBe('missing')
    expect(await blobs.read({ ...reference, size: Number.NaN })).toBe('missing')
    expect(await blobs.read({ ...reference, checksum: 1n })).toBe('damaged')
    await blobs.remove(reference)
    expect(await blobs.read(reference)).toBe('missing')
    await blobs.remove(reference)
  })

  test('is written again when its folder was removed in the meantime', async () => {
    const { dir, blobs } = setUp()
    await blobs.write(Buffer.from('content'))
    rmSync(dir, { recursive: true })
    const reference = await blobs.write(Buffer.from('content'))
    expect(await blobs.read(reference)).toEqual(Buffer.from('content'))
  })

  test('that cannot be written leaves nothing behind', async () => {
    const { dir } = setUp()
    const files = hookedFiles({
      before: operation => {
        if (operation === 'writeWhole') throw systemError('ENOSPC')
      },
    })
    await expect(new Blobs(files, dir, 1n).write(Buffer.from('x'))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(readdirSync(dir, { recursive: true })).toHaveLength(1)
  })
})

test('a blob that no memory has room for is damaged', async () => {
  const refusing: Files = {
    ...nodeFiles,
    readWhole: () => Promise.reject(new RangeError('Array buffer allocation failed')),
  }
  const blobs = new Blobs(refusing, temporaryDirectory(), 1n)
  const reference = { file: `00${'0'.repeat(16)}-0`, size: 2 ** 40, checksum: 0n }
  expect(await blobs.read(reference)).toBe('damaged')
})
