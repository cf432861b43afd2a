import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { needsPermissions } from '../test/permissions.ts'
import { nodeFiles } from './files.ts'

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
    await nodeFiles.writeWhole(path, Buffer.from('new'))
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readFileSync(join(dir, 'old'), 'utf8')).toBe('old')
  })

  test('leaves nothing behind when it cannot be put in its place', async () => {
    const dir = temporaryDirectory()
    mkdirSync(join(dir, 'file'))
    await expect(nodeFiles.writeWhole(join(dir, 'file'), Buffer.from('new'))).rejects.toThrow()
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

test('a directory that does not exist has nothing in it', () => {
  expect(nodeFiles.list(join(temporaryDirectory(), 'none'))).toEqual([])
})
