import type { CacheError } from '@stagcache/core'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { openStore } from '../test/stores.ts'
import { type Files, nodeFiles } from './files.ts'
import { type FileSystem, networkOf } from './network.ts'

test.each<[NodeJS.Platform, number | undefined, string, string | undefined]>([
  ['linux', 0x6969, '/cache', 'NFS'],
  ['linux', 0xff534d42, '/cache', 'CIFS'],
  ['linux', 0xfe534d42, '/cache', 'SMB'],
  ['linux', 0x01021997, '/cache', '9P'],
  ['linux', 0xef53, '/cache', undefined],
  ['linux', 0x65735546, '/cache', undefined],
  ['linux', undefined, '/cache', undefined],
  ['linux', undefined, String.raw`\\server\share`, undefined],
  ['darwin', 0x6969, '/cache', undefined],
  ['win32', 0, String.raw`\\server\share\cache`, 'a network share'],
  ['win32', 0, String.raw`\\?\UNC\server\share`, 'a network share'],
  ['win32', 0, String.raw`\\?\C:\cache`, undefined],
  ['win32', 0, String.raw`C:\cache`, undefined],
])('on %s, type %s at %s is %s', (platform, type, path, network) => {
  expect(networkOf({ type, path }, platform)).toBe(network)
})

test('the file system of a directory is told without its links', async () => {
  const { type, path } = await nodeFiles.fileSystemOf(temporaryDirectory())
  expect(path).toMatch(/stagcache-test/)
  if (process.platform === 'linux') expect(type).toBeGreaterThan(0)
})

describe('a store', () => {
  function filesOn(system: () => FileSystem): { files: Files; asked: () => number } {
    let asked = 0
    const fileSystemOf = async () => {
      asked++
      return system()
    }
    return { files: { ...nodeFiles, fileSystemOf }, asked: () => asked }
  }

  // What Windows answers is told by the path, what others do by the type.
  const network = { type: 0x6969, path: String.raw`\\server\share` }

  test.skipIf(process.platform === 'darwin')(
    'on a network file system says so once, after its first write, and goes on',
    async () => {
      const { files, asked } = filesOn(() => network)
      const store = openStore({ dir: temporaryDirectory(), files })
      expect(await store.value('a')).toBeUndefined()
      expect(asked()).toBe(0)
      for (const value of [1, 2, 3]) await store.put('a', value)
      expect(await store.value('a')).toBe(3)
      await store.close()
      expect(asked()).toBe(1)
      expect(store.events).toMatchObject([{ type: 'error', error: { code: 'unsupported' } }])
      const [event] = store.events as { error: CacheError }[]
      expect(event?.error.message).toContain(JSON.stringify(store.dir))
      expect(event?.error.message).toMatch(/NFS|share.*local disk/)
    },
  )

  test('on a local one, or where that cannot be told, says nothing', async () => {
    for (const system of [
      () => ({ type: 0xef53, path: '/' }),
      () => {
        throw new Error('not known')
      },
    ]) {
      const store = openStore({ dir: temporaryDirectory(), files: filesOn(system).files })
      await store.put('a', 1)
      await store.close()
      expect(store.events).toEqual([])
    }
  })
})
