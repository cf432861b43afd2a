import { pnpm, setUp } from './set-up.mjs'

// The suites that try something in rounds, with many more of them (packages/disk/test/rounds.ts).
const suites = [
  'clock',
  'copies',
  'crash',
  'damage',
  'interleavings',
  'kill',
  'mutations',
  'names',
  'pins',
  'relocation',
  'rivals',
]

await setUp()
process.env.STAGCACHE_TORTURE = '1'
process.env.STAGCACHE_BROWSER = 'none'
process.exitCode = await pnpm(['--silent', '--dir', 'packages/disk', 'exec', 'vitest', 'run', ...suites], {
  minutes: 180,
})
