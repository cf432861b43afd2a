import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { argumentsFor, temporaryDirectory } from '@stagcache/test-kit'
import { expect, type TestContext, test } from 'vitest'
import { patience } from '../test/rounds.ts'

/* What the system itself refuses: nothing is simulated here. */

interface Report {
  readonly refusals: readonly string[]
  readonly events: readonly string[]
  readonly accepted: number
  readonly generated: boolean
  readonly kept: boolean
  readonly recovered: boolean
}

const node = [process.execPath, ...argumentsFor(new URL('../test/hardships.ts', import.meta.url))]

async function live(trouble: string, command: readonly string[]): Promise<Report> {
  const [program = '', ...rest] = [...command, ...node, trouble, temporaryDirectory()]
  const { stdout } = await promisify(execFile)(program, rest, { timeout: patience })
  return JSON.parse(stdout) as Report
}

// In a namespace of its own, which takes its file systems along when it ends.
const withMounts = ['unshare', '-rm']

function needsMounts({ task, skip }: TestContext): void {
  const [program = '', ...flags] = withMounts
  const mount = ['mount', '-t', 'tmpfs', 'tmpfs', '/mnt']
  if (process.platform === 'linux' && spawnSync(program, [...flags, ...mount]).status === 0) return
  const reason = 'no file system can be mounted here'
  Object.assign(task.meta, { skipped: reason })
  skip(reason)
}

function needsPosix({ task, skip }: TestContext): void {
  if (process.platform !== 'win32') return
  const reason = 'Windows has neither these permissions nor this limit'
  Object.assign(task.meta, { skipped: reason })
  skip(reason)
}

const unharmed = { generated: true, kept: true, recovered: true }

function expectOnly(told: readonly string[], advice: RegExp): void {
  for (const text of told) expect(text).toMatch(advice)
}

test(
  'a disk that is really full, with two processes on it',
  async context => {
    needsMounts(context)
    const report = await live('full', withMounts)
    expect(report).toMatchObject(unharmed)
    expect(report.refusals).not.toEqual([])
    expectOnly([...report.refusals, ...report.events], /The disk is full: free some space/)
  },
  patience,
)

test(
  'a disk that is mounted read-only, and then is not',
  async context => {
    needsMounts(context)
    const report = await live('read-only', withMounts)
    expect(report).toMatchObject({ ...unharmed, accepted: 0 })
    expect(report.refusals).toHaveLength(2)
    expect(report.events).toHaveLength(1)
    expectOnly([...report.refusals, ...report.events], /read-only: give the cache another directory/)
  },
  patience,
)

test(
  'a permission that is taken away, and given back',
  async context => {
    needsPosix(context)
    const report = await live('lost permission', [])
    expect(report).toMatchObject({ ...unharmed, accepted: 0 })
    expect(report.events).toHaveLength(1)
    expectOnly([...report.refusals, ...report.events], /no permission there: change the permissions/)
  },
  patience,
)

test(
  'a process that has no file descriptor left, and then some',
  async context => {
    needsPosix(context)
    const report = await live('no descriptors', ['sh', '-c', 'ulimit -n 80; exec "$0" "$@"'])
    expect(report).toMatchObject(unharmed)
    // What was being read or swept as they ran out may give one back.
    expect(report.refusals).toHaveLength(2)
    // Bun does not say why it cannot listen.
    expectOnly([...report.refusals, ...report.events], /too many files open: close some|Failed to listen/)
  },
  patience,
)
