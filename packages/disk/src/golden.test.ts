import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type Stamp, ValueTypes } from '@stagcache/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { difference } from '../test/difference.ts'
import { head, info, logOf, MemoryLogFile, openMemoryLog, readFile, salt, signed } from '../test/logs.ts'
import { needsPlainTypesOfBlobs, needsZstandard } from '../test/needs.ts'
import { claimRecord, releaseRecord } from './claim-record.ts'
import { decode, encode } from './codec.ts'
import { Contents } from './contents.ts'
import type { DraftFile } from './files.ts'
import { startHash } from './hash.ts'
import { emptyLog } from './log.ts'
import { clearRecord, deleteRecord, isIntact, sealRecord } from './record.ts'
import { atOnce } from './slices.ts'
import { restore, Snapshot } from './snapshot.ts'
import { stretchOf } from './stretch.ts'
import { usesRecord } from './uses-record.ts'
import { readValue, valueRecord } from './value-record.ts'

/*
 * The bytes that the formats consist of, so that a change of the code or of a dependency that moves one of them is seen.
 * Format 1 is frozen: a file is added for what is new, and none is changed. It is written when the test is run for the first time.
 */

beforeAll(startHash)

const noTypes = new ValueTypes()

const pathOf = (name: string) => new URL(`../golden/${name}.hex`, import.meta.url)

function golden(name: string, bytes: Uint8Array): void {
  const path = pathOf(name)
  const text = Buffer.from(bytes)
    .toString('hex')
    .replace(/.{1,64}/g, '$&\n')
  if (!existsSync(path)) {
    writeFileSync(path, text)
    throw new Error(`${name} was missing, and was written: look at it, and run the test again.`)
  }
  expect(text).toBe(readFileSync(path, 'utf8'))
}

const shared = new ArrayBuffer(16)
new Uint8Array(shared).set([1, 2, 3])
const circle: Record<string, unknown> = { name: 'circle' }
circle['self'] = circle
const error = Object.assign(new TypeError('message', { cause: 'cause' }), { code: 'E' })
error.stack = 'stack'

const payloads: Record<string, unknown> = {
  tree: { null: null, undefined: undefined, yes: true, texts: ['', 'ä', 'x'.repeat(40)], deep: [[{}]] },
  numbers: [
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    65_536,
    -129,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    0.5,
    1e300,
    Number.NaN,
    -0,
  ],
  bigints: [0n, -255n, 2n ** 70n],
  texts: ['\ud800', '\ufeffmark', { '\udfff': 1 }],
  dates: [new Date(1e12), new Date(Number.NaN)],
  expressions: /a\/[b]/giu,
  collections: new Map<unknown, unknown>([
    ['set', new Set([1, 'a'])],
    [new Map(), []],
  ]),
  errors: [error],
  buffers: [Uint8Array.of(1, 2, 3).buffer, Buffer.from('Buffer'), new DataView(Uint8Array.of(9).buffer)],
  views: [Float32Array.of(1.5), BigInt64Array.of(-1n), Uint8ClampedArray.of()],
  shared: [new Uint8Array(shared, 0, 3), new Int16Array(shared, 2, 2), shared],
  segments: { first: new Uint8Array(1024).fill(1), second: new Float64Array(200).fill(0.5) },
  arrays: [Object.assign([, 1], { name: 'x' }), new Array(3)],
  objects: [Object.assign(Object.create(null), { a: 1 }), JSON.parse('{ "__proto__": 1 }')],
  boxed: [Object(-0), Object('text'), Object(true), Object(7n)],
  circle,
  repeated: [[circle, circle], new Array(2).fill([1])],
  table: Array.from({ length: 18 }, (_, id) => ({ id, name: `row ${id}`, place: { x: id / 2, ä: 'ö' } })),
}

describe('payloads', () => {
  test.each(Object.entries(payloads))('%s', (name, value) => {
    const bytes = encode(value, noTypes, name).kept().bytes as Uint8Array
    golden(`payload-${name}`, bytes)
    expect(difference(value, decode(stretchOf(Buffer.from(bytes)), noTypes))).toBeUndefined()
  })
})

