import {
  appendFileSync,
  existsSync,
  openAsBlob,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { needsFilesAsBlobs, needsLazyBlobs, needsZstandard } from '../test/needs.ts'
import { openStore } from '../test/stores.ts'
import { type BlobContent, Blobs } from './blobs.ts'
import { Compressor } from './compression.ts'
import { type Files, nodeFiles } from './files.ts'
import { checksum, startHash } from './hash.ts'
import { Payload } from './payload.ts'
import type { BlobReference } from './value-record.ts'

beforeAll(startHash)

const content = new Payload([Buffer.from('content')])

async function memoryOf(blobs: Blobs, reference: BlobReference): Promise<Buffer> {
  return ((await blobs.read(reference)) as BlobContent).memory
}

const setUp = () => {
  const dir = join(temporaryDirectory(), 'blobs')
  return { dir, blobs: new Blobs(nodeFiles, dir, 0x0123456789abcdefn) }
}

describe('a blob', () => {
  test.each([0, 1, 1 << 20, (1 << 20) + 1, 5_000_001])('of %i bytes comes back as it was', async size => {
    const { blobs } = setUp()
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) >> 3)
    const reference = await blobs.write(new Payload([bytes]))
    expect(reference.size).toBe(size)
    const back = await memoryOf(blobs, reference)
    expect(Buffer.from(back).equals(bytes)).toBe(true)
    expect(back.byteOffset).toBe(0)
  })

  test('is not removed here while it is being read here', async () => {
    let open = () => {}
    const opened = new Promise<void>(resolve => {
      open = resolve
    })
    const files: Files = {
      ...nodeFiles,
      readWhole: async (...what) => {
        await opened
        return nodeFiles.readWhole(...what)
      },
    }
    const blobs = new Blobs(files, temporaryDirectory(), 1n)
    const reference = await blobs.write(content)
    const reads = [memoryOf(blobs, reference), memoryOf(blobs, reference)]
    expect(blobs.isBeingRead(reference)).toBe(true)
    const removal = blobs.remove(reference)
    await Promise.race([removal, setTimeout(50)])
    open()
    expect((await Promise.all(reads)).map(String)).toEqual(['content', 'content'])
    await removal
    expect(blobs.isBeingRead(reference)).toBe(false)
    expect(await blobs.read(reference)).toBe('missing')
  })

  test('that is compressed is expanded before it is handed out', async context => {
    needsZstandard(context)
    const dir = temporaryDirectory()
    const blobs = new Blobs(nodeFiles, dir, 1n, { compressor: new Compressor() })
    const bytes = Buffer.alloc(300_000, 'what repeats')
    const reference = await blobs.write(new Payload([bytes]))
    expect(reference.size).toBeLessThan(1000)
    expect((await memoryOf(blobs, reference)).equals(bytes)).toBe(true)
    const nonsense = await blobs.write(new Payload([Buffer.of(3, 0, 2, 0, 0, 1, 2, 3, 4)]))
    expect(await blobs.read(nonsense)).toEqual(expect.any(String))
  })

  test('has a name of its own, which tells its folder and its writer', async () => {
    const { dir, blobs } = setUp()
    const references = await Promise.all(
      Array.from({ length: 50 }, () => blobs.write(new Payload([Buffer.from('same')]))),
    )
    expect(new Set(references.map(({ file }) => file)).size).toBe(50)
    for (const { file } of references) {
      expect(file).toMatch(/^[0-9a-f]{2}0123456789abcdef-[0-9a-z]+$/)
      expect(readdirSync(join(dir, file.slice(0, 2)))).toContain(file)
    }
  })

  test('lies in one folder with those before and after it, so that few folders have to be made', async () => {
    const { dir, blobs } = setUp()
    for (let count = 0; count < 40; count++) await blobs.write(content)
    expect(readdirSync(dir)).toHaveLength(3)
  })

  test.each([
    ['.png', true],
    ['.tar.gz', false],
    ['.PNG', false],
    ['./a', false],
    ['.', false],
    ['.draft', false],
    [`.${'a'.repeat(16)}`, false],
  ])('may have the extension %s: %s', async (extension, may) => {
    const { dir, blobs } = setUp()
    const reference = await blobs.write(new Payload([new Uint8Array(8)]))
    const file = `${reference.file}${extension}`
    const path = join(dir, reference.file.slice(0, 2), reference.file)
    if (!extension.includes('/')) renameSync(path, `${path}${extension}`)
    const read = await blobs.read({ ...reference, file })
    expect(read).toEqual(may ? { memory: Buffer.alloc(8), blobs: undefined } : 'damaged')
    expect([...blobs.all()].some(blob => blob.file === file)).toBe(may)
    await blobs.remove({ file })
    expect([...blobs.all()].some(blob => blob.file === file)).toBe(false)
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
    expect(await memoryOf(blobs, reference)).toEqual(Buffer.from('content'))
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

describe('a Blob in a value', () => {
  const file = new File(['0123456789'.repeat(20_000)], 'name', { type: 'a/b' })
  const front = Buffer.concat([Buffer.from([2]), Buffer.alloc(23)])
  front.writeDoubleLE(front.length, 16)
  const payload = new Payload([front], [file, new Blob(['and more'])])

  test('is read from the file when its bytes are asked for', async () => {
    const { blobs } = setUp()
    const { memory, blobs: rest } = (await blobs.read(await blobs.write(payload))) as BlobContent
    expect(memory).toEqual(front)
    expect(rest?.size).toBe(200_008)
    expect(await rest?.slice(199_998, 200_003).text()).toBe('89and')
    expect(await rest?.slice(0, file.size).text()).toBe(await file.text())
    let read = 0
    for await (const part of rest?.stream() ?? []) read += part.length
    expect(read).toBe(200_008)
  })

  test('rejects when its bytes are asked for and the file is gone, or was changed', async context => {
    await needsLazyBlobs(context)
    const { dir, blobs } = setUp()
    for (const change of [rmSync, (path: string) => appendFileSync(path, 'x')]) {
      const reference = await blobs.write(payload)
      const { blobs: rest } = (await blobs.read(reference)) as BlobContent
      change(pathOf(dir, reference))
      await expect(rest?.arrayBuffer()).rejects.toThrow()
      await expect(rest?.slice(1, 2).text()).rejects.toThrow()
      expect(await blobs.read(reference)).toBe('missing')
    }
  })

  test.each([0, 16, 23, 24, 100_000, 200_031])('is damaged when byte %i of its file is', async place => {
    const { dir, blobs } = setUp()
    const reference = await blobs.write(payload)
    const bytes = readFileSync(pathOf(dir, reference))
    bytes[place] = (bytes[place] as number) ^ 0x21
    writeFileSync(pathOf(dir, reference), bytes)
    expect(await blobs.read(reference)).toBe('damaged')
  })

  test('is damaged when its file was changed after an earlier read', async () => {
    const { dir, blobs } = setUp()
    const reference = await blobs.write(payload)
    const path = pathOf(dir, reference)
    // Two writes right after each other may have one time.
    utimesSync(path, 1, 1)
    await blobs.read(reference)
    writeFileSync(path, readFileSync(path).fill('x', 1000, 1001))
    expect(await blobs.read(reference)).toBe('damaged')
  })

  test('is verified once, as long as its file is not changed', async () => {
    const dir = temporaryDirectory()
    const operations: string[] = []
    const files = hookedFiles({ before: operation => void operations.push(operation) })
    const reads = () => operations.filter(operation => operation === 'readThrough').length
    const blobs = new Blobs(files, dir, 1n)
    const reference = await blobs.write(payload)
    for (let read = 0; read < 3; read++) await blobs.read(reference)
    expect(reads()).toBe(1)
    utimesSync(pathOf(dir, reference), 1, 1)
    expect(await blobs.read(reference)).toMatchObject({ memory: front })
    expect(reads()).toBe(2)
  })

  test('is damaged when its file is changed between being verified and being opened', async () => {
    const dir = temporaryDirectory()
    const files = hookedFiles({
      before: (operation, path) => operation === 'openAsBlob' && writeFileSync(path, 'x', { flag: 'r+' }),
    })
    const blobs = new Blobs(files, dir, 1n)
    expect(await blobs.read(await blobs.write(payload))).toBe('damaged')
  })

  test('is missing when its file goes after it was opened', async context => {
    await needsLazyBlobs(context)
    let looks = 0
    const files: Files = {
      ...nodeFiles,
      stateAt(path) {
        const state = nodeFiles.stateAt(path)
        if (++looks === 2) rmSync(path)
        return state
      },
    }
    const blobs = new Blobs(files, temporaryDirectory(), 1n)
    expect(await blobs.read(await blobs.write(payload))).toBe('missing')
  })

  test('is not looked for before it is kept', async () => {
    const { blobs } = setUp()
    const reference = await blobs.write(payload)
    const remove = async () => {
      blobs.removeNow(reference)
      return true
    }
    expect(await blobs.read(reference, remove)).toBe('missing')
  })

  test('is read into memory where nobody can see to it that it stays', async () => {
    const { blobs } = setUp()
    const reference = await blobs.write(payload)
    const content = await blobs.read(reference, async () => false)
    await blobs.remove(reference)
    expect(content).toMatchObject({ memory: front })
    const { blobs: bytes } = content as BlobContent
    expect(await bytes?.text()).toBe(`${await file.text()}and more`)
  })

  test('that cannot be opened now is not missing: it is there, and nothing is known of it', async () => {
    const unreadable = {
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('no descriptor left')) }),
    }
    const files: Files = { ...nodeFiles, openAsBlob: async () => unreadable as unknown as Blob }
    const dir = temporaryDirectory()
    const reference = await new Blobs(nodeFiles, dir, 1n).write(payload)
    await expect(new Blobs(files, dir, 2n).read(reference)).rejects.toThrow('no descriptor left')
  })

  test('whose file is gone is refused, and leaves nothing behind', async context => {
    await needsFilesAsBlobs(context)
    const { dir, blobs } = setUp()
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'x'.repeat(100_000))
    const gone = await openAsBlob(path)
    rmSync(path)
    await expect(blobs.write(new Payload([front], [file, gone]))).rejects.toThrow()
    expect(filesIn(dir)).toEqual([])
  })

  test('that has fewer bytes than it says is refused, and leaves nothing behind', async () => {
    const { dir, blobs } = setUp()
    const short = Object.defineProperty(new Blob(['abc']), 'size', { value: 4 })
    await expect(blobs.write(new Payload([front], [short]))).rejects.toThrow('not as many bytes')
    expect(filesIn(dir)).toEqual([])
  })

  test('behind memory of the value itself is stored with it', async () => {
    const { blobs } = setUp()
    const own = Buffer.alloc(3_000_000, 'own')
    const other = Buffer.from(front)
    other.writeDoubleLE(front.length + own.length, 16)
    const reference = await blobs.write(new Payload([other, own], [file], true))
    const { memory, blobs: rest } = (await blobs.read(reference)) as BlobContent
    expect(memory.equals(Buffer.concat([other, own]))).toBe(true)
    expect(await rest?.text()).toBe(await file.text())
  })

  test('is stored and found in an entry, and can be stored again', async () => {
    leaves('unnamed-blob')
    const dir = temporaryDirectory()
    const store = openStore({ dir })
    const small = new Blob(['small'])
    const value = { file, small, samples: new Float32Array([1, 2]), when: new Date(1) }
    await Promise.all([store.put('a', value), store.put('b', small)])
    const first = (await openStore({ dir }).value('a')) as typeof value
    expect(first).toMatchObject({ samples: value.samples, when: value.when })
    await store.put('c', { again: first.file })
    await store.remove('a')
    const { again } = (await openStore({ dir }).value('c')) as { again: File }
    expect([again.name, again.type, again.lastModified]).toEqual(['name', 'a/b', file.lastModified])
    expect(await again.text()).toBe(await file.text())
    expect(await ((await store.value('b')) as Blob).text()).toBe('small')
    // Its entry is gone, but the one who got it is still alive.
    expect(await first.file.text()).toBe(await file.text())
    expect(store.events).toEqual([])
  })

  function pathOf(dir: string, { file }: BlobReference): string {
    return join(dir, file.slice(0, 2), file)
  }
})

