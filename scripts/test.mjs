import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { provideBrowser } from './browser.mjs'
import { pnpm, root, setUp } from './set-up.mjs'
import { outcomes, plannedTasks, report } from './test-results.mjs'

const summaries = join(root, '.turbo', 'runs')
const tasks = ['build', 'typecheck', 'test']
// Tasks of the workspace itself, which belong to no package.
const ownTasks = ['lint', 'typecheck:tools']

await setUp()
const notes = await chooseBrowser()
rmSync(summaries, { recursive: true, force: true })
console.log('Checking, building and testing everything. That takes about six minutes; what fails is shown.')
await pnpm(
  // Two at a time: several tests measure or wait, and more would make them compete.
  [
    'exec',
    'turbo',
    'run',
    ...ownTasks,
    ...tasks,
    '--continue=dependencies-successful',
    '--concurrency=2',
    '--summarize',
    // Whole logs of the tasks that fail, and nothing of the others.
    '--output-logs=errors-only',
  ],
  { minutes: 13 },
)
const own = ownTasks.map(task => ({ package: '//', task, directory: '' }))
const planned = [...own, ...plannedTasks(root, tasks)]
const { lines, failed } = report(outcomes(planned, turboTasks(), root), notes)
console.log(lines.join('\n'))
process.exitCode = failed > 0 ? 1 : 0

async function chooseBrowser() {
  const browser = await provideBrowser()
  process.env.STAGCACHE_BROWSER = browser.path ?? 'none'
  return browser.path ? [`Browser: ${browser.path}`] : [`Browser tests were skipped: ${browser.reason}.`]
}

function turboTasks() {
  try {
    const [newest] = readdirSync(summaries).sort().reverse()
    return JSON.parse(readFileSync(join(summaries, newest), 'utf8')).tasks
  } catch {
    return []
  }
}
