import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, root, setUp } from './set-up.mjs'

/** The suites of a package that try something in rounds, with many more of them (its `test/rounds.ts`). */
function suitesOf(folder) {
  const files = ['src', 'test'].flatMap(part =>
    readdirSync(join(root, folder, part)).map(name => `${part}/${name}`),
  )
  const suites = files.filter(file => file.endsWith('.test.ts'))
  return suites.filter(file => readFileSync(join(root, folder, file), 'utf8').includes('/rounds.ts'))
}

await setUp()
process.env.STAGCACHE_TORTURE = '1'
process.env.STAGCACHE_BROWSER = 'none'
for (const folder of ['packages/core', 'packages/disk']) {
  const run = ['--silent', '--dir', folder, 'exec', 'vitest', 'run', ...suitesOf(folder)]
  process.exitCode = (await pnpm(run, { minutes: 180 })) || process.exitCode
}
