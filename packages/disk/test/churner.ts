// Writes, replaces and deletes entries of its own until it is killed, and says what has resolved: "name round".
import type { Stamp } from '@stagcache/core'
import { DiskStore } from '../src/disk-store.ts'

const [, , dir = '', by = '', life = '', largest = '0'] = process.argv
const store = new DiskStore({ dir, maxBytes: 1 << 30 })
console.log('ready')
for (let round = 1; ; round++) {
  const changes = Array.from({ length: 8 }, (_, index) => {
    const name = `${by}/${(round * 7 + index * 11) % 50}`
    const isLarge = Number(largest) > 0 && round % 40 === 0 && index === 0
    const size = isLarge ? Number(largest) : (round * 7919 + index * 104_729) % 20_000
    const value = { life, round, bytes: new Uint8Array(size).fill(round) }
    const entry = { value, stamp: '1.1' as Stamp, params: undefined, storedAt: Date.now(), cost: 1 }
    return store.write(name, entry).then(() => process.stdout.write(`${name} ${round}\n`))
  })
  await Promise.all(changes)
  await new Promise(resolve => setImmediate(resolve))
}
