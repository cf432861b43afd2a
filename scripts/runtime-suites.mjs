import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, findRuntimes } from '../internal/runtimes/src/index.ts'
import { root } from './set-up.mjs'
import { addTests, aligned, nothing } from './test-results.mjs'

const packages = ['core', 'disk', 'lifecycle', 'all']
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const denoFolder = mkdtempSync(join(tmpdir(), 'stagcache-deno-'))
const runtimes = (await findRuntimes()).map(described)
const words = process.argv.slice(2)
// Several times what the longest takes.
const mostMinutes = 20
const options = words.filter(word => !packages.includes(word) && !runtimes.some(({ id }) => id === word))

// What is running then is ended with this process.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

// One at a time: several tests measure or wait.
const outcomes = []
for (const runtime of chosen(runtimes, ({ id }) => id)) {
  for (const name of chosen(packages, name => name)) outcomes.push(await outcome(runtime, name))
}
rmSync(denoFolder, { recursive: true, force: true })
console.log(report().join('\n'))
process.exitCode = outcomes.some(({ failed }) => failed) ? 1 : 0

/** `id` is the word that chooses it, `identity` what `process.versions` must agree with: "node 20.20.2". */
function described({ name, command: program, version = '' }) {
  const [kind] = name.split(' ')
  const number = /\d+(\.\d+)+/.exec(version)?.[0]
  return { id: name.replace(' ', ''), name, program, identity: `${kind} ${number}` }
}

/** Those that the words name, or all when they name none. */
function chosen(all, wordOf) {
  const named = all.filter(one => words.includes(wordOf(one)))
  return named.length > 0 ? named : all
}

async function outcome({ name: runtime, program, identity }, name) {
  const result = { ...nothing(name, 'test'), runtime }
  if (!program) return { ...result, skips: [`${runtime} is not on this machine`] }
  console.log(`${identity}: ${name}`)
  const folder = join(root, 'packages', name)
  const results = join(folder, 'test-results', identity)
  rmSync(results, { recursive: true, force: true })
  const start = Date.now()
  const { code, stdout, stderr, isLate } = await suite(program, identity, folder)
  addTests(result, results, start)
  if (code !== 0 && result.failed === 0)
    Object.assign(result, { failed: 1, problem: `exited with code ${code}` })
  if (isLate) result.problem = `was ended after ${mostMinutes} minutes ${unfinished(stdout)}`
  if (result.failed > 0)
    console.log(stdout.replace(/^(begun|ended) .*\n/gm, ''), stderr, failures(results).join('\n\n'))
  return { ...result, seconds: (Date.now() - start) / 1000 }
}

/** Which files had begun and not ended, as vitest.shared.ts tells. */
function unfinished(stdout) {
  const told = word => [...stdout.matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map(([, file]) => file)
  const ended = new Set(told('ended'))
  const files = told('begun').filter(file => !ended.has(file))
  return files.length > 0 ? `in ${files.join(', ')}` : 'outside of its tests'
}

function failures(folder) {
  const path = join(folder, 'vitest.json')
  if (!existsSync(path)) return []
  const { testResults } = JSON.parse(readFileSync(path, 'utf8'))
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    if (message && failed.length === 0) return [`${name}\n${message}`]
    return failed.map(
      ({ fullName, failureMessages }) => `${name}: ${fullName}\n${failureMessages.join('\n')}`,
    )
  })
}

function suite([file, ...before], identity, cwd) {
  const env = {
    STAGCACHE_RUNTIME: identity,
    STAGCACHE_BROWSER: 'none',
    DENO_DIR: denoFolder,
    DENO_NO_UPDATE_CHECK: '1',
    NODE_OPTIONS: '',
  }
  return command(file, [...before, vitest, 'run', '--project', 'node', '--testTimeout=60000', ...options], {
    cwd,
    env,
    minutes: mostMinutes,
  })
}

function report() {
  const titles = ['runtime', 'package', 'passed', 'failed', 'skipped', 'time']
  const rows = outcomes.map(one => [
    one.runtime,
    one.name,
    one.passed,
    one.failed,
    one.skipped,
    `${one.seconds.toFixed(1)} s`,
  ])
  const skips = outcomes.flatMap(one => one.skips.map(skip => `skipped  ${one.runtime} ${one.name}: ${skip}`))
  const problems = outcomes
    .filter(one => one.problem)
    .map(one => `FAILED  ${one.runtime} ${one.name}: ${one.problem}`)
  return ['', ...aligned([titles, ...rows]), '', ...skips, ...problems]
}
