import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { needsPermissions } from '../test/permissions.ts'
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
