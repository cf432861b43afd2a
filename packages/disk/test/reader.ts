// Reads what the parent has stored, and generates an entry of its own.
import { DiskCache } from '../src/disk-cache.ts'

const cache = new DiskCache({ version: 5, dir: process.argv[2] ?? '' })
const rows = (await cache.getOrThrow('./rows@2')) as { name: string }[]
const pixels = (await cache.getOrThrow('./pixels')) as Float32Array
const generated = await cache.cache('./child', () => 'by the child')
console.log(
  JSON.stringify({
    rows: rows.length,
    last: rows.at(-1)?.name,
    pixels: pixels.reduce((sum, pixel) => sum + pixel, 0),
    generated,
  }),
)
