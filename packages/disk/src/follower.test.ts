import { appendFileSync, writeFileSync } from 'node:fs'
import type { StoreEvent } from '@stagcache/core'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles, type Operation, systemError } from '../test/hooked-files.ts'
import { head, info, signed, signedValue } from '../test/logs.ts'
import { logNumbers, logPath, openStore, putUntil } from '../test/stores.ts'
import { Directory } from './directory.ts'
import { type Files, nodeFiles } from './files.ts'
import { Follower } from './follower.ts'
import { startHash } from './hash.ts'
import { emptyLog } from './log.ts'
import { clearRecord, deleteRecord } from './record.ts'
import { valueRecord } from './value-record.ts'

// The logs are made by the tests, of records that all have one origin.
beforeEach(() => leaves('repeated-record', 'open-permissions'))

beforeAll(startHash)

const origin = { writer: 1n, sequence: 1 }

function setUp(...records: Buffer[]) {
  const path = temporaryDirectory()
  let checks = 0
  let trouble: Error | undefined
  const files = hookedFiles({
    before(operation) {
      if (operation === 'status') checks++
      if (operation === 'list' && trouble) throw trouble
    },
  })
  const directory = new Directory(files, path)
  files.makeDirectory(`${path}/store-v1`)
  writeFileSync(logPath(path), Buffer.concat([emptyLog({ ...head, madeAt: 0 }), ...records]))
  const events: StoreEvent[] = []
  const follower = new Follower(directory, 1n, event => events.push(event))
  onTestFinished(() => follower.close())
  return {
    follower,
    events,
    append: (...more: Buffer[]) => appendFileSync(logPath(path), Buffer.concat(more)),
    checks: () => checks,
    /** From now on, nobody can look which logs there are. */
    failLooks: (code: string) => (trouble = systemError(code)),
    path,
  }
}

const nextTurn = () => new Promise<void>(resolve => setImmediate(resolve))

describe('following a log', () => {
  test('the last record of a name counts', async () => {
    const { follower, append } = setUp(signedValue('a', 1), signedValue('b', 2), signedValue('a', 3))
    const found = follower.find('a')
    expect(found?.place.position).toBeGreaterThan(64)
    expect(found?.record.name).toBe('a')
    append(signed(deleteRecord(origin, 'a')))
    await nextTurn()
    expect(follower.find('a')).toBeUndefined()
    expect(follower.find('b')).toBeDefined()
    append(signedValue('c', 1), signed(clearRecord(origin)), signedValue('d', 1))
    await nextTurn()
    expect(['a', 'b', 'c', 'd'].filter(name => follower.find(name))).toEqual(['d'])
  })

  test('records of unknown types are skipped', () => {
    const unknown = [0, 8, 200, 255].map(type => {
      const record = deleteRecord(origin, 'a')
      record[16] = type
      return signed(record)
    })
    const { follower, events } = setUp(signedValue('a', 1), ...unknown, signedValue('b', 2))
    expect(follower.find('a')).toBeDefined()
    expect(follower.find('b')).toBeDefined()
    expect(events).toEqual([])
  })

  test('an intact record that contradicts itself is reported and changes nothing', () => {
    leaves('contradictory-record')
    const record = valueRecord(origin, 'a', info, Buffer.from('x'))
    record.writeUInt32LE(1e6, 60)
    const { follower, events } = setUp(signedValue('a', 1), signed(record), signedValue('b', 2))
    expect(follower.find('a')?.place.position).toBe(64)
    expect(follower.find('b')).toBeDefined()
    expect(events).toMatchObject([{ type: 'corrupt', reason: 'a record contradicts itself' }])
  })

  test('one check serves the hits of one run of the program, and no hit after it', async () => {
    const { follower, append, checks } = setUp(signedValue('a', 1))
    const now = vi.spyOn(performance, 'now').mockReturnValue(1e6)
    onTestFinished(() => now.mockRestore())
    follower.find('a')
    const before = checks()
    for (let round = 0; round < 5; round++) follower.find('a')
    expect(checks()).toBe(before)
    append(signed(deleteRecord(origin, 'a')))
    await nextTurn()
    expect(follower.find('a')).toBeUndefined()
  })

  test('a miss checks anew each time', () => {
    const { follower, append } = setUp(signedValue('a', 1))
    follower.find('a')
    expect(follower.find('b')).toBeUndefined()
    append(signedValue('b', 1))
    expect(follower.find('b')).toBeDefined()
  })

  test('a program that waits synchronously sees what was appended meanwhile', () => {
    const { follower, append } = setUp(signedValue('a', 1))
    expect(follower.find('a')).toBeDefined()
    append(signed(deleteRecord(origin, 'a')))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    expect(follower.find('a')).toBeUndefined()
  })

  test('what was forgotten is absent until it is written again', async () => {
    const { follower, append } = setUp(signedValue('a', 1))
    const place = follower.find('a')
    if (place) follower.forget('a', place.place)
    expect(follower.find('a')).toBeUndefined()
    append(signedValue('a', 2))
    await nextTurn()
    const newer = follower.find('a')
    expect(newer).toBeDefined()
    if (place) follower.forget('a', place.place)
    expect(follower.find('a')?.place).toEqual(newer?.place)
  })

  test('a log that was cut off is read anew', async () => {
    const { follower, path } = setUp(signedValue('a', 1), signedValue('b', 1))
    expect(follower.find('b')).toBeDefined()
    writeFileSync(logPath(path), Buffer.concat([emptyLog({ ...head, madeAt: 0 }), signedValue('a', 1)]))
    await nextTurn()
    expect(follower.find('b')).toBeUndefined()
    expect(follower.find('a')).toBeDefined()
  })
})

