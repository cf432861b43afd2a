import { eachRound, temporaryDirectory, whenOver } from '@stagcache/test-kit'
import { History, isLinearizable } from '@stagcache/test-kit/linearizable'
import * as fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkContents } from '../test/check-contents.ts'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles } from '../test/hooked-files.ts'
import { Killed, MortalFiles } from '../test/mortal-files.ts'
import { patience, rounds } from '../test/rounds.ts'
import { type Call, storeSpecification } from '../test/store-specification.ts'
import { entryOf } from '../test/stores.ts'
import { Directory } from './directory.ts'
import { DiskStore } from './disk-store.ts'
import { type Files, nodeFiles } from './files.ts'
import { Follower } from './follower.ts'
import { startHash } from './hash.ts'
import { Reclaimer } from './reclaimer.ts'
import { keepAll } from './successor.ts'

// What is left where others come between, or somebody is killed; none of it is damage.
beforeEach(() => leaves('leftover', 'unfinished'))

/*
 * Several stores of one directory, each as another process would have it. Every operation of one on the file system is a
 * point at which the others do something from beginning to end. What all of them were answered has to be what they would
 * have been answered one after the other, and in the end all see the same.
 */

beforeAll(startHash)

interface Operation {
  readonly verb: 'write' | 'remove' | 'clear' | 'read'
  readonly name: string
}

/** What one of the others does at the nth operation on the file system. */
interface Interruption extends Operation {
  readonly at: number
  readonly by: 0 | 1
}

const ways = ['in slices', 'now'] as const
type Way = (typeof ways)[number]

const names = ['a', 'b']

class Processes {
  readonly history = new History<Call>()
  readonly #dir: string
  readonly #others: DiskStore[] = []
  // Of the whole time, and of who reclaims: what they have in memory came about in different ways.
  readonly #followers: Follower[] = []
  #written = 0

  private constructor(dir: string) {
    this.#dir = dir
  }

  /** Processes in a directory of their own. */
  static async open(): Promise<Processes> {
    const processes = new Processes(temporaryDirectory())
    processes.follower(nodeFiles, 98n).refresh()
    for (const _ of names) processes.#others.push(await processes.store(nodeFiles))
    return processes
  }

  async store(files: Files): Promise<DiskStore> {
    const store = await new DiskStore({ dir: this.#dir, files }).open()
    whenOver(() => store.close().catch(() => {}))
    return store
  }

  follower(files: Files, writer: bigint): Follower {
    const follower = new Follower(new Directory(files, this.#dir), writer, () => {})
    whenOver(() => follower.close())
    this.#followers.push(follower)
    return follower
  }

  /** Reclaims the log in one of both ways: in slices, or without leaving the program's run. */
  async reclaim(files: Files, way: Way): Promise<void> {
    let sequence = 0
    const origin = () => ({ writer: 99n, sequence: ++sequence })
    const follower = this.follower(files, 99n)
    const reclaimer = new Reclaimer(new Directory(files, this.#dir), follower, 99n, origin)
    if (way === 'now') follower.loadNow()
    await (way === 'now' ? reclaimer.reclaimNow(keepAll) : reclaimer.reclaim(keepAll))
  }

  /** The file system, with the others coming between. */
  interrupted(interruptions: readonly Interruption[], files: Files = nodeFiles): Files {
    let operations = 0
    return hookedFiles(
      {
        before: () => {
          const at = operations++
          for (const one of interruptions) if (one.at === at) this.do(this.#others[one.by] as DiskStore, one)
        },
      },
      files,
    )
  }

  do(store: DiskStore, { verb, name }: Operation): void {
    const value = ++this.#written
    const run = () => {
      if (verb === 'write') return void store.writeSync(name, entryOf(value))
      if (verb === 'read') return store.readSync(name)?.value
      return verb === 'remove' ? store.removeSync(name) : store.clearSync()
    }
    this.history.call<unknown>(run, answer => ({
      verb,
      name,
      value,
      answer: verb === 'write' ? true : answer,
    }))
  }

  /** All see the same, who comes new too. */
  async expectAgreement(): Promise<void> {
    const next = await this.store(nodeFiles)
    for (const store of [...this.#others, next])
      for (const name of names) this.do(store, { verb: 'read', name })
    for (const follower of this.#followers) {
      const followed = unlessKilled(() => follower.refresh())
      if (followed) checkContents(followed)
    }
    expect(isLinearizable(this.history.calls, storeSpecification), JSON.stringify(this.history.calls)).toBe(
      true,
    )
  }
}

function unlessKilled<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof Killed) return undefined
    throw error
  }
}

const verbs = ['write', 'write', 'remove', 'clear', 'read'] as const
const way = fc.constantFrom(...ways)
const operation = fc.record({ verb: fc.constantFrom(...verbs), name: fc.constantFrom(...names) })
const interruption = (latest: number): fc.Arbitrary<Interruption> =>
  fc.record({
    verb: fc.constantFrom(...verbs),
    name: fc.constantFrom(...names),
    at: fc.nat(latest),
    by: fc.constantFrom(0 as const, 1 as const),
  })

describe('whatever comes between', () => {
  test(
    'the operations of a store, all are answered as if one came after the other',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { minLength: 1, maxLength: 4 }),
          fc.array(interruption(12), { maxLength: 5 }),
          eachRound(async (operations, interruptions) => {
            const processes = await Processes.open()
            const store = await processes.store(processes.interrupted(interruptions))
            for (const one of operations) processes.do(store, one)
            await processes.expectAgreement()
          }),
        ),
        { numRuns: rounds(150, 20_000) },
      )
    },
    patience,
  )

  test(
    'the steps of reclaiming, nothing is lost and nothing comes back',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { maxLength: 4 }),
          fc.array(interruption(30), { maxLength: 6 }),
          way,
          eachRound(async (before, interruptions, how) => {
            const processes = await Processes.open()
            const store = await processes.store(nodeFiles)
            processes.do(store, { verb: 'write', name: 'a' })
            for (const one of before) processes.do(store, one)
            await processes.reclaim(processes.interrupted(interruptions), how)
            await processes.expectAgreement()
          }),
        ),
        { numRuns: rounds(150, 20_000) },
      )
    },
    patience,
  )

  test(
    'the steps of reclaiming, killed at any of them',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.nat(30),
          fc.array(interruption(30), { maxLength: 4 }),
          operation,
          way,
          eachRound(async (lifetime, interruptions, later, how) => {
            const processes = await Processes.open()
            const store = await processes.store(nodeFiles)
            for (const name of names) processes.do(store, { verb: 'write', name })
            processes.do(store, { verb: 'remove', name: 'b' })
            const files = processes.interrupted(interruptions, new MortalFiles(lifetime + 1).files)
            await processes.reclaim(files, how).catch(error => expect(error).toBeInstanceOf(Killed))
            processes.do(store, later)
            await processes.expectAgreement()
          }),
        ),
        { numRuns: rounds(80, 10_000) },
      )
    },
    patience,
  )
})
