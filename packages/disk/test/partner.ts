// Does what it is told, line by line: { "put": [name, value] }, { "get": name }, { "remove": name }, { "clear": true }.
import { createInterface } from 'node:readline'
import type { Stamp } from '@stagcache/core'
import { DiskStore } from '../src/disk-store.ts'

const store = new DiskStore({ dir: process.argv[2] ?? '' })
console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const { put, get, remove, clear } = JSON.parse(line)
  if (put) {
    const [name, value] = put
    await store.write(name, { value, stamp: '1.1' as Stamp, params: undefined, storedAt: 0, cost: 0 })
  }
  if (remove) await store.remove(remove)
  if (clear) await store.clear()
  const entry = get ? await store.read(get) : undefined
  console.log(JSON.stringify({ value: entry?.value ?? null }))
}
