import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles, type Operation, systemError } from '../test/hooked-files.ts'
import { liveFolder, localStore, newWriter, socketPath, startOwner } from '../test/living.ts'
import { patience, rounds } from '../test/rounds.ts'
import { openStore } from '../test/stores.ts'
import { type Files, nodeFiles } from './files.ts'
import { writerName } from './liveness.ts'
import { Pins } from './pins.ts'

// The folders of pins are made by the tests, and the dead are left in them.
beforeEach(() => leaves('leftover', 'foreign'))

const blob = '3f0123456789abcdef-a'
const other = '000123456789abcdef-zzzzzzz'

function pinsIn(folder: string, files: Files = nodeFiles) {
  const store = localStore(folder, files)
  return { ...store, pins: new Pins(files, folder, store.writer, store.liveness) }
}

async function pinnedIn(folder: string): Promise<string[]> {
  return [...(await pinsIn(folder).pins.pinned())].sort()
}

test('a Blob is handed out all the same where nothing can be pinned, as in a read-only directory', async () => {
  const dir = temporaryDirectory()
  const text = 'x'.repeat(90_000)
  await openStore({ dir }).put('a', { blob: new Blob([text]) })
  const before = (operation: Operation) => {
    if (operation === 'mark') throw systemError('EROFS')
  }
  const reader = openStore({ dir, files: hookedFiles({ before }) } as { dir: string })
  const { blob } = (await reader.value('a')) as { blob: Blob }
  await openStore({ dir }).put('a', 1)
  expect(await blob.text()).toBe(text)
  expect(reader.events).toEqual([])
})

describe('a pinned blob', () => {
  test('is pinned for all stores until it has been unpinned as often', async () => {
    const folder = liveFolder()
    const { pins } = pinsIn(folder)
    await Promise.all([pins.pin(blob), pins.pin(blob), pins.pin(blob), pins.pin(other)])
    expect(await pinnedIn(folder)).toEqual([other, blob])
    pins.unpin(blob)
    expect(await pinnedIn(folder)).toEqual([other, blob])
    expect([...(await pins.pinned())].sort()).toEqual([other, blob])
    pins.unpin(blob)
    expect(await pinnedIn(folder)).toEqual([other, blob])
    pins.unpin(blob)
    expect(await pinnedIn(folder)).toEqual([other])
    pins.unpin(blob)
    await pins.pin(blob)
    expect(await pinnedIn(folder)).toEqual([other, blob])
  })

  test('is pinned by each store on its own', async () => {
    const folder = liveFolder()
    const [one, two] = [pinsIn(folder), pinsIn(folder)]
    await Promise.all([one.pins.pin(blob), two.pins.pin(blob)])
    one.pins.unpin(blob)
    expect(await pinnedIn(folder)).toEqual([blob])
    two.pins.unpin(blob)
    expect(await pinnedIn(folder)).toEqual([])
  })

  test('is not pinned any more when its store is closed', async () => {
    const folder = liveFolder()
    const { pins, liveness } = pinsIn(folder)
    await pins.pin(blob)
    await liveness.close()
    expect(await pinnedIn(folder)).toEqual([])
  })

  test('is not pinned any more when its process was killed', async () => {
    const folder = liveFolder()
    const { child, order } = await startOwner(folder)
    await order(`pin ${blob}`)
    expect(await pinnedIn(folder)).toEqual([blob])
    child.kill()
    await child.outcome
    expect(await pinnedIn(folder)).toEqual([])
  })

  test('stays pinned for its own store where the folder was removed', async () => {
    const folder = liveFolder()
    const { pins } = pinsIn(folder)
    await pins.pin(blob)
    rmSync(folder, { recursive: true })
    expect(await pins.pinned()).toEqual(new Set([blob]))
    expect(await pinnedIn(folder)).toEqual([])
    await pins.pin(blob)
    expect(await pinnedIn(folder)).toEqual([blob])
  })

  test(
    'is never removed by one process while another one reads it',
    async () => {
      const dir = temporaryDirectory()
      const [folder, blobs, entry] = [liveFolder(dir), join(dir, 'blobs'), join(dir, 'entry')]
      mkdirSync(blobs)
      let count = 0
      const replace = () => {
        const name = `3f0123456789abcdef-${(count++).toString(36)}`
        writeFileSync(join(blobs, name), '')
        writeFileSync(`${entry}.new`, name)
        renameSync(`${entry}.new`, entry)
        return name
      }
      let current = replace()
      const wanted = rounds(20, 2000)
      const readers = Array.from({ length: 2 }, () =>
        inProcess(
          new URL('../test/pinner.ts', import.meta.url),
          folder,
          `${newWriter()}`,
          blobs,
          entry,
          `${wanted}`,
        ),
      )
      await Promise.all(readers.map(reader => reader.line()))
      const { pins } = pinsIn(folder)
      let isOver = false
      // Until each has seen enough, however long that takes here.
      const enough = Promise.all(readers.map(reader => reader.line())).finally(() => (isOver = true))
      while (!isOver) {
        current = replace()
        const pinned = await pins.pinned()
        for (const name of readdirSync(blobs))
          if (name !== current && !pinned.has(name)) rmSync(join(blobs, name))
      }
      await enough
      for (const reader of readers) reader.say('stop')
      for (const reader of readers) {
        const outcome = await reader.result<{ found: number; missed: number; replaced: number }>()
        expect(outcome.missed).toBe(0)
        expect(outcome.replaced).toBeGreaterThanOrEqual(wanted)
      }
      expect(readdirSync(blobs).length).toBeLessThan(count / 2)
    },
    patience,
  )
})

