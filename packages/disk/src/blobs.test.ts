import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, test } from 'vitest'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { Blobs } from './blobs.ts'
import { type Files, nodeFiles } from './files.ts'
import { checksum, startHash } from './hash.ts'
import { Payload } from './payload.ts'

beforeAll(startHash)

const content = Payload.of(Buffer.from('content'))

const setUp = () => {
  const dir = join(temporaryDirectory(), 'blobs')
  return { dir, blobs: new Blobs(nodeFiles, dir, 0x0123456789abcdefn) }
}

describe('a blob', () => {
  test.each([0, 1, 1 << 20, (1 << 20) + 1, 5_000_001])('of %i bytes comes back as it was', async size => {
    const { blobs } = setUp()
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) >> 3)
    const reference = await blobs.write(Payload.of(bytes))
    expect(reference.size).toBe(size)
    const back = (await blobs.read(reference)) as Uint8Array
    expect(Buffer.from(back).equals(bytes)).toBe(true)
    expect(back.byteOffset).toBe(0)
  })

  test('has a name of its own, which tells its folder and its writer', async () => {
    const { dir, blobs } = setUp()
    const references = await Promise.all(
      Array.from({ length: 50 }, () => blobs.write(Payload.of(Buffer.from('same')))),
    )
    expect(new Set(references.map(({ file }) => file)).size).toBe(50)
    for (const { file } of references) {
      expect(file).toMatch(/^[0-9a-f]{2}0123456789abcdef-[0-9a-z]+$/)
      expect(readdirSync(join(dir, file.slice(0, 2)))).toContain(file)
    }
  })

  test('is missing when it is gone or has another size, and damaged when it has other bytes', async () => {
    const { blobs } = setUp()
    const reference = await blobs.write(content)
    expect(await blobs.read({ ...reference, size: 8 })).toBe('missing')
    expect(await blobs.read({ ...reference, size: Number.NaN })).toBe('missing')
    expect(await blobs.read({ ...reference, checksum: 1n })).toBe('damaged')
    await blobs.remove(reference)
    expect(await blobs.read(reference)).toBe('missing')
    await blobs.remove(reference)
  })

  test('is written again when its folder was removed in the meantime', async () => {
    const { dir, blobs } = setUp()
    await blobs.write(content)
    rmSync(dir, { recursive: true })
    const reference = await blobs.write(content)
    expect(await blobs.read(reference)).toEqual(Buffer.from('content'))
  })

  test('that cannot be written leaves nothing behind', async () => {
    const { dir } = setUp()
    const files = hookedFiles({
      before: operation => {
        if (operation === 'writeWhole') throw systemError('ENOSPC')
      },
    })
    await expect(new Blobs(files, dir, 1n).write(content)).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(readdirSync(dir, { recursive: true })).toHaveLength(1)
  })
})

describe('memory of the value itself', () => {
  const borrowed = (bytes: Uint8Array) => new Payload([Buffer.from('front'), bytes], 5 + bytes.length, true)

  test('is stored as it is', async () => {
    const { blobs } = setUp()
    const bytes = Buffer.alloc(20_000_000, 'something that does not repeat in step with a piece')
    const reference = await blobs.write(borrowed(bytes))
    const whole = Buffer.concat([Buffer.from('front'), bytes])
    expect(reference).toMatchObject({ size: whole.length, checksum: checksum(whole, 0n) })
    expect(whole.equals((await blobs.read(reference)) as Buffer)).toBe(true)
  })

  test.each([
    ['at the beginning', 0],
    ['at the end', 39_999_999],
  ])(
    'that is changed %s while it is being written is refused, and leaves nothing behind',
    async (_, place) => {
      const { dir } = setUp()
      const bytes = new Uint8Array(40_000_000)
      const files: Files = {
        ...nodeFiles,
        writeWhole: (path, pieces) => {
          bytes[place] = 1
          return nodeFiles.writeWhole(path, pieces)
        },
      }
      const written = new Blobs(files, dir, 1n).write(borrowed(bytes))
      await expect(written).rejects.toThrow('the value was changed while it was being stored')
      expect(filesIn(dir)).toEqual([])
    },
  )

  test('that is changed after some of it was looked at is refused', async () => {
    const { dir, blobs } = setUp()
    const bytes = new Uint8Array(40_000_000)
    const written = blobs.write(borrowed(bytes))
    bytes.fill(1)
    await expect(written).rejects.toThrow('the value was changed')
    expect(filesIn(dir)).toEqual([])
  })

  test.each(['before', 'after'])('that is taken away %s it is looked at is refused', async when => {
    const { dir, blobs } = setUp()
    const bytes = new Uint8Array(40_000_000)
    const payload = borrowed(bytes)
    if (when === 'before') structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    const written = blobs.write(payload)
    if (when === 'after') structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    await expect(written).rejects.toThrow('the value was changed')
    expect(existsSync(dir) ? filesIn(dir) : []).toEqual([])
  })

  test('that is changed between being hashed and being written is stored as it was hashed', async () => {
    const bytes = new Uint8Array(100_000).fill(1)
    const files: Files = {
      ...nodeFiles,
      writeWhole: (path, pieces) =>
        nodeFiles.writeWhole(
          path,
          (async function* () {
            for await (const piece of pieces) {
              bytes.fill(2)
              yield piece
            }
          })(),
        ),
    }
    const blobs = new Blobs(files, temporaryDirectory(), 1n)
    const reference = await blobs.write(new Payload([bytes], bytes.length, true))
    expect(await blobs.read(reference)).toEqual(Buffer.alloc(100_000, 1))
  })

  test('is looked at in slices, so that the program goes on', async () => {
    let turns = 0
    let turnsBefore = 0
    const files: Files = {
      ...nodeFiles,
      writeWhole: (path, pieces) => {
        turnsBefore = turns
        return nodeFiles.writeWhole(path, pieces)
      },
    }
    const count = () => {
      turns++
      counting = setImmediate(count)
    }
    let counting = setImmediate(count)
    await new Blobs(files, temporaryDirectory(), 1n).write(borrowed(new Uint8Array(100_000_000)))
    clearImmediate(counting)
    expect(turnsBefore).toBeGreaterThan(4)
  })

  function filesIn(dir: string): string[] {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(({ name }) => name)
  }
})

test('a blob that no memory has room for is too large', async () => {
  const refusing: Files = {
    ...nodeFiles,
    readWhole: () => Promise.reject(new RangeError('Array buffer allocation failed')),
  }
  const blobs = new Blobs(refusing, temporaryDirectory(), 1n)
  const reference = { file: `00${'0'.repeat(16)}-0`, size: 2 ** 40, checksum: 0n }
  expect(await blobs.read(reference)).toBe('too large for the memory of this process')
})
