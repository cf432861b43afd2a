import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What one turbo task came to. `problem` says what went wrong outside of any test; it counts as one failure.
 *
 * @typedef {{ name: string, task: string, passed: number, failed: number, skipped: number, seconds: number,
 *   problem?: string, skips: string[] }} Outcome
 */

/**
 * The tasks that the workspace has, run or not: every script of every package that is called like one of `names`.
 *
 * @param {string} root
 * @param {readonly string[]} names
 */
export function plannedTasks(root, names) {
  return packageFolders(root).flatMap(directory => {
    const { name, scripts = {} } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
    return names.filter(task => scripts[task]).map(task => ({ package: name, task, directory }))
  })
}

/**
 * What each planned task came to, those included that were never started.
 *
 * @param {readonly any[]} planned
 * @param {readonly any[]} ran `tasks` of turbo's run summary
 * @param {string} root
 * @returns {Outcome[]}
 */
export function outcomes(planned, ran, root) {
  const key = task => `${task.package} ${task.task}`
  const executions = new Map(ran.map(task => [key(task), task.execution]))
  return planned.map(task => outcome(task, executions.get(key(task)), root))
}

/**
 * @param {readonly Outcome[]} all
 * @param {readonly string[]} notes
 * @returns {{ lines: string[], failed: number }}
 */
export function report(all, notes = []) {
  const sum = key => all.reduce((total, one) => total + one[key], 0)
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum)
  const problems = all
    .filter(one => one.problem)
    .map(one => `FAILED  ${label(one)} ${one.task}: ${one.problem}`)
  const skips = all.flatMap(one => one.skips.map(skip => `skipped  ${label(one)}: ${skip}`))
  const count = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
  return { lines: ['', ...table(all), '', ...notes, ...skips, ...problems, count], failed }
}

function packageFolders(root) {
  const parents = ['packages', 'internal', 'examples'].filter(folder => existsSync(join(root, folder)))
  const folders = parents.flatMap(folder => readdirSync(join(root, folder)).map(name => join(folder, name)))
  return [...folders, 'benchmarks'].filter(folder => existsSync(join(root, folder, 'package.json')))
}

function outcome({ package: name, task, directory }, execution, root) {
  const result = nothing(name, task)
  if (!execution)
    return { ...result, failed: 1, problem: 'was not run, because something it depends on failed' }
  result.seconds = (execution.endTime - execution.startTime) / 1000
  if (task === 'test') addTests(result, join(root, directory, 'test-results'), execution.startTime)
  if (execution.exitCode !== 0 && result.failed === 0) {
    return { ...result, failed: 1, problem: `exited with code ${execution.exitCode}` }
  }
  return result
}

/** Adds what was written into `folder` since then to `result`. */
export function addTests(result, folder, since) {
  const files = resultFiles(folder, since)
  if (files.length === 0) Object.assign(result, { failed: 1, problem: 'wrote no results' })
  for (const file of files.map(path => JSON.parse(readFileSync(path, 'utf8')))) {
    result.passed += file.numPassedTests
    result.failed += file.numFailedTests + brokenFiles(file).length
    result.skipped += file.numPendingTests + file.numTodoTests
    result.skips.push(...reasons(file))
  }
}

/** Only what this run wrote: an earlier run's results are not counted again. */
function resultFiles(folder, since) {
  try {
    const paths = readdirSync(folder).map(name => join(folder, name))
    return paths.filter(path => path.endsWith('.json') && statSync(path).mtimeMs >= since)
  } catch {
    return []
  }
}

/** Files that failed before any of their tests did: they do not parse, or an import of theirs fails. */
function brokenFiles(file) {
  return file.testResults.filter(
    one => one.status === 'failed' && !one.assertionResults.some(test => test.status === 'failed'),
  )
}

/** Why tests were skipped, each reason once: tests that need something say so in `task.meta.skipped`. */
function reasons(file) {
  const tests = file.testResults.flatMap(one => one.assertionResults)
  return [...new Set(tests.map(test => test.meta?.skipped).filter(Boolean))]
}

export function nothing(name, task) {
  return { name, task, passed: 0, failed: 0, skipped: 0, seconds: 0, skips: [] }
}

function table(all) {
  const rows = all.map(one => [
    label(one),
    one.task,
    one.task === 'test' ? one.passed : one.failed ? '' : 'ok',
    one.failed || '',
    one.skipped || '',
    `${one.seconds.toFixed(1)} s`,
  ])
  const order = row => (row[1] === 'test' ? 1 : 0)
  const sorted = rows.sort((a, b) => order(a) - order(b) || `${a[1]}${a[0]}`.localeCompare(`${b[1]}${b[0]}`))
  return aligned([['package', 'task', 'passed', 'failed', 'skipped', 'time'], ...sorted])
}

/** Lines of a table whose first two columns are words, and all others numbers. */
export function aligned(rows) {
  const cells = rows.map(row => row.map(String))
  const widths = cells[0].map((_, column) => Math.max(...cells.map(row => row[column].length)))
  return cells.map(row =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  '),
  )
}

function label({ name }) {
  return name === '//' ? 'workspace' : name
}
