import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { systemError } from '../test/hooked-files.ts'
import { wholeFiles } from './whole-files.ts'

vi.mock('node:fs/promises', { spy: true })

describe('a file that is published', () => {
  test('appears whole, and never in the place of another', () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'file')
    expect(wholeFiles.publish(path, Buffer.from('first'))).toBe(true)
    expect(wholeFiles.publish(path, Buffer.from('second'))).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('first')
    expect(readdirSync(dir)).toEqual(['file'])
  })

  test('does not follow a link that stands in its place', () => {
    const dir = temporaryDirectory()
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'file'))
    expect(wholeFiles.publish(join(dir, 'file'), Buffer.from('x'))).toBe(false)
    expect(readdirSync(dir)).toEqual(['file'])
  })
})

describe('a file that is written whole', () => {
  test.each([true, false])('is synced before it appears, if that is asked for (%s)', async isSynced => {
    const dir = temporaryDirectory()
    const path = join(dir, 'file')
    const found: string[][] = []
    vi.mocked(open).mockImplementationOnce(async (...parameters) => {
      const { open: really } = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises')
      const file = await really(...parameters)
      const sync = file.sync.bind(file)
      file.sync = () => {
        found.push([readFileSync(join(dir, readdirSync(dir)[0] ?? ''), 'utf8'), ...readdirSync(dir)])
        return sync()
      }
      return file
    })
    await wholeFiles.writeWhole(path, [Buffer.from('bytes')], isSynced)
    expect(found).toEqual(isSynced ? [['bytes', expect.stringMatching(/draft$/)]] : [])
    expect(readFileSync(path, 'utf8')).toBe('bytes')
  })

  test('takes the place of another at once', async () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'file')
    writeFileSync(path, 'old')
    linkSync(path, join(dir, 'old'))
    await wholeFiles.writeWhole(path, [Buffer.from('n'), Buffer.from('ew')])
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readFileSync(join(dir, 'old'), 'utf8')).toBe('old')
  })

  test('consists of its pieces, each of which may be used again after the next one', async () => {
    const path = join(temporaryDirectory(), 'file')
    const memory = [Buffer.alloc(1000), Buffer.alloc(1000)] as const
    await wholeFiles.writeWhole(
      path,
      (function* () {
        for (let piece = 0; piece < 50; piece++) yield memory[piece % 2]?.fill(piece) as Buffer
      })(),
    )
    const expected = Buffer.concat(Array.from({ length: 50 }, (_, piece) => Buffer.alloc(1000, piece)))
    expect(readFileSync(path).equals(expected)).toBe(true)
  })

  test('is complete when the system writes less at a time than it is given', async () => {
    const path = join(temporaryDirectory(), 'file')
    const handles = await fileHandles()
    const { write } = handles
    const short = vi.spyOn(handles, 'write').mockImplementation(function (
      this: FileHandle,
      bytes: Uint8Array,
      offset: number,
      length: number,
    ) {
      return (write as (...args: unknown[]) => unknown).call(this, bytes, offset, Math.min(length, 7))
    } as never)
    await wholeFiles.writeWhole(path, [Buffer.from('more than seven bytes'), Buffer.from(', and more')])
    short.mockRestore()
    expect(readFileSync(path, 'utf8')).toBe('more than seven bytes, and more')
  })

  test.each(['ENOSPC', 'EIO'])(
    'leaves nothing behind when writing fails with %s, early or late',
    async code => {
      const handles = await fileHandles()
      for (const failing of [0, 1, 2]) {
        const dir = temporaryDirectory()
        let count = 0
        const { write } = handles
        const spy = vi.spyOn(handles, 'write').mockImplementation(function (
          this: FileHandle,
          ...rest: never[]
        ) {
          if (count++ === failing) return Promise.reject(systemError(code))
          return (write as (...args: never[]) => unknown).apply(this, rest)
        } as never)
        const pieces = [1, 2, 3].map(piece => Buffer.alloc(10, piece))
        await expect(wholeFiles.writeWhole(join(dir, 'file'), pieces)).rejects.toMatchObject({ code })
        spy.mockRestore()
        expect(readdirSync(dir)).toEqual([])
      }
    },
  )

  test('leaves nothing behind when a piece cannot be had', async () => {
    const dir = temporaryDirectory()
    const pieces = (function* () {
      yield Buffer.from('first')
      throw new Error('no more')
    })()
    await expect(wholeFiles.writeWhole(join(dir, 'file'), pieces)).rejects.toThrow('no more')
    expect(readdirSync(dir)).toEqual([])
  })

  test.each(['EBUSY', 'EPERM', 'EACCES'])(
    'is put in its place again while that fails with %s',
    async code => {
      const dir = temporaryDirectory()
      for (let failure = 0; failure < 3; failure++) vi.mocked(rename).mockRejectedValueOnce(systemError(code))
      await wholeFiles.writeWhole(join(dir, 'file'), [Buffer.from('new')])
      expect(readdirSync(dir)).toEqual(['file'])
    },
  )

  test('leaves nothing behind when it cannot be put in its place', async () => {
    const dir = temporaryDirectory()
    mkdirSync(join(dir, 'file'))
    await expect(wholeFiles.writeWhole(join(dir, 'file'), [Buffer.from('new')])).rejects.toThrow()
    expect(readdirSync(dir)).toEqual(['file'])
  })
})

