import { join } from 'node:path'
import { root, run, setUp } from './set-up.mjs'

await setUp()
// In the workspace's own Node, which knows TypeScript, whichever one started this.
process.exitCode = await run(
  'node',
  [join(root, 'scripts', 'runtime-suites.mjs'), ...process.argv.slice(2)],
  {
    minutes: 180,
  },
)
