import { pnpm, setUp } from './set-up.mjs'

// The suites that try something in rounds, with many more of them (packages/disk/test/rounds.ts).
const core = ['fingerprint-pairs', 'interleavings']
const disk = [
  'claim-schedules',
  'claims',
  'clock',
  'copies',
  'crash',
  'damage',
  'faults',
  'huge',
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
for (const [name, suites] of Object.entries({ core, disk })) {
  const run = ['--silent', '--dir', `packages/${name}`, 'exec', 'vitest', 'run', ...suites]
  process.exitCode = (await pnpm(run, { minutes: 180 })) || process.exitCode
}
