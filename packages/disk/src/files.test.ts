import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemError } from '../test/hooked-files.ts'
import { needsPermissions } from '../test/permissions.ts'
import { nodeFiles } from './files.ts'

vi.mock('node:fs/promises', { spy: true })

describe('a file that is published', () => {
  test('appears whole, and never in the place of another', () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'file')
    expect(nodeFiles.publish(path, Buffer.from('first'))).toBe(true)
    expect(nodeFiles.publish(path, Buffer.from('second'))).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('first')
    expect(readdirSync(dir)).toEqual(['file'])
  })

  test('does not follow a link that stands in its place', () => {
    const dir = temporaryDirectory()
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'file'))
    expect(nodeFiles.publish(join(dir, 'file'), Buffer.from('x'))).toBe(false)
    expect(readdirSync(dir)).toEqual(['file'])
  })
})

describe('a file that is written whole', () => {
  test('takes the place of another at once', async () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'file')
    writeFileSync(path, 'old')
    linkSync(path, join(dir, 'old'))
    await nodeFiles.writeWhole(path, [Buffer.from('n'), Buffer.from('ew')])
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readFileSync(join(dir, 'old'), 'utf8')).toBe('old')
  })

  test('consists of its pieces, each of which may be used again after the next one', async () => {
    const path = join(temporaryDirectory(), 'file')
    const memory = [Buffer.alloc(1000), Buffer.alloc(1000)] as const
    await nodeFiles.writeWhole(
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
    await nodeFiles.writeWhole(path, [Buffer.from('more than seven bytes'), Buffer.from(', and more')])
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
        await expect(nodeFiles.writeWhole(join(dir, 'file'), pieces)).rejects.toMatchObject({ code })
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
    await expect(nodeFiles.writeWhole(join(dir, 'file'), pieces)).rejects.toThrow('no more')
    expect(readdirSync(dir)).toEqual([])
  })

  test.each(['EBUSY', 'EPERM', 'EACCES'])(
    'is put in its place again while that fails with %s',
    async code => {
      const dir = temporaryDirectory()
      for (let failure = 0; failure < 3; failure++) vi.mocked(rename).mockRejectedValueOnce(systemError(code))
      await nodeFiles.writeWhole(join(dir, 'file'), [Buffer.from('new')])
      expect(readdirSync(dir)).toEqual(['file'])
    },
  )

  test('leaves nothing behind when it cannot be put in its place', async () => {
    const dir = temporaryDirectory()
    mkdirSync(join(dir, 'file'))
    await expect(nodeFiles.writeWhole(join(dir, 'file'), [Buffer.from('new')])).rejects.toThrow()
    expect(readdirSync(dir)).toEqual(['file'])
  })
})

describe('a log', () => {
  test('is opened for appending, and is never made by that', () => {
    const path = join(temporaryDirectory(), 'log')
    expect(nodeFiles.openLog(path)).toBeUndefined()
    writeFileSync(path, 'abc')
    const log = nodeFiles.openLog(path)
    expect(log?.writable).toBe(true)
    expect(log?.append(Buffer.from('def'))).toBe(3)
    const bytes = Buffer.alloc(10)
    expect(log?.read(bytes, 1)).toBe(5)
    expect(bytes.toString('latin1', 0, 5)).toBe('bcdef')
    expect(log?.identity).toBe(nodeFiles.identityAt(path))
    expect(log?.status()).toEqual({ size: 6, linked: true })
    log?.close()
  })

  test('without permission to write is opened for reading', context => {
    needsPermissions(context)
    const path = join(temporaryDirectory(), 'log')
    writeFileSync(path, 'abc')
    chmodSync(path, 0o400)
    const log = nodeFiles.openLog(path)
    expect(log?.writable).toBe(false)
    log?.close()
  })
})

describe('a mark', () => {
  test('is an empty file, unless something is there', () => {
    const dir = temporaryDirectory()
    nodeFiles.mark(join(dir, 'new'))
    expect(readFileSync(join(dir, 'new'), 'utf8')).toBe('')
    writeFileSync(join(dir, 'old'), 'old')
    nodeFiles.mark(join(dir, 'old'))
    expect(readFileSync(join(dir, 'old'), 'utf8')).toBe('old')
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'link'))
    nodeFiles.mark(join(dir, 'link'))
    expect(readdirSync(dir).sort()).toEqual(['link', 'new', 'old'])
  })

  test('needs a folder', () => {
    expect(() => nodeFiles.mark(join(temporaryDirectory(), 'none', 'file'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
  })
})

test('a file is removed at once, if there is one', () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'file'), '')
  symlinkSync(join(dir, 'file'), join(dir, 'link'))
  nodeFiles.removeNow(join(dir, 'link'))
  expect(readdirSync(dir)).toEqual(['file'])
  nodeFiles.removeNow(join(dir, 'file'))
  nodeFiles.removeNow(join(dir, 'file'))
  expect(readdirSync(dir)).toEqual([])
})

test('a file is moved to the place of another', () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'from'), 'from')
  writeFileSync(join(dir, 'to'), 'to')
  nodeFiles.move(join(dir, 'from'), join(dir, 'to'))
  expect(readdirSync(dir)).toEqual(['to'])
  expect(readFileSync(join(dir, 'to'), 'utf8')).toBe('from')
})

test('a socket is told from a link to one, from a file and from nothing', async () => {
  const dir = temporaryDirectory()
  const server = createServer().listen(join(dir, 'socket'))
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  symlinkSync(join(dir, 'socket'), join(dir, 'link'))
  writeFileSync(join(dir, 'file'), '')
  const names = ['socket', 'link', 'file', 'none']
  expect(names.filter(name => nodeFiles.isSocket(join(dir, name)))).toEqual(['socket'])
})

describe('a shortcut', () => {
  test('is a short path to a folder, in one that nobody else may enter, until it is removed', () => {
    const dir = join(temporaryDirectory(), 'd'.repeat(200))
    mkdirSync(dir)
    writeFileSync(join(dir, 'file'), 'content')
    const shortcut = nodeFiles.shortcut(dir)
    expect(shortcut.path.length).toBeLessThan(tmpdir().length + 25)
    expect(statSync(dirname(shortcut.path)).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(shortcut.path, 'file'), 'utf8')).toBe('content')
    shortcut.remove()
    expect(existsSync(dirname(shortcut.path))).toBe(false)
    expect(readdirSync(dir)).toEqual(['file'])
  })

  test('that cannot be made leaves nothing behind', () => {
    const temporary = temporaryDirectory()
    vi.stubEnv('TMPDIR', temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(() => nodeFiles.shortcut('x'.repeat(10_000))).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG' }),
    )
    expect(readdirSync(temporary)).toEqual([])
  })
})
// What all open files of `node:fs/promises` share.
async function fileHandles(): Promise<FileHandle> {
  const file = await open(join(temporaryDirectory(), 'any'), 'w')
  await file.close()
  return Object.getPrototypeOf(file)
}

test('a directory that does not exist has nothing in it', () => {
  expect(nodeFiles.list(join(temporaryDirectory(), 'none'))).toEqual([])
})
