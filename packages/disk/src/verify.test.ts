import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkDirectory, leaves } from '../test/check-directory.ts'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { bytesBeforeBlocks, resigned } from '../test/snapshots.ts'
import { blobPaths, entryOf, largeValue, logPath, openStore } from '../test/stores.ts'
import { claimRecord } from './claim-record.ts'
import { DiskCache } from './disk-cache.ts'
import { DiskStore } from './disk-store.ts'
import { startHash } from './hash.ts'
import { clearRecord, sealRecord, signRecord } from './record.ts'
import { valueRecord } from './value-record.ts'
import { verify, verifyDirectory } from './verify.ts'
import { type ProblemKind, severities } from './verify-report.ts'

beforeAll(startHash)

// Every test here makes what it expects to be found.
const onPurpose = () => leaves('damage', 'unfinished', 'leftover', 'foreign')

const origin = { writer: 5n, sequence: 1 }
const idxPath = (dir: string) => logPath(dir).replace(/log$/, 'idx')

/** A closed directory with small and large values and a snapshot. */
async function healthy(): Promise<string> {
  const store = await new DiskStore({ dir: temporaryDirectory() }).open()
  store.writeSync('a', entryOf('earlier'))
  store.writeSync('a', entryOf('x'.repeat(500)))
  store.writeSync('b', entryOf(2))
  await store.write('large', entryOf(largeValue(1, 70_000)))
  await store.write('larger', entryOf(largeValue(2, 90_000)))
  await store.saveSnapshot()
  await store.close()
  return store.dir
}

function saltOf(dir: string): bigint {
  return readFileSync(logPath(dir)).readBigUInt64LE(16)
}

function append(dir: string, record: Buffer): void {
  signRecord(record, saltOf(dir))
  appendBytes(dir, record)
}

function beginRecord(dir: string): void {
  appendBytes(dir, readFileSync(logPath(dir)).subarray(64, 100))
}

// Deno gives the mode also to a file that is there already.
function appendBytes(dir: string, bytes: Buffer): void {
  appendFileSync(logPath(dir), bytes, { mode: 0o600 })
}

function change(path: string, alter: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(path)
  writeFileSync(path, alter(bytes) ?? bytes)
}

/** A snapshot with something else in it, and checksums that say that it is right. */
function forgeSnapshot(dir: string, alter: (bytes: Buffer) => void): void {
  change(idxPath(dir), bytes => {
    alter(bytes)
    resigned(bytes)
    return undefined
  })
}

function reference(file: string, size: number): Buffer {
  const { value: _, ...info } = entryOf(0)
  return valueRecord(origin, 'planted', info, { file, size, checksum: 1n })
}

const cases: Record<Exclude<ProblemKind, 'wrong-index'>, (dir: string) => void> = {
  'bad-folder'(dir) {
    renameSync(join(dir, 'store-v1', 'blobs'), join(dir, 'elsewhere'))
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'store-v1', 'blobs'))
  },
  'bad-log': dir => writeFileSync(logPath(dir, 7), 'a photo album', { mode: 0o600 }),
  'cut-log': dir => truncateSync(logPath(dir), 200),
  'bad-record': dir => change(logPath(dir), bytes => void bytes.writeUInt8(bytes.readUInt8(300) ^ 1, 300)),
  'contradictory-record'(dir) {
    const record = claimRecord(origin, 'a', { stamp: '1', params: undefined }, undefined)
    record.writeUInt32LE(9999, 44)
    append(dir, record)
  },
  'unreadable-value': dir => append(dir, reference('../../../etc/passwd', 5)),
  'repeated-record'(dir) {
    append(dir, clearRecord(origin))
    append(dir, clearRecord(origin))
  },
  'missing-blob': dir => rmSync(blobPaths(dir)[0] as string),
  'bad-blob': dir => change(blobPaths(dir)[0] as string, bytes => bytes.fill(9, 5000, 5001)),
  'shared-blob'(dir) {
    const bytes = readFileSync(logPath(dir))
    const name = bytes.lastIndexOf('larger')
    const start = name - 72
    const again = Buffer.from(bytes.subarray(start, start + bytes.readUInt32LE(start + 4)))
    again.write('lArger', 72, 'latin1')
    again.writeUInt32LE(77, 20)
    append(dir, again)
  },
  'bad-snapshot': dir => change(idxPath(dir), bytes => bytes.fill(1, 100, 102)),
  'wrong-snapshot': dir =>
    forgeSnapshot(
      dir,
      bytes => void bytes.writeUInt8(bytes.readUInt8(bytesBeforeBlocks) ^ 1, bytesBeforeBlocks),
    ),
  'torn-tail': beginRecord,
  'sealed-log': dir => append(dir, sealRecord(origin)),
  'torn-record'(dir) {
    beginRecord(dir)
    append(dir, sealRecord(origin))
  },
  'outdated-log'(dir) {
    renameSync(logPath(dir), logPath(dir, 2))
    renameSync(idxPath(dir), idxPath(dir).replace('1.idx', '2.idx'))
    writeFileSync(logPath(dir), '')
  },
  'unused-snapshot': dir => renameSync(idxPath(dir), idxPath(dir).replace('1.idx', '2.idx')),
  draft: dir => writeFileSync(`${logPath(dir, 2)}.0123456789abcdef-01234567.draft`, ''),
  'unnamed-blob'(dir) {
    mkdirSync(join(dir, 'store-v1', 'blobs', '3f'), { recursive: true, mode: 0o700 })
    writeFileSync(join(dir, 'store-v1', 'blobs', '3f', '3f0123456789abcdef-0'), '', { mode: 0o600 })
  },
  'dead-socket'(dir) {
    mkdirSync(join(dir, 'store-v1', 'live'), { recursive: true, mode: 0o700 })
    writeFileSync(join(dir, 'store-v1', 'live', '0123456789abcdef'), '')
  },
  'dead-pin'(dir) {
    mkdirSync(join(dir, 'store-v1', 'live'), { recursive: true, mode: 0o700 })
    writeFileSync(join(dir, 'store-v1', 'live', '0123456789abcdef-3f0123456789abcdef-0'), '')
  },
  'unknown-name': dir => writeFileSync(join(dir, 'store-v1', 'notes.txt'), ''),
  'misplaced-blob'(dir) {
    const [path] = blobPaths(dir) as [string]
    const folder = join(dir, 'store-v1', 'blobs', path.includes('/3f/') ? '40' : '3f')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    cpSync(path, join(folder, path.slice(path.lastIndexOf('/') + 1)))
  },
  'open-permissions': dir => chmodSync(logPath(dir), 0o644),
}

