// Puts values of its own, each of one repeated number, under one name until it is told to stop.
import type { Stamp } from '@stagcache/core'
import { DiskStore } from '../src/disk-store.ts'

const [, , dir = '', seed = '1', size = '400000'] = process.argv
const store = new DiskStore({ dir })
const end = Date.now() + 2500
let written = 0
console.log('ready')
while (Date.now() < end) {
  const value = new Uint32Array(Number(size) / 4).fill(Number(seed) * 1e6 + written)
  await store.write('shared', { value, stamp: '1.1' as Stamp, params: undefined, storedAt: 0, cost: 0 })
  written++
}
console.log(JSON.stringify({ written }))
await store.close()
