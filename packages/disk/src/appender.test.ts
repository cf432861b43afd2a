import { rmSync } from 'node:fs'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Hooks, hookedFiles, systemError } from '../test/hooked-files.ts'
import { info } from '../test/logs.ts'
import { Appender } from './appender.ts'
import type { Outcome } from './contents.ts'
import { Directory } from './directory.ts'
import { Follower } from './follower.ts'
import { startHash } from './hash.ts'
import { clearRecord, deleteRecord, recordType } from './record.ts'
import { valueRecord } from './value-record.ts'

beforeAll(startHash)

let writers = 0n
const clearing = { type: recordType.clear } as const

function setUp(hooks: Hooks = {}, path: string = temporaryDirectory()) {
  const outcomes: Outcome[] = []
  const directory = new Directory(hookedFiles(hooks), path)
  const follower = new Follower(directory, 1n, () => {})
  const writer = writers++
  let sequence = 0
  const appender = new Appender({
    follower,
    dir: path,
    durability: 'process',
    origin: () => ({ writer, sequence: ++sequence }),
    seal: () => false,
    succeed: () => Promise.reject(new Error('no log is sealed here')),
    succeedNow: () => {},
    syncNames: () => directory.sync(),
    syncNamesNow: () => directory.syncNow(),
    onWritten: more => outcomes.push(...more),
  })
  onTestFinished(() => follower.close())
  const put = (name: string, size = 10) =>
    appender.append(
      { type: recordType.value, name, blobBytes: 0, storedAt: 0, cost: 0, claim: undefined },
      origin => valueRecord(origin, name, info, Buffer.alloc(size)),
      ({ existed }) => existed,
    )
  return { appender, follower, outcomes, put, path }
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