describe('pinning', () => {
  test('makes the store visible first', async () => {
    const folder = liveFolder()
    const operations: Operation[] = []
    const files = hookedFiles({ before: operation => void operations.push(operation) })
    await pinsIn(folder, files).pins.pin(blob)
    expect(operations.indexOf('mark')).toBeGreaterThan(operations.indexOf('move'))
  })

  test('goes on when the folder is removed in the meantime', async () => {
    const folder = liveFolder()
    let times = 1
    const files = hookedFiles({
      before(operation) {
        if (operation === 'mark' && times-- > 0) rmSync(folder, { recursive: true })
      },
    })
    const { pins } = pinsIn(folder, files)
    await pins.pin(blob)
    expect(await pinnedIn(folder)).toEqual([blob])
    pins.unpin(blob)
    expect(await pinnedIn(folder)).toEqual([])
  })

  test.each<[Operation, string]>([
    ['makeDirectory', 'EROFS'],
    ['mark', 'ENOSPC'],
  ])('rejects when %s fails with %s, and has then done nothing', async (failing, code) => {
    const files = hookedFiles({
      before(operation) {
        if (operation === failing) throw systemError(code)
      },
    })
    const { pins } = pinsIn(liveFolder(), files)
    await expect(pins.pin(blob)).rejects.toMatchObject({ code })
    expect(await pins.pinned()).toEqual(new Set())
  })

  test.each([
    '',
    '../3f0123456789abcdef-a',
    '3f0123456789abcdef-a/../../x',
    '3F0123456789ABCDEF-a',
    '3f0123456789abcdef-a.draft',
    '3f0123456789abcdef-a\n',
    '3f0123456789abcdef-12345678',
    '3f0123456789abcde-a',
  ])('does nothing for %j, which is not the name of a blob', async name => {
    const folder = liveFolder()
    const { pins } = pinsIn(folder)
    await pins.pin(name)
    expect(await pins.pinned()).toEqual(new Set())
    pins.unpin(name)
    expect(existsSync(folder)).toBe(false)
  })
})

describe('unpinning', () => {
  test('does nothing for a blob that is not pinned', async () => {
    const folder = liveFolder()
    const { pins } = pinsIn(folder)
    pins.unpin(blob)
    await pins.pin(blob)
    expect(await pinnedIn(folder)).toEqual([blob])
  })

  test('that cannot be shown leaves the blob pinned', async () => {
    const folder = liveFolder()
    const files = hookedFiles({
      before(operation) {
        if (operation === 'removeNow') throw systemError('EACCES')
      },
    })
    const { pins } = pinsIn(folder, files)
    await pins.pin(blob)
    pins.unpin(blob)
    expect(await pinnedIn(folder)).toEqual([blob])
    expect(await pins.pinned()).toEqual(new Set([blob]))
  })
})

describe('what is pinned', () => {
  test('is read from names of the right form only', async () => {
    const folder = liveFolder()
    const { pins, liveness, writer } = pinsIn(folder)
    await liveness.announce()
    for (const name of ['x', `${blob}.draft`, `../${blob}`.slice(1), blob.toUpperCase()])
      writeFileSync(join(folder, `${writerName(writer)}-${name}`.replaceAll('/', '_')), '')
    expect(await pins.pinned()).toEqual(new Set())
  })

  test('is unknown when the folder cannot be read', async () => {
    const files = hookedFiles({
      before(operation) {
        if (operation === 'list') throw systemError('EMFILE')
      },
    })
    const { pins } = pinsIn(liveFolder(), files)
    await expect(pins.pinned()).rejects.toMatchObject({ code: 'EMFILE' })
  })
})

describe('sweeping', () => {
  test('removes the pins of dead stores, and nothing else', async () => {
    const dir = temporaryDirectory()
    const folder = liveFolder(dir)
    const { pins, writer } = pinsIn(folder)
    const { child, order, writer: killed } = await startOwner(folder)
    await order(`pin ${blob}`)
    await order(`pin ${other}`)
    await pins.pin(blob)
    child.kill()
    await child.outcome
    const elsewhere = join(dir, 'elsewhere')
    writeFileSync(elsewhere, '')
    symlinkSync(elsewhere, join(folder, `0123456789abcdef-${blob}`))
    writeFileSync(join(folder, '0123456789abcdef-x'), '')
    await pins.sweep()
    expect(readdirSync(folder).sort()).toEqual(
      ['0123456789abcdef-x', writerName(killed), writerName(writer), `${writerName(writer)}-${blob}`].sort(),
    )
    expect(existsSync(elsewhere)).toBe(true)
    expect(existsSync(socketPath(folder, writer))).toBe(true)
  })
})
