import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles, type Operation } from '../test/hooked-files.ts'
import { head, info } from '../test/logs.ts'
import { Blobs } from './blobs.ts'
import { Directory } from './directory.ts'
import { type Files, nodeFiles } from './files.ts'
import { Follower } from './follower.ts'
import { startHash } from './hash.ts'
import { type Liveness, writerName } from './liveness.ts'
import { emptyLog, type Log } from './log.ts'
import { Payload } from './payload.ts'
import { Pins } from './pins.ts'
import { deleteRecord, signRecord } from './record.ts'
import { Sweeper } from './sweeper.ts'
import { valueRecord } from './value-record.ts'

beforeAll(startHash)
beforeEach(() => leaves('leftover', 'foreign', 'damage'))

const own = 0x1111111111111111n
const alive = 0x2222222222222222n
const dead = 0x3333333333333333n
const writers = { own, alive, dead }
type Who = keyof typeof writers

const minute = 60_000

/** A directory with a log, and a sweeper for which stores are alive as their names say. */
function setUp(files: Files = nodeFiles) {
  const directory = new Directory(files, temporaryDirectory())
  directory.makeLog(() => {}).close()
  const follower = new Follower(directory, own, () => {})
  follower.refresh()
  onTestFinished(() => follower.close())
  const sockets = { left: 0 }
  const liveness = {
    isAlive: async (writer: bigint) => writer === own || writer === alive,
    sweep: async () => sockets.left,
    announce: async () => {},
  } as unknown as Liveness
  const blobs = new Blobs(files, directory.blobs, own)
  const pins = new Pins(files, directory.live, own, liveness)
  const sweeper = new Sweeper({ directory, follower, blobs, liveness, pins, writer: own })
  const log = () => follower.refresh()?.log as Log
  const append = (record: Buffer) => {
    signRecord(record, log().salt)
    log().append(record)
  }
  return { directory, follower, blobs, pins, sweeper, sockets, log, append }
}

type SetUp = ReturnType<typeof setUp>

function place(path: string, minutes: number): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'x')
  const at = new Date(Date.now() - minutes * minute)
  utimesSync(path, at, at)
  return path
}

function blobOf(who: Who, suffix = ''): string {
  return `3f${writerName(writers[who])}-a${suffix}`
}

function placeBlob({ directory }: SetUp, file: string, minutes: number): string {
  return place(join(directory.blobs, file.slice(0, 2), file), minutes)
}

function nameBlob({ append }: SetUp, file: string, name = 'a'): void {
  append(valueRecord({ writer: alive, sequence: 1 }, name, info, { file, size: 1, checksum: 1n }))
}

describe('a blob', () => {
  test.each<{ by: Who; minutes: number; named?: 'now' | 'once'; pinned?: Who; left: boolean }>([
    { by: 'dead', minutes: 90, left: false },
    { by: 'dead', minutes: 11, left: false },
    { by: 'dead', minutes: 9, left: true },
    { by: 'dead', minutes: -90, left: true },
    { by: 'alive', minutes: 90, left: true },
    { by: 'own', minutes: 11, left: false },
    { by: 'own', minutes: 9, left: true },
    { by: 'own', minutes: 90, named: 'now', left: true },
    { by: 'own', minutes: 90, pinned: 'alive', left: true },
    { by: 'dead', minutes: 90, named: 'now', left: true },
    { by: 'dead', minutes: 90, named: 'once', left: false },
    { by: 'dead', minutes: 90, pinned: 'alive', left: true },
    { by: 'dead', minutes: 90, pinned: 'own', left: true },
    { by: 'dead', minutes: 90, pinned: 'dead', left: false },
    { by: 'dead', minutes: 90, named: 'once', pinned: 'alive', left: true },
  ])('of $by, $minutes minutes old, named $named, pinned by $pinned, is left: $left', async row => {
    const parts = setUp()
    const file = blobOf(row.by)
    const path = placeBlob(parts, file, row.minutes)
    if (row.named) nameBlob(parts, file)
    if (row.named === 'once') parts.append(deleteRecord({ writer: alive, sequence: 2 }, 'a'))
    if (row.pinned) place(join(parts.directory.live, `${writerName(writers[row.pinned])}-${file}`), 0)
    await parts.sweeper.sweep()
    expect(existsSync(path)).toBe(row.left)
  })

  test('that a store of the dead had not finished goes too, and what no store has made stays', async () => {
    const parts = setUp()
    const unfinished = placeBlob(parts, blobOf('dead', '.0123-abc.draft'), 90)
    const foreign = place(join(parts.directory.blobs, '3f', 'readme.txt'), 90)
    await parts.sweeper.sweep()
    expect(existsSync(unfinished)).toBe(false)
    expect(existsSync(foreign)).toBe(true)
  })

  test('of this store stays until it is settled', async () => {
    const parts = setUp()
    const { file } = await parts.blobs.write(new Payload([Buffer.alloc(100)]))
    const path = placeBlob(parts, file, 90)
    await parts.sweeper.sweep()
    expect(existsSync(path)).toBe(true)
    parts.blobs.settle({ file })
    await parts.sweeper.sweep()
    expect(existsSync(path)).toBe(false)
  })

  test('stays that is named right after its writer was found to be dead', async () => {
    const parts = setUp(
      hookedFiles({
        before(operation: Operation) {
          if (operation !== 'modifiedAt' || hasNamed) return
          hasNamed = true
          nameBlob(parts, blobOf('dead'))
        },
      }),
    )
    let hasNamed = false
    const path = placeBlob(parts, blobOf('dead'), 90)
    await parts.sweeper.sweep()
    expect(hasNamed).toBe(true)
    expect(existsSync(path)).toBe(true)
  })

  test('stays where the log was superseded while its places were read', async () => {
    const parts = setUp()
    const path = placeBlob(parts, blobOf('dead'), 90)
    const { follower } = parts
    follower.refresh()
    Object.defineProperty(follower, 'followed', { get: () => undefined })
    await parts.sweeper.sweep()
    expect(existsSync(path)).toBe(true)
  })
})

