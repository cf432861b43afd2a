import { pnpm, setUp } from './set-up.mjs'

await setUp()
process.exitCode = await pnpm([
  '--silent',
  '--dir',
  'examples/demo',
  'run',
  'start',
  ...process.argv.slice(2),
])
