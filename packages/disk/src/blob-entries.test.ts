import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { expect, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { systemError } from '../test/hooked-files.ts'
import { entryOf, logPath, openStore } from '../test/stores.ts'
import { nodeFiles } from './files.ts'
import { signRecord } from './record.ts'
import { valueRecord } from './value-record.ts'

/*
 * Entries whose value is a file of its own, where something about that file is not as usual. Only what is gone or damaged is
 * lost, and nothing that can be read again.
 */

test('a Blob whose file gets a second link while it is verified, by a copy, is found', async () => {
  const dir = temporaryDirectory()
  const copy = join(temporaryDirectory(), 'copy')
  const files = {
    ...nodeFiles,
    async readThrough(path: string, size: number, onPart: (part: Uint8Array) => void) {
      const answer = await nodeFiles.readThrough(path, size, onPart)
      if (!existsSync(copy)) linkSync(path, copy)
      return answer
    },
  }
  const store = openStore({ dir, files } as { dir: string })
  await store.put('blob', new Blob(['x'.repeat(1000)]))
  expect(await store.value('blob')).toBeInstanceOf(Blob)
  await store.saveSnapshot()
  expect(await openStore({ dir }).value('blob')).toBeInstanceOf(Blob)
})

test('a Blob that cannot be read for a moment is an error, and there again afterwards', async () => {
  let fails = false
  const failing = { arrayBuffer: () => Promise.reject(systemError('EMFILE')) }
  const openAsBlob = async (path: string) => {
    const blob = await nodeFiles.openAsBlob(path)
    return fails && blob ? Object.assign(blob, { slice: () => failing as never }) : blob
  }
  const dir = temporaryDirectory()
  const store = openStore({ dir, files: { ...nodeFiles, openAsBlob } } as { dir: string })
  await store.put('blob', new Blob(['x'.repeat(1000)]))
  fails = true
  await expect(store.read('blob')).rejects.toMatchObject({ code: 'store-read' })
  fails = false
  expect(await store.value('blob')).toBeInstanceOf(Blob)
})

test('what is too large for the memory is a miss for a synchronous reader too', async () => {
  leaves('damage', 'leftover', 'foreign')
  const store = await openStore().open()
  await store.put('a', 1)
  const [file, size] = ['000000000000000001-0', 2 ** 42]
  const blob = { file, size, checksum: 1n }
  const record = valueRecord({ writer: 1n, sequence: 1 }, 'huge', entryOf(0), blob)
  signRecord(record, readFileSync(logPath(store.dir)).readBigUInt64LE(16))
  const path = join(store.dir, 'store-v1/blobs/00', file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
  truncateSync(path, size)
  appendFileSync(logPath(store.dir), record)
  expect(store.readSync('huge')).toBeUndefined()
  await vi.waitFor(() => expect(store.events).toMatchObject([{ type: 'corrupt', name: 'huge' }]))
})
