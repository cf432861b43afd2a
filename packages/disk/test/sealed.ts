// Writes until a snapshot is due, behind which another process seals the log and dies. Then writes on, and says so.
import { appendFileSync, readFileSync } from 'node:fs'
import { DiskStore } from '../src/disk-store.ts'
import { sealRecord, signRecord } from '../src/record.ts'

const entryOf = (value: unknown) => ({
  value,
  stamp: '1.1' as never,
  params: undefined,
  storedAt: 1,
  cost: 1,
})
const logPath = (path: string) => `${path}/store-v1/00000001.log`
const dir = process.argv[2] ?? ''
const store = await new DiskStore({ dir }).open()
await Promise.all(
  Array.from({ length: 100 }, (_, index) => store.write(`${index}`, entryOf('x'.repeat(50_000)))),
)
const seal = sealRecord({ writer: 99n, sequence: 1 })
signRecord(seal, readFileSync(logPath(dir)).readBigUInt64LE(16))
appendFileSync(logPath(dir), seal)
await new Promise(resolve => setTimeout(resolve, 200))
await store.write('z', entryOf(1))
console.log('"written"')
process.exit(0)
