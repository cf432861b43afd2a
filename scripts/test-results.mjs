import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What one turbo task came to. `problem` says what went wrong outside of any test; it counts as one failure.
 *
 * @typedef {{ name: string, task: string, passed: number, failed: number, skipped: number, seconds: number,
 *   problem?: string, skips: string[] }} Outcome
 */

/**
 * The outcome of each task that turbo ran, or should have run.
 *
 * @param {readonly any[]} tasks `tasks` of turbo's run summary
 * @param {string} root
 * @returns {Outcome[]}
 */
export function outcomes(tasks, root) {
  if (tasks.length === 0) return [{ ...nothing('workspace', 'turbo'), failed: 1, problem: 'ran no task' }]
  return tasks.filter(task => task.command !== '<NONEXISTENT>').map(task => outcome(task, root))
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
    .map(one => `FAILED  ${one.name} ${one.task}: ${one.problem}`)
  const skips = all.flatMap(one => one.skips.map(skip => `skipped  ${one.name}: ${skip}`))
  const count = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
  return { lines: ['', ...table(all), '', ...notes, ...skips, ...problems, count], failed }
}

function outcome(task, root) {
  const name = task.package === '//' ? 'workspace' : task.package
  const result = nothing(name, task.task)
  if (!task.execution) return { ...result, problem: 'not run, because what it depends on failed', failed: 1 }
  result.seconds = (task.execution.endTime - task.execution.startTime) / 1000
  if (task.task === 'test')
    addTests(result, join(root, task.directory, 'test-results'), task.execution.startTime)
  if (task.execution.exitCode !== 0 && result.failed === 0) {
    return { ...result, failed: 1, problem: `exited with code ${task.execution.exitCode}` }
  }
  return result
}

function addTests(result, folder, since) {
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

function nothing(name, task) {
  return { name, task, passed: 0, failed: 0, skipped: 0, seconds: 0, skips: [] }
}

function table(all) {
  const rows = all.map(one => [
    one.name,
    one.task,
    one.task === 'test' ? one.passed : one.failed ? '' : 'ok',
    one.failed || '',
    one.skipped || '',
    `${one.seconds.toFixed(1)} s`,
  ])
  const order = row => (row[1] === 'test' ? 1 : 0)
  const sorted = rows.sort((a, b) => order(a) - order(b) || `${a[1]}${a[0]}`.localeCompare(`${b[1]}${b[0]}`))
  const cells = [['package', 'task', 'passed', 'failed', 'skipped', 'time'], ...sorted].map(row =>
    row.map(String),
  )
  const widths = cells[0].map((_, column) => Math.max(...cells.map(row => row[column].length)))
  return cells.map(row =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  '),
  )
}
