/*
 * Stores a value of so many MiB, reads it again in another store, and then changes it while it is being stored. Its last line
 * is what came of it, as JSON.
 */
import { randomFillSync } from 'node:crypto'
import { persistentKey } from '@stagcache/core'
import { DiskCache } from '../src/index.ts'

/** What has come of it. Memory is the most that the process took meanwhile, in MiB. */
export interface Huge {
  readonly memoryToStore: number
  readonly memoryToRead: number
  readonly isEqual: boolean
  /** What was said to who changed it while it was being stored. */
  readonly refusal: string
}

const [, , dir = '', mebibytes = ''] = process.argv
const pieceBytes = 2 ** 26

// Most of it is never touched, and takes no memory until somebody copies it.
const bytes = new Uint8Array(Number(mebibytes) * 2 ** 20)
for (let start = 0; start < bytes.length; start += pieceBytes)
  randomFillSync(bytes.subarray(start, start + 4096))
bytes[bytes.length - 1] = 7

const memoryToStore = await mostMemory(() => inCache(cache => cache.set('./huge', { bytes })))
let read = new Uint8Array()
const memoryToRead = await mostMemory(async () => {
  read = (await inCache(cache => cache.getOrThrow(persistentKey<{ bytes: typeof read }>('./huge')))).bytes
})
const huge: Huge = { memoryToStore, memoryToRead, isEqual: areEqual(read, bytes), refusal: await refusal() }
console.log(JSON.stringify(huge))

function refusal(): Promise<string> {
  return inCache(async cache => {
    const timer = setInterval(() => bytes.fill((bytes[0] as number) + 1, 0, 1), 1)
    const message = await cache.set('./huge', { bytes }).then(() => '', String)
    clearInterval(timer)
    return message
  })
}

async function inCache<T>(use: (cache: DiskCache) => T): Promise<Awaited<T>> {
  const cache = new DiskCache({ dir })
  try {
    return await use(cache)
  } finally {
    await cache.close()
  }
}

async function mostMemory(work: () => Promise<unknown>): Promise<number> {
  let most = 0
  const look = () => {
    most = Math.max(most, process.memoryUsage().rss / 2 ** 20)
  }
  const timer = setInterval(look, 5)
  await work()
  clearInterval(timer)
  look()
  return Math.round(most)
}

// Buffer.compare takes no more than 2 GiB in every runtime.
function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  for (let start = 0; start < right.length; start += pieceBytes) {
    const end = start + pieceBytes
    if (!Buffer.from(left.subarray(start, end)).equals(right.subarray(start, end))) return false
  }
  return left.length === right.length
}
