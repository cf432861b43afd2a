import { readdirSync } from 'node:fs'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles, type Operation } from '../test/hooked-files.ts'
import { LogProcess } from '../test/log-process.ts'
import { startHash } from './hash.ts'
import { keepAll } from './successor.ts'

beforeAll(startHash)

/** A process that is stopped right before its first operation of a kind, while others do something. */
function stopped(dir: string, at: Operation, meanwhile: () => void): LogProcess {
  let times = 1
  const before = (operation: Operation) => {
    if (operation === at && times-- > 0) meanwhile()
  }
  return new LogProcess(dir, hookedFiles({ before }))
}

describe('who is stopped right before it publishes', () => {
  /** Two processes, the first of which publishes when the second one has let `logs` follow meanwhile. */
  function setUp(at: Operation, logs: number) {
    const dir = temporaryDirectory()
    const other = new LogProcess(dir)
    other.write('a', 1)
    const late = stopped(dir, at, () => {
      for (let log = 0; log < logs; log++) {
        other.seal()
        other.succeed()
      }
      other.write('b', 2)
    })
    const logsLeft = () => readdirSync(other.directory.folder).filter(name => /\.(?:log|idx)$/.test(name))
    return { other, late, logsLeft }
  }

  test.each([1, 2, 3])('and finds that %i logs have followed, drops nothing', async logs => {
    leaves('unused-snapshot')
    const { other, late, logsLeft } = setUp('draft publish', logs)
    expect(await late.reclaimer.reclaim(() => 'evicted')).toBeUndefined()
    for (const process of [late, other]) expect([process.read('a'), process.read('b')]).toEqual([1, 2])
    const newest = logsLeft().at(-1) as string
    expect(newest).toBe(`0000000${logs + 1}.log`)
    expect(logsLeft().filter(name => name.endsWith('.log'))).toEqual([newest])
  })

  test('drops nothing in the synchronous way either', () => {
    const { other, late, logsLeft } = setUp('draft publishNow', 2)
    late.follower.refresh()
    expect(late.reclaimer.reclaimNow(() => 'evicted')).toBeUndefined()
    expect(logsLeft()).toEqual(['00000003.log'])
    for (const process of [late, other]) expect([process.read('a'), process.read('b')]).toEqual([1, 2])
  })

  test('goes on with what has followed, also in the synchronous way', () => {
    const { other, late, logsLeft } = setUp('draft publishNow', 2)
    other.seal()
    late.succeed()
    expect(logsLeft()).toEqual(['00000003.log'])
    for (const process of [late, other]) expect([process.read('a'), process.read('b')]).toEqual([1, 2])
  })
})

test.each<[string, (late: LogProcess) => unknown]>([
  ['in slices', late => late.reclaimer.reclaim(keepAll)],
  ['in the synchronous way', late => late.reclaimer.reclaimNow(keepAll)],
])('what others write right before the seal is taken over, %s', async (_, reclaim) => {
  const dir = temporaryDirectory()
  const other = new LogProcess(dir)
  other.write('a', 1)
  const late = stopped(dir, 'append', () => other.write('b', 2))
  late.follower.refresh()
  await reclaim(late)
  for (const process of [late, other, new LogProcess(dir)])
    expect([process.read('a'), process.read('b')]).toEqual([1, 2])
})

describe('the old log goes when the new one and its name are safe, whatever the durability', () => {
  const steps: readonly Operation[] = [
    ...(['draft sync', 'draft publish', 'syncDirectory', 'remove'] as const),
    ...(['draft syncNow', 'draft publishNow', 'syncDirectoryNow', 'removeNow'] as const),
  ]

  test.each<[string, (process: LogProcess) => unknown, readonly Operation[]]>([
    ['when it is reclaimed', ({ reclaimer }) => reclaimer.reclaim(keepAll), steps.slice(0, 4)],
    ['in the synchronous way', ({ reclaimer }) => reclaimer.reclaimNow(keepAll), steps.slice(4)],
    ['when it was sealed by another one', process => process.succeed(), steps.slice(4)],
  ])('%s', async (way, reclaim, expected) => {
    const done: Operation[] = []
    const before = (operation: Operation) => {
      if (steps.includes(operation) && operation !== done.at(-1)) done.push(operation)
    }
    const process = new LogProcess(temporaryDirectory(), hookedFiles({ before }))
    process.write('a', 1)
    if (way.includes('sealed')) process.seal()
    done.length = 0
    await reclaim(process)
    expect(done).toEqual(expected)
  })
})
