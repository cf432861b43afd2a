// Writes until it is killed, and says after each write that it has resolved.
import type { Stamp } from '@stagcache/core'
import { DiskStore } from '../src/disk-store.ts'

const [, , dir = '', name = 'writer', largest = '100'] = process.argv
const store = new DiskStore({ dir })
console.log('ready')
for (let round = 0; ; round++) {
  const names = Array.from({ length: 1 + (round % 5) }, (_, index) => `${name}/${round}-${index}`)
  await Promise.all(
    names.map((each, index) => {
      const size = (round * 7919 + index * 104729) % Number(largest)
      const value = { name: each, bytes: new Uint8Array(size).fill(round) }
      return store.write(each, { value, stamp: '1.1' as Stamp, params: undefined, storedAt: round, cost: 0 })
    }),
  )
  for (const each of names) process.stdout.write(`${each}\n`)
}
