import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { hookedFiles, type Operation } from '../test/hooked-files.ts'
import { blobPaths, largeValue, openStore, type TestStore } from '../test/stores.ts'

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
