// Wants './cold' in so many threads at once, each of which does what `generator.ts` does in a process.
import { Worker } from 'node:worker_threads'

const [, , dir = '', threads = ''] = process.argv
const generator = new URL('generator.ts', import.meta.url)
for (let by = 1; by <= Number(threads); by++) new Worker(generator, { argv: [dir, `${by}`, 'value', '1000'] })
