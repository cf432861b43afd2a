import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { hookedFiles, type Operation, systemError } from '../test/hooked-files.ts'
import { needsZstandard } from '../test/needs.ts'
import {
  blobPaths,
  directoryBytes,
  entryOf,
  largeValue,
  logNumbers,
  openStore,
  putUntil,
  type TestStore,
} from '../test/stores.ts'
import { DiskCache } from './disk-cache.ts'

const mebibyte = 1 << 20

const page = (seed: number) => new Blob([largeValue(seed)])

async function firstByte(blob: unknown): Promise<number | undefined> {
  return new Uint8Array(await (blob as Blob).slice(0, 1).arrayBuffer())[0]
}

/** Lets something be written again and again, until nothing but what live entries need is left. */
async function writeUntil(store: TestStore, dir: string, blobs: number): Promise<void> {
  for (let round = 0; blobPaths(dir).length > blobs; round++) {
    await store.put('other', round)
    await setImmediate()
  }
}

describe('a blob that was replaced while somebody had it pinned', () => {
  test('goes when that is the store itself, and that is closed', async () => {
    const dir = temporaryDirectory()
    const store = openStore({ dir })
    let held: unknown
    for (let seed = 0; seed < 5; seed++) {
      await store.put('page', page(seed))
      held = (await store.value('page')) ?? held
    }
    await store.put('page', page(9))
    expect(await firstByte(held)).toBe(4)
    await store.close()
    expect(blobPaths(dir)).toHaveLength(1)
  })

  test('stays for as long as another store has it pinned, and goes soon after', async () => {
    const dir = temporaryDirectory()
    const [writer, reader] = [openStore({ dir }), openStore({ dir })]
    await writer.put('page', page(1))
    const held = await reader.value('page')
    await writer.put('page', page(2))
    await writer.put('other', 0)
    expect(await firstByte(held)).toBe(1)
    await reader.close()
    await writeUntil(writer, dir, 1)
    expect(await firstByte(await writer.value('page'))).toBe(2)
  })

  test('goes with the last one that has it pinned', async () => {
    const dir = temporaryDirectory()
    const [writer, one, other] = [openStore({ dir }), openStore({ dir }), openStore({ dir })]
    await writer.put('page', page(1))
    await Promise.all([one.value('page'), other.value('page')])
    await writer.put('page', page(2))
    await writer.close()
    await one.close()
    expect(blobPaths(dir)).toHaveLength(2)
    await other.close()
    expect(blobPaths(dir)).toHaveLength(1)
  })
})

describe('a blob that nobody has removed', () => {
  test('is found by the next store that writes, once it is old enough', async () => {
    const dir = temporaryDirectory()
    const first = openStore({ dir })
    await first.put('page', page(1))
    await first.close()
    const [path = ''] = blobPaths(dir)
    const orphan = path.replace(/-[^-]*$/, '-zz')
    writeFileSync(orphan, readFileSync(path))
    for (const one of [path, orphan]) utimesSync(one, 1, 1)
    const later = openStore({ dir })
    await later.put('other', 1)
    await later.close()
    expect(blobPaths(dir)).toEqual([path])
  })
})

test('blobs of which many come to an end at once are removed a few at a time', async () => {
  const dir = temporaryDirectory()
  let removals = 0
  let most = 0
  const before = (operation: Operation) => void (operation === 'remove' && removals++)
  const store = openStore({ dir, files: hookedFiles({ before }) } as { dir: string })
  await Promise.all(Array.from({ length: 400 }, (_, n) => store.put(`page ${n}`, new Blob([`${n}`]))))
  removals = 0
  await store.clear()
  while (blobPaths(dir).length > 0) {
    most = Math.max(most, removals)
    removals = 0
    await setImmediate()
  }
  expect(most).toBeLessThan(100)
})