describe('a file that is read', () => {
  const bytes = Buffer.alloc(3_000_001, 'bytes that do not repeat in step with its parts')

  function written(): string {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, bytes)
    return path
  }

  test('is passed on in parts, in order, whether it is kept or not', async () => {
    const parts: Buffer[] = []
    const collect = (part: Uint8Array) => void parts.push(Buffer.from(part))
    expect((await wholeFiles.readWhole(written(), bytes.length, collect))?.equals(bytes)).toBe(true)
    expect(Buffer.concat(parts.splice(0)).equals(bytes)).toBe(true)
    expect(await wholeFiles.readThrough(written(), bytes.length, collect)).toBe(true)
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  test('may be read at its beginning only', () => {
    expect(wholeFiles.readBeginning(written(), bytes.length, 10)).toEqual(bytes.subarray(0, 10))
    const path = join(temporaryDirectory(), 'short')
    writeFileSync(path, 'abc')
    expect(wholeFiles.readBeginning(path, 3, 10)).toEqual(Buffer.from('abc'))
  })

  test.each<[string, (path: string) => void]>([
    ['is gone', () => {}],
    ['is shorter', path => writeFileSync(path, 'short')],
    ['is longer', path => writeFileSync(path, Buffer.concat([bytes, bytes]))],
    ['is a folder', path => mkdirSync(path)],
    ['is a link', path => symlinkSync(written(), path)],
  ])('is not there when it %s', async (_, change) => {
    const path = written()
    rmSync(path)
    change(path)
    expect(await wholeFiles.readWhole(path, bytes.length, () => {})).toBeUndefined()
    expect(await wholeFiles.readThrough(path, bytes.length, () => {})).toBe(false)
    expect(wholeFiles.readBeginning(path, bytes.length, 10)).toBeUndefined()
  })

  test('as a Blob has its bytes, and is not there when it is gone', async () => {
    const path = written()
    const blob = await wholeFiles.openAsBlob(path)
    expect(await blob?.slice(2_000_000, 2_000_020).text()).toBe(bytes.toString('utf8', 2_000_000, 2_000_020))
    rmSync(path)
    expect(await wholeFiles.openAsBlob(path)).toBeUndefined()
  })

  test('has another state when it was changed or replaced, and none when it is gone', () => {
    const path = written()
    const states = [wholeFiles.stateAt(path), wholeFiles.stateAt(path)]
    expect(states[0]).toBe(states[1])
    utimesSync(path, 1, 1)
    states.push(wholeFiles.stateAt(path))
    rmSync(path)
    writeFileSync(path, bytes)
    states.push(wholeFiles.stateAt(path))
    expect(new Set(states).size).toBe(3)
    rmSync(path)
    expect(wholeFiles.stateAt(path)).toBeUndefined()
  })
})

// What all open files of `node:fs/promises` share.
async function fileHandles(): Promise<FileHandle> {
  const file = await open(join(temporaryDirectory(), 'any'), 'w')
  await file.close()
  return Object.getPrototypeOf(file)
}
