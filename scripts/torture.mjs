import { pnpm, setUp } from './set-up.mjs'

// The suites that try something in rounds, with many more of them (packages/disk/test/rounds.ts).
const suites = [
  'claim-schedules',
  'claims',
  'clock',
  'copies',
  'crash',
  'damage',
  'faults',
  'interleavings',
  'key-index',
  'kill',
  'mutations',
  'names',
  'pins',
  'power',
  'relocation',
  'rivals',
  'snapshot',
  'successor',
]

await setUp()
process.env.STAGCACHE_TORTURE = '1'
process.env.STAGCACHE_BROWSER = 'none'
process.exitCode = await pnpm(['--silent', '--dir', 'packages/disk', 'exec', 'vitest', 'run', ...suites], {
  minutes: 180,
})
