import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isCacheError, ValueTypes } from '@stagcache/core'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, test } from 'vitest'
import { difference } from '../test/difference.ts'
import { needsZstandard } from '../test/needs.ts'
import { blobPaths, logPath, openStore } from '../test/stores.ts'
import { decode, encode } from './codec.ts'
import { Compressor, compressedEncoding, expand, expandNow } from './compression.ts'
import { DiskCache } from './disk-cache.ts'
import { stretchOf } from './stretch.ts'

const noTypes = new ValueTypes()

describe.each<[string, (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>]>([
  ['at once', payload => new Compressor().compressNow(payload)],
  ['beside the program', payload => new Compressor().compress(payload)],
])('a payload that is compressed %s', (_, compress) => {
  beforeEach(needsZstandard)

  const compressed = async (payload: Uint8Array) => Buffer.from(await compress(payload))

  test.each([512, 1000, 5000, 100_000, 3_000_000])('of %i bytes is expanded to what it was', async size => {
    const payload = Buffer.alloc(size, 'what repeats is made smaller')
    const small = await compressed(payload)
    expect(small.length).toBeLessThan(size / 2)
    expect(small[0]).toBe(compressedEncoding)
    expect(expandNow(stretchOf(small))).toEqual(payload)
    expect(await expand(stretchOf(small))).toEqual(payload)
  })

  test('is left as it is when it is short, or would not be smaller by a tenth', async () => {
    for (const payload of [
      Buffer.alloc(511),
      randomBytes(10_000),
      Buffer.concat([randomBytes(9500), Buffer.alloc(500)]),
    ])
      expect(await compress(payload)).toBe(payload)
    const justEnough = Buffer.concat([randomBytes(8800), Buffer.alloc(1200)])
    expect((await compressed(justEnough)).length).toBeLessThanOrEqual(9000)
  })

  test('is decoded, and its typed arrays are aligned and alone in their memory', async () => {
    for (const length of [200, 300, 1000, 7000]) {
      const value = {
        text: 'x',
        floats: new Float64Array(length).fill(1.5),
        again: new Map([['a', new Date(1)]]),
      }
      const small = await compressed(encode(value, noTypes, './test').kept().bytes as Uint8Array)
      expect(small[0]).toBe(compressedEncoding)
      const back = decode(stretchOf(Buffer.concat([small])), noTypes) as typeof value
      expect(difference(value, back)).toBeUndefined()
      expect(back.floats.byteOffset % 64).toBe(0)
      expect(back.floats.buffer.byteLength).toBeLessThan(8 * length + 256)
    }
  })
})

describe('what cannot have been compressed is an error', () => {
  const payload = Buffer.alloc(2000, 'payload')
  const good = () => Buffer.from(new Compressor().compressNow(payload))
  const withSize = (size: number) => {
    const bytes = good()
    bytes.writeUInt32LE(size, 1)
    return bytes
  }
  const nested = () =>
    Buffer.from(new Compressor().compressNow(Buffer.concat([good().subarray(0, 1), Buffer.alloc(2000)])))

  beforeEach(needsZstandard)

  test.each<[string, () => Buffer, string]>([
    ['nothing', () => Buffer.of(3), 'an impossible size'],
    ['a size that is too small', () => withSize(1999), 'larger than 1999 bytes'],
    ['a size that is too large', () => withSize(2001), 'another size'],
    ['a size beyond all memory', () => withSize(2 ** 32 - 1), 'an impossible size'],
    ['a size of nothing', () => withSize(0), 'an impossible size'],
    ['a frame that is cut off', () => good().subarray(0, -3), ''],
    [
      'something else in the place of the frame',
      () => Buffer.concat([good().subarray(0, 5), randomBytes(50)]),
      '',
    ],
    ['a compressed payload in a compressed payload', nested, 'in a compressed payload'],
  ])('%s', async (_, make, message) => {
    const bytes = make()
    expect(() => expandNow(stretchOf(bytes))).toThrow(message)
    await expect(expand(stretchOf(bytes))).rejects.toThrow(message)
    expect(() => decode(stretchOf(bytes), noTypes)).toThrow(message)
  })
})

describe('a runtime without Zstandard', () => {
  test('refuses to compress, and says what to do', () => {
    const error = caught(() => new Compressor({}))
    expect(isCacheError(error, 'unsupported')).toBe(true)
    expect(error).toMatchObject({
      name: 'UnsupportedCompressionError',
      message: expect.stringContaining(
        'Use Node.js 22.15, 23.8 or newer. Or leave out the option compression.',
      ),
    })
  })

  test('says what it cannot read', async () => {
    const bytes = stretchOf(Buffer.of(compressedEncoding, 0, 1, 0, 0))
    expect(() => expandNow(bytes, {})).toThrow('compressed with zstd, and this runtime has no Zstandard')
    await expect(expand(bytes, {})).rejects.toThrow('compressed with zstd')
  })

  function caught(action: () => unknown): unknown {
    try {
      return action()
    } catch (error) {
      return error
    }
  }
})

describe('a store that compresses', () => {
  const small = { text: 'x'.repeat(5000) }
  const large = { floats: new Float32Array(100_000).fill(0.5), file: 'large' }

  beforeEach(needsZstandard)

  test('takes less room, and its values are found by one that does not', async () => {
    const dir = temporaryDirectory()
    const store = openStore({ dir, compression: 'zstd' })
    await Promise.all([store.put('small', small), store.put('large', large), store.put('tiny', 1)])
    expect(statSync(logPath(dir)).size).toBeLessThan(2000)
    expect(blobPaths(dir).map(path => statSync(path).size)).toEqual([expect.toSatisfy(size => size < 5000)])
    for (const reader of [store, openStore({ dir })]) {
      expect(await reader.value('small')).toEqual(small)
      expect(await reader.value('large')).toEqual(large)
      expect(await reader.value('tiny')).toBe(1)
      expect(reader.events).toEqual([])
    }
  })

  test('leaves Blobs as they are', async () => {
    const dir = temporaryDirectory()
    const store = openStore({ dir, compression: 'zstd' })
    const blob = new Blob(['x'.repeat(10_000)])
    await store.put('a', { blob })
    expect(readFileSync(blobPaths(dir)[0] as string).includes('x'.repeat(10_000))).toBe(true)
    expect(await ((await store.value('a')) as { blob: Blob }).blob.text()).toBe(await blob.text())
  })

  test('takes the value as it is when it is called', async () => {
    const store = openStore({ dir: temporaryDirectory(), compression: 'zstd' })
    const floats = new Float32Array(100_000).fill(1)
    const stored = store.put('a', floats)
    floats.fill(2)
    await stored
    expect(await store.value('a')).toEqual(new Float32Array(100_000).fill(1))
  })
})

test.each(['gzip', true, null, ''])('a store is not made with %j', compression => {
  const options = { dir: temporaryDirectory(), compression } as never
  expect(() => openStore(options)).toThrow(/The option compression is/)
  expect(() => new DiskCache(options)).toThrow(/The option compression is/)
})