// What a case brings with it besides.
const companions: Partial<Record<ProblemKind, readonly ProblemKind[]>> = {
  'bad-folder': ['missing-blob'],
  'bad-log': ['unused-snapshot'],
  'cut-log': ['torn-tail', 'unnamed-blob'],
  'bad-record': ['wrong-snapshot'],
  'repeated-record': ['unnamed-blob'],
  'torn-record': ['sealed-log'],
  'misplaced-blob': ['open-permissions'],
}

describe('a directory', () => {
  test('that is healthy has no problems, and is not changed', async () => {
    const dir = await healthy()
    const before = readdirSync(dir, { recursive: true })
    const report = await checkDirectory(dir)
    expect(report).toMatchObject({ intact: true, entries: 4, blobs: 2, hasSnapshot: true, omitted: 0 })
    expect(report.garbageBytes).toBeGreaterThan(0)
    expect(report.logBytes).toBe(readFileSync(logPath(dir)).length)
    expect(report.blobBytes).toBeGreaterThan(160_000)
    expect(readdirSync(dir, { recursive: true })).toEqual(before)
  })

  test.each(Object.entries(cases) as [ProblemKind, (dir: string) => void][])(
    'is found to have: %s',
    async (kind, harm) => {
      onPurpose()
      const dir = await healthy()
      harm(dir)
      const report = await verifyDirectory(dir)
      const kinds = new Set(report.problems.map(problem => problem.kind))
      expect(kinds).toContain(kind)
      for (const other of kinds)
        expect([kind, ...(companions[kind] ?? [])], report.problems[0]?.message).toContain(other)
      if (severities[kind] === 'damage') expect(report.intact).toBe(false)
      await expect(checkDirectory(dir)).rejects.toThrow(kind)
    },
  )

  test('that does not exist has nothing to report', async () => {
    const dir = join(temporaryDirectory(), 'none')
    expect(await verifyDirectory(dir)).toMatchObject({
      intact: true,
      entries: 0,
      log: undefined,
      problems: [],
    })
  })

  test('is told of by its store and its cache', async () => {
    const cache = new DiskCache({ dir: temporaryDirectory() })
    await cache.set('./a', 1)
    expect(await cache.verify()).toMatchObject({ dir: cache.dir, intact: true, entries: 1 })
    expect(await cache.store.verify()).toMatchObject({ intact: true, entries: 1 })
    await cache.close()
    await expect(cache.verify()).rejects.toMatchObject({ code: 'closed' })
  })

  test('that cannot be read is an error', async () => {
    const dir = await healthy()
    const files = hookedFiles({
      before(operation) {
        if (operation === 'read') throw systemError('EIO')
      },
    })
    await expect(verify(files, dir)).rejects.toMatchObject({ code: 'store-read', cause: { code: 'EIO' } })
  })

  test('with thousands of problems has a report that can be read', async () => {
    onPurpose()
    const dir = await healthy()
    for (let number = 0; number < 300; number++) writeFileSync(join(dir, 'store-v1', `x${number}`), '')
    const { problems, omitted, intact } = await verifyDirectory(dir)
    expect(problems).toHaveLength(100)
    expect(omitted).toBe(200)
    expect(intact).toBe(true)
  })
})

describe('while others write, reclaim and remove', () => {
  beforeEach(() => leaves('leftover', 'unfinished'))

  test('nothing is taken for damage', async () => {
    const dir = temporaryDirectory()
    const program = new URL('../test/churner.ts', import.meta.url)
    const children = ['1', '2', '3'].map(by => inProcess(program, dir, by, '0', '300000'))
    await Promise.all(children.map(child => child.line()))
    const first = (await verifyDirectory(dir)).log
    let rounds = 0
    // Until a log has been followed by another one.
    for (let log = first; rounds < 5 || log === first; rounds++) {
      const report = await verifyDirectory(dir)
      expect(report.problems.filter(({ severity }) => severity === 'damage')).toEqual([])
      log = report.log ?? first
    }
    for (const child of children) child.kill()
    await Promise.all(children.map(child => child.outcome))
    await checkDirectory(dir, { allow: ['leftover', 'unfinished'] })
  }, 120_000)

  test('an entry that is removed while it is being looked at is no missing blob', async () => {
    const store = await openStore().open()
    await store.put('a', largeValue(1))
    let removed = false
    const files = hookedFiles({
      before(operation, path) {
        if (operation !== 'look' || !path.includes('blobs/') || removed) return
        removed = true
        store.removeSync('a')
        rmSync(path)
      },
    })
    expect(await verify(files, store.dir)).toMatchObject({ entries: 0, problems: [] })
    expect(removed).toBe(true)
  })
})
