import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chartOf, groupsOf } from './chart.ts'
import { environment, environmentText } from './environment.ts'
import { hitsChartOf, linesOf } from './hits-chart.ts'
import { type Measured, measure } from './measure.ts'
import { withMeasured } from './readme.ts'
import { suites } from './suites.ts'
import { summaryOf, tableOf } from './table.ts'

const efforts = {
  full: { warmUp: 4, rounds: 24, seconds: 6, fewest: 3 },
  quick: { warmUp: 1, rounds: 5, seconds: 1, fewest: 3 },
}
const topics = [...new Set(suites.flatMap(({ topics }) => topics))]
const usage = `npm run bench -- [${topics.join('|')}] [--quick] [--json file] [--chart file.svg] [--readme]`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    chart: { type: 'string' },
    readme: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
})
const selected = suites.filter(
  ({ topics, quick }) =>
    (positionals.length === 0 || positionals.some(topic => topics.includes(topic))) &&
    (quick || !options.quick),
)
if (options.help) leave(usage)
for (const topic of positionals) {
  if (!topics.includes(topic)) leave(`There are no benchmarks of ${topic}.\n${usage}`, 1)
}
if (selected.length === 0) leave(`Nothing of ${positionals.join(' and ')} is quick.`, 1)
if (options.readme && selected.length < suites.length) leave('The README has the figures of a full run.', 1)

// An exit removes what was stored, a signal alone would not.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const started = performance.now()
const about = environment()
const measured: Measured[] = []
const texts: string[] = []
say(environmentText(about))
for (const suite of selected) {
  for await (const table of measure(suite, options.quick ? efforts.quick : efforts.full)) {
    measured.push(table)
    say(tableOf(table.title, table.results))
  }
}
say(`${summaryOf(measured)} The run took ${Math.ceil((performance.now() - started) / 60_000)} min.`)

const subtitle = environmentText(about).split('\n')[0] ?? ''
const chart = chartOf(groupsOf(measured), subtitle)
const lines = linesOf(measured)
if (options.json) write(options.json, `${JSON.stringify({ ...about, tables: measured }, null, 2)}\n`)
if (options.chart) write(options.chart, chart)
if (options.readme) {
  const beside = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
  const readme = beside('README.md')
  writeFileSync(readme, withMeasured(readFileSync(readme, 'utf8'), texts.join('\n\n')))
  writeFileSync(beside('disk.svg'), chart)
  // Recorded accesses are not everywhere.
  if (lines.length > 0) writeFileSync(beside('eviction.svg'), hitsChartOf(lines, subtitle))
}

function say(text: string): void {
  texts.push(text)
  console.log(`${text}\n`)
}

// npm and pnpm run this in the package's folder; a path is meant from where the user called.
function write(path: string, text: string): void {
  writeFileSync(resolve(process.env['INIT_CWD'] ?? process.cwd(), path), text)
}

function leave(message: string, code = 0): never {
  console.log(message)
  process.exit(code)
}