test('a payload with Blobs', async context => {
  needsPlainTypesOfBlobs(context)
  const value = {
    blob: new Blob(['in a Blob'], { type: 'text/plain' }),
    file: new File(['in a File'], 'name.txt', { type: 'text/html', lastModified: 1e12 }),
    empty: new Blob([]),
    bytes: new Uint8Array(1024).fill(1),
  }
  const { memory, blobs } = encode(value, noTypes, 'blobs')
  golden(
    'payload-blobs',
    new Uint8Array(await new Blob([...(memory as Uint8Array<ArrayBuffer>[]), ...blobs]).arrayBuffer()),
  )
})

test('a compressed payload', context => {
  needsZstandard(context)
  // Another version of zstd may write another frame, but has to read this one.
  const bytes = readFileSync(pathOf('payload-compressed'), 'utf8').replaceAll('\n', '')
  expect(decode(stretchOf(Buffer.from(bytes, 'hex')), noTypes)).toBe('x'.repeat(600))
})

const origin = { writer: 0x0102030405060708n, sequence: 9 }
const other = { writer: 0x1112131415161718n, sequence: 5 }
const content = encode({ a: 1 }, noTypes, 'a').kept().bytes as Uint8Array
const blob = { file: '3f0102030405060708-a', size: 100_000, checksum: 0xfedcba9876543210n }

test.each<[string, () => Buffer]>([
  ['value', () => valueRecord(origin, './table', info, content)],
  ['value-with-params', () => valueRecord(origin, './ä', { ...info, params: 'f00d' }, content)],
  ['value-in-utf-16', () => valueRecord(origin, '\ud800', { ...info, stamp: '5.é' as Stamp }, content)],
  ['value-in-blob', () => valueRecord(origin, './table', info, blob)],
  ['value-with-claim', () => valueRecord(origin, './table', info, content, { ...origin, sequence: 8 })],
  ['value-with-expiry', () => valueRecord(origin, './table', { ...info, expiresAt: 1.8e12 }, content)],
  ['delete', () => deleteRecord(origin, './table')],
  ['delete-evicted', () => deleteRecord(origin, './table', 'evicted')],
  ['delete-expired', () => deleteRecord(origin, './table', 'expired')],
  ['clear', () => clearRecord(origin)],
  ['claim', () => claimRecord(origin, './table', { stamp: '5.4', params: undefined }, undefined)],
  ['claim-that-replaces', () => claimRecord(origin, './ä', { stamp: '5.4', params: 'f00d' }, other)],
  ['release-failed', () => releaseRecord(origin, './table', { ...origin, sequence: 8 }, false)],
  ['release-unstored', () => releaseRecord(origin, '\ud800', { ...origin, sequence: 8 }, true)],
  ['uses', () => usesRecord(origin, [{ position: 64, hash: 0xcafe, uses: 3, usedAt: 1_700_000_000 }])],
  ['seal', () => sealRecord(origin)],
])('a record: %s', (name, build) => {
  const record = signed(build())
  golden(`record-${name}`, record)
  expect(isIntact(stretchOf(record), salt)).toBe(true)
  if (name.startsWith('value')) expect(readValue(stretchOf(record))?.info.cost).toBe(info.cost)
})

test('a snapshot', () => {
  const records = logOf(signed(valueRecord(origin, './table', info, content)))
  const log = openMemoryLog(new MemoryLogFile(records))
  const contents = new Contents(salt, log)
  const row = {
    position: 64,
    length: records.length - 64,
    blobBytes: 0,
    cost: 12.75,
    storedAt: 1_700_000_000,
  }
  contents.index.add(contents.hashOf('./table'), row)
  contents.index.use(0, 2, 1_700_000_100)
  const extent = { logId: head.id, end: records.length, last: 64, lastChecksum: records.readBigUInt64LE(72) }
  const parts: Uint8Array[] = []
  const file = { write: (bytes: Uint8Array) => void parts.push(Buffer.from(bytes)) } as DraftFile
  atOnce(new Snapshot(contents, extent).write(file))
  const bytes = new Uint8Array(Buffer.concat(parts))
  golden('snapshot', bytes)
  expect(restore(readFile(bytes), log)?.contents.index.placeOf(0)).toMatchObject({ position: 64 })
})

test('the head of a log', () => {
  golden('log-head', emptyLog({ ...head, madeAt: 1_700_000_000_000 }))
})
