import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { type Workload, workloadOf } from './workload.ts'

// Beside the project, not part of it: their owners let them be used, not be passed on.
const folder = new URL('../../../../shared/traces/', import.meta.url)

/** The first accesses of recorded sequences; none where these are not beside the project. */
export function recorded(most: number): Workload[] {
  return recordings.flatMap(({ name }) => recordedAs(name, most) ?? [])
}

/** The accesses of one recorded sequence, or the first ones of them; nothing where it is not beside the project. */
export function recordedAs(wanted: string, most = Number.POSITIVE_INFINITY): Workload | undefined {
  const recording = recordings.find(({ name }) => name === wanted)
  if (!recording || !existsSync(pathOf(recording.file))) return undefined
  return recording.read(wanted, unpack(recording.file), most)
}

const recordings = [
  ...['loop', 'scan', 'zigzag', 'cs', 'gli', 'multi1', 'multi2'].map(name => ({
    name,
    file: `lirs/${name}.trace.gz`,
    read: readKeys,
  })),
  { name: 'OLTP', file: 'arc/OLTP.lis.gz', read: readRanges },
  { name: 'web07', file: 'cache2k/web07.trace.gz', read: readIntegers },
  { name: 'gcc', file: 'address/gcc-penalties.gz', read: readPenalties },
  { name: 'adapt_size', file: 'adapt_size/request.trace.gz', read: readSizes },
]

/** A decimal key a line. */
function readKeys(name: string, bytes: Buffer, most: number): Workload {
  return workloadOf(name, numbered(linesOf(bytes, most).filter(line => /^\d+$/.test(line))))
}

/** `<start> <count> <ignored> <ignored>`: the keys from start on. */
function readRanges(name: string, bytes: Buffer, most: number): Workload {
  const keys = linesOf(bytes, most).flatMap(line => {
    const [start = 0, count = 0] = line.split(' ').map(Number)
    return Array.from({ length: count }, (_, index) => start + index)
  })
  return workloadOf(name, numbered(keys.slice(0, most)))
}

/** Big-endian signed 32-bit integers. */
function readIntegers(name: string, bytes: Buffer, most: number): Workload {
  const keys = Array.from({ length: Math.min(most, bytes.length >> 2) }, (_, index) =>
    bytes.readInt32BE(4 * index),
  )
  return workloadOf(name, numbered(keys))
}

/** `<l|s> 0x<address> <instructions> <hit penalty> <miss penalty>`: the address is the key, the last number its cost. */
function readPenalties(name: string, bytes: Buffer, most: number): Workload {
  const lines = linesOf(bytes, most).map(line => line.split(' '))
  const requests = numbered(lines.map(([, address]) => address))
  return workloadOf(name, requests, {
    costs: firstOf(
      requests,
      lines.map(fields => Number(fields[4])),
    ),
  })
}

/** `<time> <key> <bytes>`: key and bytes together are the key. */
function readSizes(name: string, bytes: Buffer, most: number): Workload {
  const lines = linesOf(bytes, most).map(line => line.split(' '))
  const requests = numbered(lines.map(([, key, size]) => `${key} ${size}`))
  return workloadOf(name, requests, {
    bytes: firstOf(
      requests,
      lines.map(fields => Number(fields[2])),
    ),
  })
}

/** The keys as numbers from 0, in the order of their first appearance. */
function numbered(keys: readonly unknown[]): Uint32Array {
  const numbers = new Map<unknown, number>()
  return Uint32Array.from(keys, key => {
    const number = numbers.get(key) ?? numbers.size
    if (number === numbers.size) numbers.set(key, number)
    return number
  })
}

/** What each key had when it appeared first. */
function firstOf(requests: Uint32Array, values: readonly number[]): Float64Array {
  const first: number[] = []
  for (const [turn, key] of requests.entries()) first[key] ??= values[turn] as number
  return Float64Array.from(first)
}

function linesOf(bytes: Buffer, most: number): string[] {
  return bytes
    .toString('latin1')
    .split('\n', Math.min(most, 2 ** 32 - 1))
    .map(line => line.trim())
    .filter(line => line !== '')
}

function unpack(file: string): Buffer {
  return gunzipSync(readFileSync(pathOf(file)))
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, folder))
}