describe('a log that is open, while it cannot be seen whether it is still that of its directory', () => {
  test.each(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EACCES'])('is followed on, with %s', code => {
    const { follower, append, failLooks } = setUp(signedValue('a', 1))
    expect(follower.find('a')).toBeDefined()
    failLooks(code)
    append(signedValue('b', 1))
    expect(follower.refreshByPath()).toBeDefined()
    expect(follower.find('b')).toBeDefined()
    expect(follower.attach()).toBe(follower.followed?.log)
  })

  test('is an error for any other reason', () => {
    const { follower, failLooks } = setUp(signedValue('a', 1))
    follower.find('a')
    failLooks('EINVAL')
    expect(() => follower.refreshByPath()).toThrow('EINVAL')
  })
})

test('a process that does nothing lets go of a log that was replaced, and goes on with the next one', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const dir = temporaryDirectory()
  const open = new Set<string>()
  const files: Files = {
    ...nodeFiles,
    openLog(path) {
      const log = nodeFiles.openLog(path)
      if (!log) return undefined
      open.add(path)
      const close = log.close.bind(log)
      return Object.assign(log, {
        close() {
          open.delete(path)
          close()
        },
      })
    },
  }
  const idle = openStore({ dir, files })
  await idle.put('a', 1)
  vi.advanceTimersByTime(60_000)
  expect([...open]).toEqual([logPath(dir)])
  const busy = openStore({ dir })
  await putUntil(busy, () => !logNumbers(dir).includes(1))
  expect([...open]).toEqual([logPath(dir)])
  vi.advanceTimersByTime(60_000)
  expect([...open]).toEqual([])
  expect(await idle.value('a')).toBe(1)
})

test('a snapshot is closed where its log turns out to be unreadable', async () => {
  const dir = temporaryDirectory()
  const store = openStore({ dir })
  await store.put('a', 1)
  await store.saveSnapshot()
  let open = 0
  let looks = 0
  const counting: Files = {
    ...nodeFiles,
    openToRead(path) {
      const file = nodeFiles.openToRead(path)
      if (!file) return undefined
      open++
      const close = () => {
        open--
        file.close()
      }
      return { size: file.size, read: (bytes, position) => file.read(bytes, position), close }
    },
  }
  // The second look at each log is that of the snapshot.
  const before = (operation: Operation) => {
    if (operation === 'status' && ++looks % 2 === 0) throw systemError('EIO')
  }
  const reader = openStore({ dir, files: hookedFiles({ before }, counting) } as { dir: string })
  for (let round = 0; round < 20; round++) await reader.read('a').catch(() => {})
  expect(looks).toBeGreaterThan(20)
  expect(open).toBeLessThan(2)
})
