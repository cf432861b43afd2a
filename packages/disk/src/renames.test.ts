import * as fs from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { entryOf, logNumbers, logPath, openStore, putUntil } from '../test/stores.ts'
import { type DraftFile, nodeFiles } from './files.ts'

vi.mock('node:fs', { spy: true })

afterEach(() => {
  for (const spy of [fs.linkSync, fs.renameSync, fs.rmSync, fs.closeSync]) vi.mocked(spy).mockReset()
})

function failTimes(spy: typeof fs.linkSync | typeof fs.renameSync, times: number, code: string): void {
  for (let time = 0; time < times; time++)
    vi.mocked(spy).mockImplementationOnce(() => {
      throw systemError(code)
    })
}

function draftOf(path: string): DraftFile {
  const draft = nodeFiles.createDraft(path, 1n)
  draft.write(Buffer.from('new'))
  return draft
}

describe.each(['EBUSY', 'EACCES'])('while another program is in the way for a moment, with %s', code => {
  test.each<[string, (draft: DraftFile) => unknown]>([
    ['publishes', draft => draft.publish()],
    ['publishes at once', draft => draft.publishNow()],
    ['replaces', draft => draft.replace()],
    ['replaces at once', draft => draft.replaceNow()],
  ])('a draft %s all the same', async (_, end) => {
    const dir = temporaryDirectory()
    const draft = draftOf(join(dir, 'file'))
    for (const spy of [fs.linkSync, fs.renameSync]) failTimes(spy, 2, code)
    await end(draft)
    expect(fs.readdirSync(dir)).toEqual(['file'])
    expect(fs.readFileSync(join(dir, 'file'), 'utf8')).toBe('new')
  })

  test('a directory is made all the same', async () => {
    failTimes(fs.linkSync, 2, code)
    const store = openStore()
    await store.put('a', 1)
    expect(await store.value('a')).toBe(1)
  })
})

test('a draft whose last bytes turn out not to be written when it is closed goes, and nothing is replaced', () => {
  const dir = temporaryDirectory()
  fs.writeFileSync(join(dir, 'file'), 'old')
  const draft = draftOf(join(dir, 'file'))
  const { closeSync } = fs
  vi.mocked(fs.closeSync).mockImplementationOnce(descriptor => {
    closeSync(descriptor)
    throw systemError('EDQUOT')
  })
  expect(() => draft.replaceNow()).toThrow('EDQUOT')
  draft.discard()
  expect(fs.readdirSync(dir)).toEqual(['file'])
  expect(fs.readFileSync(join(dir, 'file'), 'utf8')).toBe('old')
})

test.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])(
  'a file system that answers a link with %s is said to have none, at once',
  async code => {
    if (process.platform === 'win32' && code === 'EPERM') return
    vi.mocked(fs.linkSync).mockImplementation(() => {
      throw systemError(code)
    })
    const store = openStore()
    const error = await store.put('a', 1).catch(error => error)
    expect(error).toMatchObject({ code: 'store-write', cause: { code: 'ENOLINKS', cause: { code } } })
    expect(error.message).toMatch(/has no hard links.*give it a directory on another one/)
    expect(fs.linkSync).toHaveBeenCalledTimes(1)
    expect(await store.value('a')).toBeUndefined()
    vi.mocked(fs.linkSync).mockReset()
    await store.put('a', 2)
    expect(await store.value('a')).toBe(2)
    expect(fs.readdirSync(join(store.dir, 'store-v1')).filter(name => name.endsWith('.draft'))).toEqual([])
  },
)

test.each(['EBUSY', 'EPERM'])(
  'an old log that cannot be removed, with %s, keeps no write from succeeding, and goes with a later sweep',
  async code => {
    const held = vi.fn()
    let isHeld = true
    const files = hookedFiles({
      before(operation, path) {
        if (!isHeld || !operation.startsWith('remove') || !path.endsWith('.log')) return
        held()
        throw systemError(code)
      },
    })
    const store = openStore({ dir: temporaryDirectory(), files })
    await store.put('kept', 'first')
    const newest = () => Math.max(...logNumbers(store.dir))
    await putUntil(store, () => newest() > 1)
    expect(held).toHaveBeenCalled()
    expect(fs.existsSync(logPath(store.dir))).toBe(true)
    expect(await store.value('kept')).toBe('first')
    await store.write('after', entryOf('works'))
    isHeld = false
    await putUntil(store, () => !logNumbers(store.dir).includes(1))
    expect(await store.value('kept')).toBe('first')
    expect(store.events.length).toBeLessThanOrEqual(1)
  },
  60_000,
)

test('a draft that was published counts, even if its other name cannot be removed', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'file')
  const failing = () =>
    vi.mocked(fs.rmSync).mockImplementationOnce(() => {
      throw systemError('EBUSY')
    })
  failing()
  expect(nodeFiles.publish(path, Buffer.from('x'))).toBe(true)
  failing()
  expect(await draftOf(join(dir, 'other')).publish()).toBe(true)
  expect(fs.readdirSync(dir).filter(name => !name.endsWith('.draft'))).toEqual(['file', 'other'])
})
