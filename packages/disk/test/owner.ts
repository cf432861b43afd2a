// An announced store that does what it is told, line by line, and says when it has.
import { spawn } from 'node:child_process'
import cluster from 'node:cluster'
import { openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { nodeFiles } from '../src/files.ts'
import { Liveness } from '../src/liveness.ts'
import { Pins } from '../src/pins.ts'

const [, , folder = '', writer = ''] = process.argv
const liveness = new Liveness(nodeFiles, folder, BigInt(writer))
const pins = new Pins(nodeFiles, folder, BigInt(writer), liveness)
const resident = new URL('resident.ts', import.meta.url)
const input = createInterface({ input: process.stdin })
let thread: Worker | undefined

const orders: Record<string, (detail: string) => unknown> = {
  pin: blob => pins.pin(blob),
  isAlive: other => liveness.isAlive(BigInt(other)),
  watch: other => void liveness.watch(BigInt(other), () => console.log('it is dead')),
  block(milliseconds) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(milliseconds))
  },
  // Ends, unless something keeps the process going.
  leave: () => input.close(),
  // A process that goes on when this one has ended.
  spawn() {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' })
    child.unref()
    return child.pid
  },
  exhaustDescriptors() {
    try {
      for (;;) openSync('/dev/null', 'r')
    } catch (error) {
      return (error as { code: string }).code
    }
  },
  // Others that say themselves when they are ready.
  startThread(other) {
    thread = new Worker(resident, { argv: [folder, other] })
  },
  endThread: () => thread?.terminate(),
  startClusterWorker(other) {
    cluster.setupPrimary({ exec: resident.pathname, args: [folder, other] })
    return cluster.fork().process.pid
  },
}

await liveness.announce()
console.log('ready')
for await (const line of input) {
  const [order = '', detail = ''] = line.split(' ')
  console.log(`${order}: ${(await orders[order]?.(detail)) ?? 'done'}`)
}
