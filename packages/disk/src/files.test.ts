import { once } from 'node:events'
import * as namespace from 'node:fs'
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, onTestFinished, type TestContext, test, vi } from 'vitest'

import { needsPermissions, needsReplaceable } from '../test/needs.ts'
import { nodeFiles } from './files.ts'

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
    expect(log?.status()).toEqual({ size: 6, links: 1 })
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

describe('a directory that is moved while it is being made', () => {
  /** Where it was there as Node tried to make it, and was not as Node looked what it is; or where its parent was not there. */
  function moved(context: TestContext, change: (path: string) => void, code = 'EEXIST') {
    const path = join(temporaryDirectory(), 'moved')
    const { mkdirSync } = fs
    const exchange = (replacement: typeof mkdirSync) => {
      fs.mkdirSync = replacement
      syncBuiltinESMExports()
    }
    onTestFinished(() => exchange(mkdirSync))
    exchange((() => {
      exchange(mkdirSync)
      change(path)
      throw Object.assign(new Error(`${code}: mkdir`), { code })
    }) as typeof mkdirSync)
    needsReplaceable(context, namespace.mkdirSync !== mkdirSync)
    return path
  }

  test('is there, if it is back', context => {
    const path = moved(context, path => mkdirSync(path))
    expect(nodeFiles.makeDirectory(path)).toBeUndefined()
  })

  test('is there, if somebody else has made it before it is tried again', context => {
    const path = moved(context, path => mkdirSync(path), 'ENOENT')
    expect(nodeFiles.makeDirectory(path)).toBeUndefined()
  })

  test('is missing, if it is not', context => {
    const path = moved(context, () => {})
    expect(() => nodeFiles.makeDirectory(path)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })

  test('cannot be made where something else has taken its place', context => {
    const path = moved(context, path => writeFileSync(path, ''))
    expect(() => nodeFiles.makeDirectory(path)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  })
})

test('a directory that does not exist has nothing in it', () => {
  expect(nodeFiles.list(join(temporaryDirectory(), 'none'))).toEqual([])
})
