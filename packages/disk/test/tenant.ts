// Lives in a directory to which others do what they like: stores, looks up and generates entries until it is told "stop", and
// answers "find <name>" with the value. Says in the end what went wrong.
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { isCacheError } from '@stagcache/core'
import { DiskCache } from '../src/disk-cache.ts'
import { isWhole, marked } from './marked.ts'

const [, , dir = '', by = '', undisturbed = ''] = process.argv
const cache = new DiskCache({ dir })
const problems: string[] = []
const corrupt: string[] = []
let round = 0
let generated = 0
let isStopped = false

const note = (what: string, error: unknown) => {
  const code = isCacheError(error) ? error.code : 'foreign'
  problems.push(`${what} in round ${round}: ${code}: ${error}`)
}
cache.events.on('error', ({ error }) => note('event', error))
cache.events.on('corrupt', ({ reason }) => corrupt.push(reason))

createInterface({ input: process.stdin }).on('line', async line => {
  const [verb, name = ''] = line.split(' ')
  if (verb === 'stop') isStopped = true
  else console.log(JSON.stringify({ found: (await cache.store.read(name))?.value ?? null }))
})

// What may be there is what was stored there, by whatever process, or nothing.
async function checkFound(name: string): Promise<void> {
  const found = await cache.get(`./${name}`)
  if (found !== undefined && !isWhole(found, name)) problems.push(`${name} is wrong in round ${round}`)
}

// Nobody else writes it, and unless the directory is taken away it has to be there.
async function checkOwn(name: string): Promise<void> {
  await checkFound(name)
  const found = (await cache.get(`./${name}`)) as { round?: number } | undefined
  if (undisturbed && found?.round !== round) problems.push(`${name} is lost in round ${round}`)
}

async function live(): Promise<void> {
  const size = round % 4 === 0 ? 100_000 + round : (round * 7919) % 20_000
  const [own, shared] = [`${by}-${round % 10}`, `shared-${round % 7}`]
  await cache.set(`./${own}`, marked(own, by, round, size)).catch(error => note('set', error))
  await checkOwn(own).catch(error => note('get', error))
  await checkFound(shared).catch(error => note('get', error))
  const generate = () => {
    generated++
    return marked(shared, by, round, size)
  }
  const value = await cache.cache(`./${shared}`, { hashVal: round >> 5 }, generate)
  if (!isWhole(value, shared)) problems.push(`${shared} was generated wrong in round ${round}`)
  if (round % 5 === 0) await cache.delete(`./${by}-${(round + 3) % 10}`).catch(error => note('delete', error))
}

console.log('ready')
for (; !isStopped; round++) {
  await live().catch(error => note('cache', error))
  await setImmediate()
}
await cache.close()
console.log(JSON.stringify({ rounds: round, generated, problems, corrupt }))
