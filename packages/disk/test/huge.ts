import { randomFillSync } from 'node:crypto'
import { argv, memoryUsage } from 'node:process'
import { DiskCache } from '../src/index.ts'

/*
 * Stores a value of so many GiB and reads it again in another store; then changes it while it is being stored, which has to
 * be refused. Needs twice as much memory and disk.
 *
 *   node --conditions=@stagcache/source packages/disk/test/huge.ts <directory> <GiB>
 */
const [dir = '', gigabytes = '2.5'] = argv.slice(2)
const bytes = new Uint8Array(Number(gigabytes) * 2 ** 30)
for (let start = 0; start < bytes.length; start += 2 ** 26)
  randomFillSync(bytes.subarray(start, start + 4096))
bytes[bytes.length - 1] = 7

await timed('stored', () => inStore(store => store.set('./huge', { bytes })))
await timed('read', async () => {
  const read = (await inStore(store => store.getOrThrow('./huge'))) as { bytes: Uint8Array }
  if (!equal(read.bytes, bytes)) throw new Error('It came back as something else.')
})
await timed('refused a change', () =>
  inStore(async store => {
    const stored = store.set('./huge', { bytes: bytes.fill(1, 0, 1) })
    setTimeout(() => bytes.fill(2, 0, 1), 100)
    await stored.then(
      () => Promise.reject(new Error('It was stored.')),
      error => console.log(`  ${error.message}`),
    )
  }),
)

async function inStore<T>(use: (cache: DiskCache) => T): Promise<Awaited<T>> {
  const cache = new DiskCache({ dir })
  try {
    return await use(cache)
  } finally {
    await cache.close()
  }
}

async function timed(what: string, task: () => Promise<unknown>): Promise<void> {
  const begin = performance.now()
  await task()
  const megabytes = Math.round(memoryUsage().rss / 2 ** 20)
  console.log(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s, ${megabytes} MiB in memory`)
}

// Buffer.compare takes no more than 2 GiB in every runtime.
function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let start = 0; start < left.length; start += 2 ** 26) {
    const end = start + 2 ** 26
    if (!Buffer.from(left.subarray(start, end)).equals(right.subarray(start, end))) return false
  }
  return true
}
