// Reads, again and again, the blob that a file names: pins it, looks whether it is still named, and then must find it. Says how
// often it did, and how often in vain; and "enough" when so many of them were replaced meanwhile.
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { nodeFiles } from '../src/files.ts'
import { Liveness } from '../src/liveness.ts'
import { Pins } from '../src/pins.ts'

const [, , folder = '', writer = '', blobs = '', entry = '', wanted = ''] = process.argv
const liveness = new Liveness(nodeFiles, folder, BigInt(writer))
const pins = new Pins(nodeFiles, folder, BigInt(writer), liveness)
const current = () => readFileSync(entry, 'latin1')

let isStopped = false
process.stdin.once('data', () => (isStopped = true))
let found = 0
let missed = 0
let replaced = 0
writeSync(1, 'ready\n')
while (!isStopped) {
  const blob = current()
  await pins.pin(blob)
  if (current() === blob) {
    // Time enough for it to be removed.
    for (let turn = 0; turn < found % 20; turn++) await setImmediate()
    if (nodeFiles.identityAt(join(blobs, blob))) found++
    else missed++
    if (current() !== blob && ++replaced === Number(wanted)) writeSync(1, 'enough\n')
  }
  pins.unpin(blob)
  await setImmediate()
}
console.log(JSON.stringify({ found, missed, replaced }))
