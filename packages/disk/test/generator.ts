// Wants './cold', and does what it is told when it has to generate it. Says "generating" when it begins to, and in the end
// what it got.
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from '../src/disk-cache.ts'

const [, , dir = '', by = '', what = 'value', milliseconds = '0', options = '{}'] = process.argv
const cache = new DiskCache({ dir })
const errors: string[] = []
cache.events.on('error', ({ error }) => errors.push(String(error)))
let generated = 0

async function generate(): Promise<unknown> {
  generated++
  console.log('generating')
  if (what === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(milliseconds))
  else await delay(Number(milliseconds))
  if (what === 'throw') throw new Error(`no result by ${by}`)
  if (what === 'nothing') return undefined
  if (what === 'unstorable') return { by, run: () => by }
  return { by, large: what === 'large' ? new Uint8Array(300_000).fill(7) : null }
}

const result = await cache
  .cache('./cold', JSON.parse(options), generate)
  .catch(error => ({ error: String(error) }))
const got = (result ?? {}) as { by?: string; error?: string }
console.log(JSON.stringify({ got: got.by ?? got.error ?? null, generated, errors }))
