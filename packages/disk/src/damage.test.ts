import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { difference } from '../test/difference.ts'
import { patience, rounds } from '../test/rounds.ts'
import { entryOf } from '../test/stores.ts'
import { DiskStore } from './disk-store.ts'
import { verifyDirectory } from './verify.ts'

/*
 * A small directory with one of everything, of which each byte in turn is changed, added or taken away. Each entry is
 * then read as it was, or not at all; nothing throws or hangs; and the store goes on to work.
 */

const values: Record<string, unknown> = {
  './tree': { text: 'äöü', numbers: [1, 2.5, -3], nested: { yes: true } },
  './graph': new Map<unknown, unknown>([[new Date(0), { nan: Number.NaN }]]),
  './pixels': new Float32Array(600).fill(0.5),
  './blob': new Uint8Array(70_000).fill(9),
  './used': 'used',
  './replaced': 'second',
}

type Contents = ReadonlyMap<string, Buffer>

let made: Promise<Contents> | undefined

/** The files of the directory, by their paths in it. */
function original(): Promise<Contents> {
  made ??= make(temporaryDirectory())
  return made
}

async function make(dir: string): Promise<Contents> {
  const store = await new DiskStore({ dir }).open()
  store.writeSync('./replaced', entryOf('first'))
  for (const [name, value] of Object.entries(values)) store.writeSync(name, entryOf(value))
  store.writeSync('./deleted', entryOf('deleted'))
  store.removeSync('./deleted')
  const { stamp, params } = entryOf(0)
  await store.claim('./claimed', { stamp, params: 'f00d' }, {})
  const released = await store.claim('./released', { stamp, params }, {})
  if (typeof released === 'object') await released.release('failed')
  await store.read('./used')
  // As a long log would have one. Closing appends the uses.
  await store.saveSnapshot()
  await store.close()
  return filesIn(dir)
}

function filesIn(dir: string): Contents {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const paths = files.map(entry => join(entry.parentPath, entry.name))
  return new Map(paths.map(path => [path.slice(dir.length), readFileSync(path)]))
}

/** A copy of the directory, of which one file is changed; answers the entries that are left. */
async function survivors(path: string, change: (bytes: Buffer) => Buffer): Promise<string[]> {
  const dir = temporaryDirectory()
  for (const [each, bytes] of await original()) {
    mkdirSync(dirname(join(dir, each)), { recursive: true })
    writeFileSync(join(dir, each), each === path ? change(Buffer.from(bytes)) : bytes)
  }
  const { intact } = await verifyDirectory(dir)
  const left = await readAll(dir)
  // Verify knows of every loss but the one that leaves a shorter log: then the snapshot does.
  expect(intact && left.length < all.length, path).toBe(false)
  rmSync(dir, { recursive: true })
  return left
}

async function readAll(dir: string): Promise<string[]> {
  const store = await new DiskStore({ dir }).open()
  const left: string[] = []
  for (const [name, value] of Object.entries({ ...values, './deleted': undefined })) {
    const found = store.readSync(name)?.value
    if (found === undefined) continue
    // What the earlier record of a damaged one says was true once.
    if (!(name === './replaced' && found === 'first') && !(name === './deleted' && found === 'deleted'))
      expect(difference(value, found), name).toBeUndefined()
    left.push(name)
  }
  store.writeSync('./next', entryOf('works'))
  expect(store.readSync('./next')?.value).toBe('works')
  await store.close()
  return left
}

const all = Object.keys(values)

/** How far apart the places are that are tried: all of them, when there is time. */
function stepOf(size: number, places: number): number {
  return Math.max(1, Math.floor(size / rounds(places, 4000)))
}

describe('of every file', () => {
  test.each([0x01, 0x80, 0xff])(
    'each byte may be changed by %d, and costs one entry at most',
    async bits => {
      for (const [path, { length: size }] of await original()) {
        const step = stepOf(size, 100)
        for (let place = bits % step; place < size; place += step) {
          const left = await survivors(path, bytes => {
            bytes[place] = (bytes[place] as number) ^ bits
            return bytes
          })
          if (path.endsWith('.log') && place < 64) expect(left, `${path} ${place}`).toEqual([])
          else expect(left.length, `${path} ${place}`).toBeGreaterThanOrEqual(all.length - 1)
        }
      }
    },
    patience,
  )

  test(
    'any part may be missing',
    async () => {
      for (const [path, { length: size }] of await original()) {
        const step = stepOf(size, 30)
        for (let length = 0; length < size; length += step) {
          await survivors(path, bytes => bytes.subarray(0, length))
          await survivors(path, bytes =>
            Buffer.concat([bytes.subarray(0, length), bytes.subarray(length + step)]),
          )
        }
      }
    },
    patience,
  )

  test(
    'anything may be inserted or be zero',
    async () => {
      for (const [path, { length: size }] of await original()) {
        const step = stepOf(size, 20)
        for (let place = 0; place < size; place += step) {
          const [from, to] = [
            (bytes: Buffer) => bytes.subarray(0, place),
            (bytes: Buffer) => bytes.subarray(place),
          ]
          await survivors(path, bytes => Buffer.concat([from(bytes), Buffer.alloc(7, 0xf5), to(bytes)]))
          await survivors(path, bytes => bytes.fill(0, place, Math.min(place + 100, size)))
        }
      }
    },
    patience,
  )
})

test('files may be exchanged for each other', async () => {
  const files = [...(await original())].filter(([path]) => path.includes('store-v1'))
  expect(files.length).toBeGreaterThanOrEqual(3)
  for (const [path] of files) {
    for (const [, other] of files) await survivors(path, () => other)
  }
})

test('parts of another directory are not taken for its own', async () => {
  const dir = temporaryDirectory()
  const store = await new DiskStore({ dir }).open()
  for (const name of all) store.writeSync(name, entryOf('of another directory'))
  await store.saveSnapshot()
  await store.close()
  const foreign = readFileSync(join(dir, 'store-v1/00000001.idx'))
  const left = await survivors('/store-v1/00000001.idx', () => foreign)
  expect(left).toEqual(all)
  const records = readFileSync(join(dir, 'store-v1/00000001.log')).subarray(64)
  expect(await survivors('/store-v1/00000001.log', bytes => Buffer.concat([bytes, records]))).toEqual(all)
})
