// Puts values of its own under a name that others write too, or only reads that name, until its input says anything.
import { setImmediate } from 'node:timers/promises'
import type { Stamp } from '@stagcache/core'
import { DiskStore } from '../src/disk-store.ts'
import { rivalValues } from './marked.ts'

const [, , dir = '', by = '', kind = ''] = process.argv
const store = new DiskStore({ dir })
const values = rivalValues[kind]
const events: unknown[] = []
store.observe(event => events.push(event))
let isStopped = false
process.stdin.once('data', () => (isStopped = true))
let count = 0
let wrong = 0

async function write(): Promise<void> {
  const value = values?.make(by, count++)
  await store.write('shared', { value, stamp: '1.1' as Stamp, params: undefined, storedAt: 0, cost: 0 })
}

async function read(): Promise<void> {
  const entry = await store.read('shared')
  if (entry) count++
  if (entry && !values?.isWhole(entry.value)) wrong++
}

console.log('ready')
while (!isStopped) {
  await (by === 'reader' ? read() : write())
  // Small values are read without ever waiting for anything.
  if (count % 20 === 0) await setImmediate()
}
await store.close()
console.log(JSON.stringify({ count, wrong, events }))
