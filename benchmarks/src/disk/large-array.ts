import { deepStrictEqual } from 'node:assert/strict'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DiskCache } from '@stagcache/disk'
import { floats } from '../data.ts'
import type { Contender, Suite } from '../row.ts'

const megabyte = 1_000_000

/** One large result, such as a table of numbers or the weights of a model. */
export const largeArray: Suite = {
  topic: 'disk',
  title: 'A Float32Array of 25 MB; only StagCache verifies what it read',
  async open(dir, share) {
    const bytes = 4 * Math.ceil((25 * megabyte * share) / 4)
    const values = floats(bytes)
    const path = join(dir, 'floats')
    await writeFile(path, values)
    const cacheDir = join(dir, 'stagcache')
    const cache = new DiskCache({ version: 1, dir: cacheDir })
    await cache.set('./floats', values)
    const preallocated = new Float32Array(values.length)

    const stag = contender('StagCache', values, async () => (await cache.get('./floats')) as Float32Array)
    const file = contender('readFile', values, async () => {
      const { buffer, byteOffset, byteLength } = await readFile(path)
      return new Float32Array(buffer, byteOffset, byteLength / 4)
    })
    const bare = contender('preallocated read', values, async () => {
      const handle = await open(path)
      try {
        await handle.read(preallocated, 0, preallocated.byteLength, 0)
      } finally {
        await handle.close()
      }
      return preallocated
    })
    const reopened: Contender = {
      ...stag,
      async prove() {
        await stag.prove()
        const other = new DiskCache({ version: 1, dir: cacheDir })
        deepStrictEqual(await other.get('./floats'), values)
        await other.close()
      },
    }
    return {
      rows: [
        {
          name: 'get',
          operations: 1,
          cleanStart: true,
          expected: mark(values),
          contenders: [reopened, file, bare],
          target: { measure: 'time', limit: 1 },
        },
      ],
      close: () => cache.close(),
    }
  },
}

function contender(name: string, values: Float32Array, get: () => Promise<Float32Array>): Contender {
  return {
    name,
    prove: async () => deepStrictEqual(await get(), values),
    run: async () => mark(await get()),
  }
}

function mark(values: Float32Array): number {
  return values.length + (values[0] ?? 0) + (values[values.length >> 1] ?? 0) + (values.at(-1) ?? 0)
}
