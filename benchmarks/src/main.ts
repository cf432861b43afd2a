import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { environment, environmentText } from './environment.ts'
import { measure } from './measure.ts'
import { suites } from './suites.ts'
import { tableOf } from './table.ts'

const efforts = { full: { warmUp: 4, rounds: 24 }, quick: { warmUp: 2, rounds: 5 } }
const topics = [...new Set(suites.map(({ topic }) => topic))]
const usage = `npm run bench -- [${topics.join('|')}] [--quick] [--json file]`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
})
const unknown = positionals.filter(topic => !topics.includes(topic))
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There are no benchmarks of ${unknown.join(', ')}.\n${usage}` : usage)
  process.exit(values.help ? 0 : 1)
}

const about = environment()
console.log(`${environmentText(about)}\n`)
const measured = []
for (const suite of suites) {
  if (positionals.length > 0 && !positionals.includes(suite.topic)) continue
  const results = await measure(suite, values.quick ? efforts.quick : efforts.full)
  console.log(`${tableOf(suite.title, results)}\n`)
  measured.push({ topic: suite.topic, title: suite.title, results })
}
// npm and pnpm run this in the package's folder; a path is meant from where the user called.
const from = process.env['INIT_CWD'] ?? process.cwd()
if (values.json) {
  writeFileSync(resolve(from, values.json), `${JSON.stringify({ ...about, suites: measured }, null, 2)}\n`)
}
