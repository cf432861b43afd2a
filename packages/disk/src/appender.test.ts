import { rmSync } from 'node:fs'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Hooks, hookedFiles, type Operation, systemError } from '../test/hooked-files.ts'
import { info } from '../test/logs.ts'
import { Appender, type Build } from './appender.ts'
import { claimRecord } from './claim-record.ts'
import type { Outcome } from './contents.ts'
import { Directory } from './directory.ts'
import type { Durability } from './durability.ts'
import { Follower } from './follower.ts'
import { startHash } from './hash.ts'
import { clearRecord, deleteRecord, recordType } from './record.ts'
import { valueRecord } from './value-record.ts'

beforeAll(startHash)

let writers = 0n
const clearing = { type: recordType.clear } as const

function setUp(hooks: Hooks = {}, path: string = temporaryDirectory(), durability: Durability = 'process') {
  const safety: (boolean | Promise<boolean>)[] = []
  const outcomes: Outcome[] = []
  const directory = new Directory(hookedFiles(hooks), path)
  const follower = new Follower(directory, 1n, () => {})
  const writer = writers++
  let sequence = 0
  const appender = new Appender({
    follower,
    dir: path,
    durability,
    origin: () => ({ writer, sequence: ++sequence }),
    seal: () => false,
    succeed: () => Promise.reject(new Error('no log is sealed here')),
    succeedNow: () => {},
    syncNames: () => directory.sync(),
    syncNamesNow: () => directory.syncNow(),
    onWritten(more, isSafe) {
      outcomes.push(...more)
      safety.push(isSafe)
    },
  })
  onTestFinished(() => follower.close())
  const change = (name: string) =>
    ({ type: recordType.value, name, blobBytes: 0, storedAt: 0, cost: 0, claim: undefined }) as const
  const build =
    (name: string, size = 10): Build =>
    origin =>
      valueRecord(origin, name, info, Buffer.alloc(size))
  const put = (name: string, size?: number) =>
    appender.append(change(name), build(name, size), ({ existed }) => existed)
  const putNow = (name: string) => appender.appendNow(change(name), build(name))
  return { appender, follower, outcomes, safety, put, putNow, path }
}

describe('appending', () => {
  test('tells whether there was an entry, within one batch too', async () => {
    const { appender, put, outcomes } = setUp()
    const remove = (name: string) =>
      appender.append(
        { type: recordType.delete, name },
        origin => deleteRecord(origin, name),
        ({ existed }) => existed,
      )
    expect(await Promise.all([put('a'), put('a'), remove('a'), remove('a'), put('a')])).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
    expect(outcomes.filter(({ existed }) => existed)).toHaveLength(2)
    expect(await appender.append(clearing, clearRecord, ({ existed }) => existed)).toBe(true)
    expect(await appender.append(clearing, clearRecord, ({ existed }) => existed)).toBe(false)
  })

  test('waits for the end of the tick, or for a megabyte', async () => {
    const sizes: number[] = []
    const { put } = setUp({
      append(bytes, append) {
        sizes.push(bytes.length)
        return append(bytes)
      },
    })
    const small = [put('a'), put('b')]
    expect(sizes).toHaveLength(0)
    const large = put('c', 1 << 20)
    expect(sizes).toHaveLength(1)
    await Promise.all([...small, large, put('d')])
    expect(sizes).toHaveLength(2)
  })

  test('resolves only what is seen in the log', async () => {
    const { put, follower } = setUp({ append: bytes => bytes.length })
    await expect(put('a')).rejects.toMatchObject({ code: 'store-write' })
    expect(follower.find('a')).toBeUndefined()
  })

  test('writes again what went to a log that had been removed', async () => {
    const path = temporaryDirectory()
    let remove = false
    const { put, follower } = setUp(
      {
        append(bytes, append) {
          if (remove) rmSync(path, { recursive: true })
          remove = false
          return append(bytes)
        },
      },
      path,
    )
    await put('a')
    remove = true
    expect(await Promise.all([put('b'), put('c')])).toEqual([false, false])
    expect(['a', 'b', 'c'].map(name => follower.find(name) !== undefined)).toEqual([false, true, true])
  })

  test('that fails rejects the whole batch with the same reason, and the next one begins anew', async () => {
    let failing = true
    const { put } = setUp({
      before(operation) {
        if (failing && operation === 'append') throw systemError('EDQUOT')
      },
    })
    const outcomes = await Promise.allSettled([put('a'), put('b')])
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'store-write', cause: { code: 'EDQUOT' } },
      })
    failing = false
    expect(await put('c')).toBe(false)
  })

  test('in turns with another writer, each sees what it displaced', async () => {
    const path = temporaryDirectory()
    const [one, other] = [setUp({}, path), setUp({}, path)]
    expect(await one.put('a')).toBe(false)
    expect(await other.put('a')).toBe(true)
    expect(await one.put('a')).toBe(true)
    expect(one.outcomes.map(({ existed }) => existed)).toEqual([false, true])
    expect(other.outcomes.map(({ existed }) => existed)).toEqual([true])
  })
})