describe('a draft', () => {
  test.each<{ by: Who; minutes: number; left: boolean }>([
    { by: 'dead', minutes: 90, left: false },
    { by: 'dead', minutes: 9, left: true },
    { by: 'alive', minutes: 90, left: true },
    { by: 'own', minutes: 90, left: false },
    { by: 'own', minutes: 9, left: true },
  ])('of $by, $minutes minutes old, is left: $left', async ({ by, minutes, left }) => {
    const { directory, sweeper } = setUp()
    const name = `00000002.log.${writerName(writers[by])}-abc.draft`
    const path = place(join(directory.folder, name), minutes)
    await sweeper.sweep()
    expect(existsSync(path)).toBe(left)
  })
})

describe('outdated logs', () => {
  test('go, with their snapshots, once the newest one is safe', async () => {
    const operations: string[] = []
    const files = hookedFiles({
      before: (operation, path) => {
        if (['sync', 'syncDirectory', 'remove'].includes(operation))
          operations.push(`${operation} ${path.slice(-12)}`)
      },
    })
    const { directory, follower, sweeper } = setUp(files)
    writeFileSync(directory.logPath(3), emptyLog(head))
    for (const name of [
      '00000001.idx',
      '00000002.idx',
      '00000002.log',
      '00000003.idx',
      '00000004.idx',
      'other',
    ])
      place(join(directory.folder, name), 0)
    // It opens the newest one.
    follower.refreshByPath()
    await sweeper.sweep()
    const left = readdirSync(directory.folder).filter(name => !name.startsWith('live'))
    expect(left.sort()).toEqual(['00000003.idx', '00000003.log', '00000004.idx', 'other'])
    const [first, second, ...rest] = operations
    expect([first, second]).toEqual(['sync 00000003.log', `syncDirectory ${directory.folder.slice(-12)}`])
    expect(rest.map(operation => operation.slice(0, 6))).toEqual(Array(4).fill('remove'))
  })

  test('of which there are none need no sync', async () => {
    let syncs = 0
    const files = hookedFiles({ before: operation => void (operation.startsWith('sync') && syncs++) })
    await setUp(files).sweeper.sweep()
    expect(syncs).toBe(0)
  })
})

describe('leftovers', () => {
  test.each<[string, boolean, (parts: SetUp) => unknown]>([
    ['nothing', false, () => {}],
    ['a socket of the dead', true, ({ sockets }) => (sockets.left = 1)],
    [
      'a draft',
      true,
      ({ directory }) => place(join(directory.folder, `00000002.log.${writerName(dead)}-a.draft`), 0),
    ],
    ['an outdated snapshot', true, ({ directory }) => place(join(directory.folder, '00000000.idx'), 0)],
    ['a blob that no entry has', true, parts => placeBlob(parts, blobOf('dead'), 90)],
    [
      'a blob that an entry has',
      false,
      parts => {
        placeBlob(parts, blobOf('dead'), 90)
        nameBlob(parts, blobOf('dead'))
      },
    ],
    [
      'a socket, but no log',
      false,
      ({ follower, sockets }) => {
        sockets.left = 1
        follower.close()
      },
    ],
  ])('are there where there is %s: %s', async (_, are, leave) => {
    const parts = setUp()
    leave(parts)
    expect(await parts.sweeper.hasLeftovers()).toBe(are)
  })

  test('of which there is no log are left alone', async () => {
    const parts = setUp()
    const path = placeBlob(parts, blobOf('dead'), 90)
    parts.follower.close()
    nodeFiles.removeNow(parts.directory.logPath(1))
    await parts.sweeper.sweep()
    expect(existsSync(path)).toBe(true)
  })
})

test('pins of the dead go', async () => {
  const { directory, sweeper } = setUp()
  const paths = [dead, alive].map(writer =>
    place(join(directory.live, `${writerName(writer)}-${blobOf('dead')}`), 0),
  )
  await sweeper.sweep()
  expect(paths.map(path => existsSync(path))).toEqual([false, true])
})
