import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles } from '../test/hooked-files.ts'
import { headWith } from '../test/logs.ts'
import { logPath } from '../test/stores.ts'
import { Directory } from './directory.ts'
import { nodeFiles } from './files.ts'
import { startHash } from './hash.ts'
import { emptyLog } from './log.ts'

// The logs are made by the tests, of whatever numbers and names.
beforeEach(() => leaves('leftover', 'foreign'))

beforeAll(startHash)

function setUp() {
  const path = temporaryDirectory()
  const bad: string[] = []
  return { path, bad, directory: new Directory(nodeFiles, path), onBadLog: (path: string) => bad.push(path) }
}

describe('a directory', () => {
  test('is not made by looking into it', () => {
    const { path, directory, onBadLog } = setUp()
    expect(directory.openLog(onBadLog)).toBeUndefined()
    expect(readdirSync(path)).toEqual([])
  })

  test('opens the log with the highest number', () => {
    const { path, directory, onBadLog, bad } = setUp()
    mkdirSync(join(path, 'store-v1'))
    for (const number of [2, 10, 9]) writeFileSync(logPath(path, number), emptyLog(headWith(BigInt(number))))
    for (const name of [
      '11.log',
      '00000011.log.draft',
      'x00000012.log',
      '00000013.idx',
      '00000014.LOG',
      '-0000015.log',
    ])
      writeFileSync(join(path, 'store-v1', name), '')
    expect(directory.openLog(onBadLog)?.salt).toBe(10n)
    expect(directory.makeLog(onBadLog).salt).toBe(10n)
    expect(bad).toEqual([])
  })

  test('knows logs of more than eight digits', () => {
    const { path, directory, onBadLog } = setUp()
    mkdirSync(join(path, 'store-v1'))
    writeFileSync(logPath(path, 99_999_999), emptyLog(headWith(1n)))
    writeFileSync(logPath(path, 100_000_000), emptyLog(headWith(2n)))
    expect(directory.openLog(onBadLog)?.salt).toBe(2n)
    expect(directory.makeLog(onBadLog).salt).toBe(2n)
  })

  test('makes the next log beside one that cannot be used, and reports that once', () => {
    const { path, directory, onBadLog, bad } = setUp()
    mkdirSync(join(path, 'store-v1'))
    writeFileSync(logPath(path, 7), 'foreign')
    expect(directory.openLog(onBadLog)).toBeUndefined()
    expect(directory.openLog(onBadLog)).toBeUndefined()
    expect(directory.makeLog(onBadLog).path).toBe(logPath(path, 8))
    expect(bad).toEqual([logPath(path, 7)])
  })

  test('opens the log that another process has made first', () => {
    const { path, onBadLog } = setUp()
    const files = hookedFiles({
      before(operation, of) {
        if (operation === 'publish' && of.endsWith('.log')) nodeFiles.publish(of, emptyLog(headWith(42n)))
      },
    })
    expect(new Directory(files, path).makeLog(onBadLog).salt).toBe(42n)
  })

  test('knows whether a log was followed by another one', () => {
    const { path, directory, onBadLog } = setUp()
    const log = directory.makeLog(onBadLog)
    expect(directory.hasSuccessor(log)).toBe(false)
    writeFileSync(logPath(path, 3), emptyLog(headWith(3n)))
    expect(directory.hasSuccessor(log)).toBe(false)
    writeFileSync(logPath(path, 2), emptyLog(headWith(2n)))
    expect(directory.hasSuccessor(log)).toBe(true)
    log.close()
  })

  test('names what nobody needs any more, the lowest first', () => {
    const { path, directory } = setUp()
    mkdirSync(join(path, 'store-v1'))
    for (const number of [9, 10, 100_000_000])
      writeFileSync(logPath(path, number), emptyLog(headWith(BigInt(number))))
    for (const name of ['00000010.idx', '00000002.idx', 'other'])
      writeFileSync(join(path, 'store-v1', name), '')
    mkdirSync(directory.live)
    const outdated = (number: number) =>
      directory.outdated({ number }).map(file => relative(join(path, 'store-v1'), file))
    expect(outdated(10)).toEqual(['00000002.idx', '00000009.log'])
    expect(outdated(11).slice(0, 2)).toEqual(['00000002.idx', '00000009.log'])
    expect(outdated(11).slice(2).sort()).toEqual(['00000010.idx', '00000010.log'])
    expect(outdated(2)).toEqual([])
  })

  test('keeps the earlier snapshot where writing another one fails, and leaves no draft', async () => {
    const { path, directory } = setUp()
    mkdirSync(join(path, 'store-v1'))
    const log = { number: 7 }
    const save = (text: string, error?: Error) =>
      directory.saveSnapshot(log, 1n, async file => {
        file.write(Buffer.from(text))
        if (error) throw error
      })
    await save('first')
    await expect(save('second', new Error('mine'))).rejects.toThrow('mine')
    expect(readFileSync(directory.snapshotPath(log), 'utf8')).toBe('first')
    await save('third')
    expect(readFileSync(directory.snapshotPath(log), 'utf8')).toBe('third')
    expect(readdirSync(join(path, 'store-v1'))).toEqual(['00000007.idx'])
  })

  test('keeps no snapshot of a log that others have gone on from while it was being written', async () => {
    const { path, directory } = setUp()
    mkdirSync(join(path, 'store-v1'))
    await directory.saveSnapshot({ number: 7 }, 1n, async file => {
      file.write(Buffer.from('late'))
      writeFileSync(logPath(path, 8), emptyLog(headWith(8n)))
    })
    expect(readdirSync(join(path, 'store-v1'))).toEqual(['00000008.log'])
  })

  test('gives every log a salt of its own', () => {
    const salts = Array.from({ length: 10 }, () => {
      const { directory, onBadLog } = setUp()
      return directory.makeLog(onBadLog).salt
    })
    expect(new Set(salts).size).toBe(10)
  })

  test.each<[string, (path: string) => void, boolean]>([
    ['nothing happens', () => {}, false],
    ['it is removed', path => rmSync(path, { recursive: true }), true],
    ['it is moved', path => renameSync(path, `${path}.moved`), true],
    [
      'its log is replaced',
      path => {
        rmSync(logPath(path))
        writeFileSync(logPath(path), emptyLog(headWith(1n)))
      },
      true,
    ],
    ['a newer log appears', path => writeFileSync(logPath(path, 2), emptyLog(headWith(1n))), true],
    ['something else appears', path => writeFileSync(join(path, 'store-v1', 'other'), ''), false],
  ])('notices that it has lost its log when %s', (_, change, lost) => {
    const path = join(temporaryDirectory(), 'cache')
    const directory = new Directory(nodeFiles, path)
    const log = directory.makeLog(() => {})
    expect(directory.hasLost(log)).toBe(false)
    change(path)
    expect(directory.hasLost(log)).toBe(lost)
    log.close()
  })
})