describe('with durability: "power"', () => {
  const power = (hooks: Hooks = {}) => {
    const done: Operation[] = []
    const before = (operation: Operation, path: string) => {
      if (['append', 'sync', 'syncDirectory', 'syncDirectoryNow'].includes(operation)) done.push(operation)
      hooks.before?.(operation, path)
    }
    const times = (...operations: Operation[]) => done.filter(one => operations.includes(one)).length
    return { ...setUp({ ...hooks, before }, temporaryDirectory(), 'power'), done, times }
  }

  test('resolves after the log and its name are safe', async () => {
    const { put, done, safety } = power()
    await put('a')
    expect(done.slice(0, 2)).toEqual(['append', 'sync'])
    expect(done.slice(2)).toContain('syncDirectory')
    expect(await safety[0]).toBe(true)
  })

  test('shares one sync among all of a tick, and one more among all that wait for it', async () => {
    const { put, times } = power()
    await put('first')
    await Promise.all(Array.from({ length: 50 }, (_, index) => put(`${index}`)))
    expect(times('sync')).toBe(2)
  })

  test('makes the names safe once for each log', async () => {
    const { put, putNow, times } = power()
    await put('a')
    const once = times('syncDirectory', 'syncDirectoryNow')
    expect(once).toBeGreaterThan(0)
    await put('b')
    putNow('c')
    expect(times('syncDirectory', 'syncDirectoryNow')).toBe(once)
  })

  test('returns after the sync, from the synchronous twin', () => {
    const { putNow, done, safety } = power()
    expect(putNow('a')).toMatchObject({ existed: false })
    expect(done.slice(0, 2)).toEqual(['append', 'sync'])
    expect(done.slice(2)).toContain('syncDirectoryNow')
    expect(safety).toEqual([true])
  })

  test.each<Operation>(['sync', 'syncDirectory'])(
    'rejects when %s fails, and tries again',
    async operation => {
      let failing = true
      const { put, safety } = power({
        before(one) {
          if (failing && one === operation) throw systemError('EIO')
        },
      })
      await expect(put('a')).rejects.toMatchObject({ code: 'store-write', cause: { code: 'EIO' } })
      expect(await safety[0]).toBe(false)
      failing = false
      expect(await put('b')).toBe(false)
    },
  )

  test.each<Operation>(['sync', 'syncDirectoryNow'])('throws when %s fails without a promise', operation => {
    const { putNow, safety } = power({
      before(one) {
        if (one === operation) throw systemError('EIO')
      },
    })
    expect(() => putNow('a')).toThrow(expect.objectContaining({ code: 'store-write' }))
    expect(safety).toEqual([false])
  })

  test('does not wait for the disk with a claim, which ends with its process anyway', async () => {
    const { appender, times } = power()
    const claim = appender.nextOrigin()
    const wanted = { stamp: info.stamp, params: undefined }
    await appender.append(
      { type: recordType.claim, name: 'a', wanted, claim, replaces: undefined },
      origin => claimRecord(origin, 'a', wanted, undefined),
      () => {},
      claim,
    )
    expect(times('sync')).toBe(0)
  })
})
