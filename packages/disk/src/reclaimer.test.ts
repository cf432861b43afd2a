import { readdirSync } from 'node:fs'
import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeAll, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles, type Operation } from '../test/hooked-files.ts'
import { LogProcess } from '../test/log-process.ts'
import { startHash } from './hash.ts'

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