describe('a program that never lets anything happen in the background', () => {
  async function openNow(dir: string): Promise<TestStore> {
    const store = openStore({ dir, maxBytes: mebibyte })
    await store.open()
    return store
  }

  test('does not leave the large values that it has replaced', async () => {
    const dir = temporaryDirectory()
    const store = await openNow(dir)
    for (let seed = 0; seed < 5; seed++) {
      store.writeSync('a', entryOf(largeValue(seed)))
      expect(blobPaths(dir)).toHaveLength(1)
    }
  })

  test('leaves those that somebody has pinned, until that is closed', async () => {
    const dir = temporaryDirectory()
    const [store, reader] = [await openNow(dir), openStore({ dir })]
    await store.put('page', page(1))
    const held = await reader.value('page')
    store.writeSync('page', entryOf(largeValue(2)))
    expect(await firstByte(held)).toBe(1)
    await reader.close()
    await store.close()
    expect(blobPaths(dir)).toHaveLength(1)
  })

  test.each([
    { what: 'many large values', name: (n: number) => `${n}`, value: largeValue },
    { what: 'one small value again and again', name: () => 'a', value: (n: number) => `${n}`.repeat(30_000) },
  ])('keeps the directory in bounds with $what', async ({ name, value }) => {
    const dir = temporaryDirectory()
    const store = await openNow(dir)
    for (let n = 0; n < 100; n++) {
      store.writeSync(name(n), entryOf(value(n)))
      expect(directoryBytes(dir)).toBeLessThan(2.5 * mebibyte)
    }
    expect(store.readSync(name(99))?.value).toEqual(value(99))
    await store.close()
    expect(directoryBytes(dir)).toBeLessThan(1.5 * mebibyte)
  })
})

test('a blob that could not be removed is removed by the store that has written it', async () => {
  const dir = temporaryDirectory()
  const before = (operation: Operation) => {
    if (operation === 'remove' || operation === 'removeNow') throw systemError('EBUSY')
  }
  const writer = openStore({ dir })
  const other = openStore({ dir, files: hookedFiles({ before }) } as { dir: string })
  await writer.put('page', page(1))
  await other.put('page', 'small')
  await other.close()
  const [path = ''] = blobPaths(dir)
  utimesSync(path, 1, 1)
  await putUntil(writer, () => blobPaths(dir).length === 0)
})

test('a burst of large values is brought back into bounds without another write', async () => {
  const dir = temporaryDirectory()
  const store = openStore({ dir, maxBytes: mebibyte })
  for (let burst = 0; burst < 5; burst++) {
    for (let n = 0; n < 12; n++) await store.put(`${n % 6}`, largeValue(burst, 300_000))
    while (blobPaths(dir).length > 3) await setImmediate()
  }
})

describe('a value that is larger than the directory may be', () => {
  const tooLarge = new Uint8Array(mebibyte + 1)
  const refusal = expect.objectContaining({ name: 'TooLargeError', code: 'store-write' })

  test('is refused, before anything is written, and what was stored before stays', async () => {
    const store = openStore({ dir: temporaryDirectory(), maxBytes: mebibyte })
    await store.put('a', 'before')
    await expect(store.put('a', tooLarge)).rejects.toEqual(refusal)
    expect(await store.value('a')).toBe('before')
    await store.open()
    expect(() => store.writeSync('a', entryOf(tooLarge))).toThrow(refusal)
    expect(existsSync(join(store.dir, 'store-v1', 'blobs'))).toBe(false)
  })

  test('is stored, if it is not when it is compressed', async context => {
    needsZstandard(context)
    const store = openStore({ dir: temporaryDirectory(), maxBytes: mebibyte, compression: 'zstd' })
    await store.put('a', tooLarge)
    expect(await store.value('a')).toEqual(tooLarge)
    await expect(store.put('a', randomBytes(mebibyte + 1))).rejects.toEqual(refusal)
    expect(await store.value('a')).toEqual(tooLarge)
    expect(blobPaths(store.dir)).toHaveLength(1)
  })

  test('is handed out by the cache all the same, which tells of it', async () => {
    const cache = new DiskCache({ dir: temporaryDirectory(), maxBytes: mebibyte })
    const errors: unknown[] = []
    cache.events.on('error', ({ error }) => errors.push(error))
    expect(await cache.cache('./a', async () => tooLarge)).toBe(tooLarge)
    expect(errors).toEqual([refusal])
    await cache.close()
  })
})

test('notes of what was dropped do not make a log be reclaimed again and again', async () => {
  const store = openStore()
  const newest = () => Math.max(...logNumbers(store.dir))
  const expired = { ...entryOf(1), expiresAt: 1 }
  for (let index = 0; index < 2500; index++) await store.write('n'.repeat(1500) + index, expired)
  await putUntil(store, () => newest() > 1)
  const before = newest()
  for (let round = 0; round < 20; round++) {
    await store.put('changing', 'x'.repeat(50_000) + round)
    await delay(20)
  }
  expect(newest() - before).toBeLessThan(3)
})
