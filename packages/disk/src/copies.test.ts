import { linkSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildProcess, inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles } from '../test/hooked-files.ts'
import { rounds } from '../test/rounds.ts'
import { blobPaths, entryOf, largeValue, logNumbers, logPath, openStore } from '../test/stores.ts'

// What lies in two directories at once, and what was left behind when they parted.
beforeEach(() => leaves('damage', 'unfinished', 'leftover', 'foreign'))

/** Copies a directory by hard links, as `cp -al` does. */
function linkTree(from: string, to: string = join(temporaryDirectory(), 'copy')): string {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [original, copy] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkTree(original, copy)
    else linkSync(original, copy)
  }
  return to
}

async function ask(partner: ChildProcess, order: unknown): Promise<unknown> {
  partner.say(JSON.stringify(order))
  return JSON.parse(await partner.line()).value
}

async function startPartner(dir: string): Promise<ChildProcess> {
  const partner = inProcess(new URL('../test/partner.ts', import.meta.url), dir)
  await partner.line()
  return partner
}

describe('a copy of a directory by hard links', () => {
  test('is read, and does not disturb the original', async () => {
    const store = openStore()
    await store.put('a', 1)
    const dir = temporaryDirectory()
    mkdirSync(join(dir, 'store-v1'))
    linkSync(logPath(store.dir), logPath(dir))
    const copy = openStore({ dir })
    expect(await copy.value('a')).toBe(1)
    rmSync(store.dir, { recursive: true })
    expect(await copy.value('a')).toBe(1)
  })

  test('goes on by itself from its first write, and the original from that on too', async () => {
    const store = openStore()
    await store.put('kept', largeValue(1))
    await store.put('a', 1)
    const copy = openStore({ dir: linkTree(store.dir) })
    await copy.put('a', 'of the copy')
    await store.put('a', 'of the original')
    await copy.put('b', largeValue(2))
    await store.remove('kept')
    expect(await store.value('a')).toBe('of the original')
    expect(await store.value('b')).toBeUndefined()
    expect(await copy.value('a')).toBe('of the copy')
    expect(await copy.value('b')).toEqual(largeValue(2))
    expect(await copy.value('kept')).toEqual(largeValue(1))
    expect(await store.value('kept')).toBeUndefined()
    expect([store.events, copy.events]).toEqual([[], []])
  })

  test('is left by who does not wait, too', async () => {
    const store = await openStore().open()
    store.writeSync('a', entryOf(1))
    const copy = await openStore({ dir: linkTree(store.dir) }).open()
    copy.writeSync('a', entryOf(2))
    store.writeSync('b', entryOf(3))
    expect(store.readSync('a')?.value).toBe(1)
    expect(copy.readSync('a')?.value).toBe(2)
    expect(copy.readSync('b')).toBeUndefined()
  })

  test('whose original goes on has at most what each of its stores wrote next', async () => {
    const store = openStore()
    await store.put('a', 1)
    const dir = linkTree(store.dir)
    for (let value = 2; value < 20; value++) await store.put('a', value)
    expect(logNumbers(store.dir)).toEqual([2])
    expect(await openStore({ dir }).value('a')).toBe(2)
  })

  test('of a directory in use loses nothing, nor does the directory', async () => {
    const original = temporaryDirectory()
    const partners = await Promise.all([startPartner(original), startPartner(original)])
    for (let round = 0; round < rounds(3, 200); round++) {
      const names = partners.map((_, index) => `${round}-${index}`)
      const put = (value: unknown) =>
        partners.map((partner, index) => ask(partner, { put: [names[index], value] }))
      await Promise.all(put(1))
      const copied = openStore({ dir: linkTree(original) })
      // All of them at once.
      await Promise.all([...put('of the original'), ...names.map(name => copied.put(name, 'of the copy'))])
      for (const name of names) {
        expect(await copied.value(name)).toBe('of the copy')
        for (const partner of partners) expect(await ask(partner, { get: name })).toBe('of the original')
      }
      expect(copied.events).toEqual([])
      await copied.close()
      rmSync(copied.dir, { recursive: true })
    }
  }, 3_600_000)

  test('whose log is cut off while it is being left is written all the same', async () => {
    const store = openStore()
    await store.put('a', 1)
    const dir = linkTree(store.dir)
    let isCut = false
    const append = (bytes: Uint8Array, write: (bytes: Uint8Array) => number) => {
      const written = write(bytes)
      if (!isCut) truncateSync(logPath(dir), 64)
      isCut = true
      return written
    }
    const copy = openStore({ dir, files: hookedFiles({ append }) } as { dir: string })
    expect(await copy.value('a')).toBe(1)
    await copy.put('b', 2)
    expect([await copy.value('a'), await copy.value('b')]).toEqual([undefined, 2])
    expect(copy.events).toEqual([])
  })

  test('keeps its large values when the original removes its own', async () => {
    const store = openStore()
    await store.put('a', largeValue(1))
    const copy = openStore({ dir: linkTree(store.dir) })
    await copy.put('b', 1)
    await store.put('a', largeValue(2))
    await store.clear()
    expect(await copy.value('a')).toEqual(largeValue(1))
    expect(blobPaths(copy.dir)).toHaveLength(1)
  })
})

test('a log that its maker has left a second name in the same directory is not ended for that', async () => {
  const store = openStore()
  await store.put('a', 1)
  const draft = `${logPath(store.dir)}.0123456789abcdef.draft`
  linkSync(logPath(store.dir), draft)
  await store.put('a', 2)
  await store.put('a', 3)
  expect(logNumbers(store.dir)).toEqual([1])
  expect(statSync(logPath(store.dir)).nlink).toBe(1)
})

test('a log is not ended again and again where files are counted twice', async () => {
  const store = openStore()
  await store.put('a', 0)
  for (let round = 1; round < 5; round++) {
    linkTree(store.dir)
    await store.put('a', round)
    await store.put('b', round)
  }
  expect(logNumbers(store.dir)).toEqual([2])
  expect(await store.value('b')).toBe(4)
})
