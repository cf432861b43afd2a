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
import { difference } from '../test/difference.ts'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { blobPaths, entryOf, largeValue, logPath, openStore } from '../test/stores.ts'
import type { DiskStoreOptions } from './disk-store-options.ts'
import { nodeFiles } from './files.ts'
import { signRecord } from './record.ts'
import { valueRecord } from './value-record.ts'

/*
 * Entries whose value is a file of its own, where something about that file is not as usual. Only what is gone or damaged is
 * lost, and nothing that can be read again.
 */

test.each<[string, DiskStoreOptions, number, number]>([
  ['of up to a megabyte', {}, 1_000_000, 1],
  ['of more', {}, 1_100_000, 0],
  ['that is to survive a loss of power', { durability: 'power' }, 200_000, 0],
])('a large value %s is in its file at once or not: %o', async (_, options, bytes, files) => {
  const dir = temporaryDirectory()
  const store = await openStore({ ...options, dir }).open()
  await store.put('before', largeValue(1))
  const value = largeValue(2, bytes)
  const stored = store.put('a', value)
  expect(blobPaths(dir)).toHaveLength(1 + files)
  value.fill(3)
  await stored
  expect(difference(largeValue(2, bytes), await store.value('a'))).toBeUndefined()
})

test('an entry is stored as it was where others are under way, too', async () => {
  const dir = temporaryDirectory()
  const store = await openStore({ dir }).open()
  const values = [largeValue(1, 1_100_000), largeValue(2), largeValue(3, 5000)]
  const entries = values.map((value, index) => ({
    name: `${index}`,
    entry: { ...entryOf(value), cost: index },
  }))
  const stored = entries.map(({ name, entry }) => store.write(name, entry))
  stored.push(...entries.map(({ entry }) => store.write('one', entry)))
  for (const value of values) value.fill(9)
  for (const { entry } of entries) entry.cost = 9
  await Promise.all(stored)
  const expectSame = async (name: string, value: unknown, cost: number) => {
    const entry = await store.read(name)
    expect(entry?.cost).toBe(cost)
    expect(difference(value, entry?.value)).toBeUndefined()
  }
  await expectSame('0', largeValue(1, 1_100_000), 0)
  await expectSame('1', largeValue(2), 1)
  await expectSame('2', largeValue(3, 5000), 2)
  await expectSame('one', largeValue(3, 5000), 2)
})

test.each(['append', 'createDraft', 'draft write', 'draft replaceNow'] as const)(
  'a large value that fails at its %s leaves no file when the store is closed',
  async failing => {
    let isFailing = false
    const files = hookedFiles({
      before(operation) {
        if (isFailing && operation === failing) throw systemError('EIO')
      },
    })
    const dir = temporaryDirectory()
    const store = await openStore({ dir, files }).open()
    await store.put('a', 1)
    isFailing = true
    const stored = store.put('a', largeValue(1))
    const failure = expect(stored).rejects.toMatchObject({ code: 'store-write' })
    await store.close()
    expect(blobPaths(dir)).toEqual([])
    await failure
    expect(await openStore({ dir }).value('a')).toBe(1)
  },
)

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
