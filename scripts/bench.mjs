import { pnpm, setUp } from './set-up.mjs'

await setUp()
process.exitCode = await pnpm(['--silent', '--dir', 'benchmarks', 'run', 'bench', ...process.argv.slice(2)], {
  minutes: 60,
})
