import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { outcomes, plannedTasks, report } from '../../../scripts/test-results.mjs'

const started = 1_700_000_000_000
const broken = { status: 'failed', assertionResults: [] }

describe('the count of all tests', () => {
  test('sums what the packages wrote', () => {
    const root = temporaryDirectory()
    writeResults(root, 'packages/a', { numPassedTests: 3 })
    writeResults(root, 'packages/b', { numPassedTests: 4, numPendingTests: 1, numTodoTests: 1 })
    expect(lastLine(root, [task('a'), task('b')])).toBe('7 passed, 0 failed, 2 skipped')
  })

  test('leaves out the skipped where there are none', () => {
    const root = temporaryDirectory()
    writeResults(root, 'packages/a', { numPassedTests: 3 })
    expect(lastLine(root, [task('a')])).toBe('3 passed, 0 failed')
  })

  test.each([
    { what: 'a failed test', results: { numPassedTests: 1, numFailedTests: 1 }, exitCode: 1 },
    { what: 'a file that does not load', results: { numPassedTests: 1, testResults: [broken] }, exitCode: 1 },
    { what: 'an error outside of any test', results: { numPassedTests: 1 }, exitCode: 1 },
  ])('has $what as one failure', ({ results, exitCode }) => {
    const root = temporaryDirectory()
    writeResults(root, 'packages/a', results)
    expect(lastLine(root, [task('a', { exitCode })])).toBe('1 passed, 1 failed')
  })

  test('has missing results as a failure', () => {
    expect(lastLine(temporaryDirectory(), [task('a')])).toBe('0 passed, 1 failed')
  })

  test('does not count the results of an earlier run', () => {
    const root = temporaryDirectory()
    const path = writeResults(root, 'packages/a', { numPassedTests: 3 })
    utimesSync(path, started / 1000 - 60, started / 1000 - 60)
    expect(lastLine(root, [task('a')])).toBe('0 passed, 1 failed')
  })

  test('has a step that failed, and one that was not run, as failures', () => {
    const [build, check] = [task('a', { exitCode: 2 }, 'build'), task('a', { exitCode: 0 }, 'typecheck')]
    const { lines, failed } = report(outcomes([build, check], [build], temporaryDirectory()))
    expect(failed).toBe(2)
    expect(lines).toContain('FAILED  a build: exited with code 2')
    expect(lines).toContain('FAILED  a typecheck: was not run, because something it depends on failed')
    expect(lines.at(-1)).toBe('0 passed, 2 failed')
  })

  test('knows every task of every package', () => {
    const root = temporaryDirectory()
    for (const name of ['packages/a', 'internal/b', 'benchmarks']) {
      mkdirSync(join(root, name), { recursive: true })
      writeFileSync(
        join(root, name, 'package.json'),
        JSON.stringify({ name, scripts: { test: 'vitest run', other: '' } }),
      )
    }
    expect(plannedTasks(root, ['test', 'build'])).toEqual(
      ['packages/a', 'internal/b', 'benchmarks'].map(name => ({
        package: name,
        task: 'test',
        directory: name,
      })),
    )
  })

  test('tells why tests were skipped, each reason once', () => {
    const root = temporaryDirectory()
    const skipped = { status: 'skipped', meta: { skipped: 'no browser on this machine' } }
    const testResults = [{ status: 'passed', assertionResults: [skipped, skipped] }]
    writeResults(root, 'packages/a', { numPendingTests: 2, testResults })
    const { lines } = report(outcomes([task('a')], [task('a')], root))
    expect(lines.filter(line => line.startsWith('skipped'))).toEqual([
      'skipped  a: no browser on this machine',
    ])
  })
})

function task(name: string, execution = { exitCode: 0 }, task = 'test') {
  const times = { startTime: started, endTime: started + 1000 }
  return { package: name, task, directory: `packages/${name}`, execution: { ...times, ...execution } }
}

function writeResults(root: string, directory: string, results: object): string {
  const folder = join(root, directory, 'test-results')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'vitest.json')
  const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  writeFileSync(path, JSON.stringify({ ...none, ...results }))
  return path
}

function lastLine(root: string, tasks: object[]): string | undefined {
  return report(outcomes(tasks, tasks, root)).lines.at(-1)
}