describe('memory of the value itself', () => {
  const borrowed = (bytes: Uint8Array) => new Payload([Buffer.from('front'), bytes], [], true)

  test('is stored as it is', async () => {
    const { blobs } = setUp()
    const bytes = Buffer.alloc(20_000_000, 'something that does not repeat in step with a piece')
    const reference = await blobs.write(borrowed(bytes))
    const whole = Buffer.concat([Buffer.from('front'), bytes])
    expect(reference).toMatchObject({ size: whole.length, checksum: checksum(whole, 0n) })
    expect(whole.equals(await memoryOf(blobs, reference))).toBe(true)
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
    const reference = await blobs.write(new Payload([bytes], [], true))
    expect(await memoryOf(blobs, reference)).toEqual(Buffer.alloc(100_000, 1))
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
})

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ name }) => name)
}

test('a blob that no memory has room for is too large', async () => {
  const refusing: Files = {
    ...nodeFiles,
    readBeginning: () => Buffer.alloc(24),
    readWhole: () => Promise.reject(new RangeError('Array buffer allocation failed')),
  }
  const blobs = new Blobs(refusing, temporaryDirectory(), 1n)
  const reference = { file: `00${'0'.repeat(16)}-0`, size: 2 ** 40, checksum: 0n }
  expect(await blobs.read(reference)).toBe('too large for the memory of this process')
})
