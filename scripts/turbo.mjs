import { pnpm, setUp } from './set-up.mjs'

await setUp()
process.exitCode = await pnpm(['exec', 'turbo', ...process.argv.slice(2)])
