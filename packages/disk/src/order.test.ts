import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { eachRound, temporaryDirectory } from '@stagcache/test-kit'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hookedFiles } from '../test/hooked-files.ts'
import { LogProcess } from '../test/log-process.ts'
import { patience, rounds } from '../test/rounds.ts'
import { blobPaths, entryOf, largeValue, openStore, type TestStore } from '../test/stores.ts'
import { type Files, nodeFiles } from './files.ts'

/*
 * Calls of one store that nobody awaits, with promises and without: what is called later wins, however long what was called
 * before takes. No blob of a value that was overtaken stays.
 */

const names = ['a/1', 'a/2', 'b'] as const
type Name = (typeof names)[number]
type Kind = 'small' | 'large' | 'huge' | 'blob'

type Call =
  | { readonly verb: 'write'; readonly name: Name; readonly kind: Kind; readonly isSync: boolean }
  | { readonly verb: 'remove'; readonly name: Name; readonly isSync: boolean }
  | { readonly verb: 'removePrefix' | 'clear'; readonly isSync: boolean }
  | { readonly verb: 'read'; readonly name: Name }
  | { readonly verb: 'step' | 'turn' | 'seal' }

const name = fc.constantFrom(...names)
const isSync = fc.boolean()
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constant('write'), name, kind: fc.constant('small'), isSync }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constant('write'), name, kind: fc.constant('large'), isSync }),
  },
  fc.record({ verb: fc.constant('write'), name, kind: fc.constant('huge'), isSync }),
  // The bytes of Blobs cannot be had without a promise.
  fc.record({ verb: fc.constant('write'), name, kind: fc.constant('blob'), isSync: fc.constant(false) }),
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('remove'), name, isSync }) },
  { weight: 4, arbitrary: fc.record({ verb: fc.constant('read'), name }) },
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constantFrom('removePrefix', 'removePrefix', 'clear'), isSync }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constantFrom('step', 'turn') }) },
  // By another process, so that nothing can be written for a while.
  fc.record({ verb: fc.constant('seal') }),
)

/** A value that is too large to be written at once. */
const hugeValue = (seed: number) => largeValue(seed, 1_100_000)

/** A value that is told from all others by its number. */
function made(kind: Kind, number: number): unknown {
  if (kind === 'small') return number
  if (kind === 'huge') return hugeValue(number)
  return kind === 'large' ? largeValue(number, 70_000) : { number, blob: new Blob([`blob ${number}`]) }
}

function numberOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value[0]
  return typeof value === 'object' && value !== null ? (value as { number: unknown }).number : value
}

/** What has to be under each name, and the number of the last call without a promise that changed it. */
class Model extends Map<string, number> {
  readonly changedNow = new Map<string, number>()

  end(isEnded: (name: Name) => boolean, isSync: boolean, number: number): void {
    for (const name of names.filter(isEnded)) {
      this.delete(name)
      if (isSync) this.changedNow.set(name, number)
    }
  }
}

/** Makes a call in the store, and in the model. */
function make(store: TestStore, model: Model, one: Call, number: number): unknown {
  switch (one.verb) {
    case 'read':
      return read(store, model, one.name, number)
    case 'write': {
      model.set(one.name, number)
      if (one.isSync) model.changedNow.set(one.name, number)
      const entry = entryOf(made(one.kind, number))
      return one.isSync ? store.writeSync(one.name, entry) : store.write(one.name, entry)
    }
    case 'remove':
      model.end(name => name === one.name, one.isSync, number)
      return one.isSync ? store.removeSync(one.name) : store.remove(one.name)
    case 'removePrefix':
      model.end(name => name.startsWith('a/'), one.isSync, number)
      return one.isSync ? store.removePrefixSync('a/') : store.removePrefix('a/')
    case 'clear':
      model.end(() => true, one.isSync, number)
      return one.isSync ? store.clearSync() : store.clear()
    case 'seal':
      return new LogProcess(store.dir).seal()
    default:
      return undefined
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

// So that what is called after a read has every chance to get in its way.
const slowToRead: Files = {
  ...nodeFiles,
  readWhole: async (...what) => {
    await turns(5)
    return nodeFiles.readWhole(...what)
  },
}

// What is called later does not reach it, but for what waits for nothing.
async function read(store: TestStore, model: Model, name: Name, number: number): Promise<void> {
  const expected = model.get(name)
  const value = await store.value(name)
  if ((model.changedNow.get(name) ?? 0) < number) expect(numberOf(value), `read ${number}`).toBe(expected)
  const { blob } = (value ?? {}) as { blob?: Blob }
  if (!blob) return
  await turns(20)
  expect(await blob.text()).toBe(`blob ${numberOf(value)}`)
}

describe('calls that nobody awaits', () => {
  test(
    'leave what they would have left one after the other',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(call, { minLength: 2, maxLength: 12 }),
          eachRound(async (calls: readonly Call[]) => {
            const store = await openStore({ dir: temporaryDirectory(), files: slowToRead }).open()
            const model = new Model()
            const answers: unknown[] = []
            for (const [index, one] of calls.entries()) {
              answers.push(make(store, model, one, index + 1))
              if (one.verb === 'step') await null
              if (one.verb === 'turn') await setImmediate()
            }
            await Promise.all(answers)
            // Who writes next lets another log follow a sealed one.
            await store.put('c', 0)
            const again = openStore({ dir: store.dir })
            for (const reader of [store, again]) {
              for (const each of names) expect(numberOf(await reader.value(each)), each).toBe(model.get(each))
            }
          }),
        ),
        { numRuns: rounds(300, 20_000) },
      )
    },
    patience,
  )

  test.each<[string, (store: TestStore) => unknown, unknown]>([
    ['a write', store => store.writeSync('a', entryOf('later')), 'later'],
    ['a removal', store => store.removeSync('a'), undefined],
    ['a removal by prefix', store => store.removePrefixSync('a'), undefined],
    ['a clear', store => store.clearSync(), undefined],
  ])('%s without a promise outdates large values, whose files go', async (_, change, left) => {
    const store = await openStore().open()
    const writes = [store.put('a', hugeValue(1)), store.put('a', hugeValue(2)), store.remove('a')]
    change(store)
    await Promise.all(writes)
    expect(await store.value('a')).toBe(left)
    expect(blobPaths(store.dir)).toEqual([])
  })

  test('what waits for a sealed log to have a successor is read before later calls reach it', async () => {
    const store = await openStore().open()
    await store.put('a', 0)
    new LogProcess(store.dir).seal()
    const calls = [
      store.put('a', 1),
      store.value('a').then(numberOf),
      store.put('a', hugeValue(2)),
      store.value('a').then(numberOf),
      store.remove('a'),
      store.value('a').then(numberOf),
    ]
    expect(await Promise.all(calls)).toEqual([undefined, 1, undefined, 2, true, undefined])
  })

  test('a Blob whose entry ends before it can be pinned is handed out without its file', async () => {
    const dir = temporaryDirectory()
    let end = () => {}
    const before = (operation: string) => void (operation === 'mark' && end())
    const store = await openStore({ dir, files: hookedFiles({ before }) }).open()
    await store.put('a', { blob: new Blob(['earlier']) })
    const [file = ''] = blobPaths(dir)
    end = () => store.writeSync('a', entryOf('later'))
    const { blob } = (await store.value('a')) as { blob: Blob }
    rmSync(file, { force: true })
    expect(await blob.text()).toBe('earlier')
    expect(readdirSync(join(dir, 'store-v1', 'live')).filter(name => name.endsWith(basename(file)))).toEqual(
      [],
    )
  })

  test('a change without a promise ends the claim of a generation that is being stored', async () => {
    const store = await openStore().open()
    const wanted = { stamp: entryOf(1).stamp, params: undefined }
    const claim = await store.claim('a', wanted, {})
    if (typeof claim !== 'object') throw new Error(claim)
    const stored = claim.write(entryOf(hugeValue(1)))
    store.writeSync('a', entryOf('later'))
    expect(await stored).toBe(false)
    expect(await store.value('a')).toBe('later')
    expect(blobPaths(store.dir)).toEqual([])
  })

  test('one of a name that is about to be claimed has who claims it look again', async () => {
    const store = await openStore().open()
    const claim = store.claim('a', { stamp: entryOf(1).stamp, params: undefined }, {})
    store.writeSync('a', entryOf(1))
    expect(await claim).toBe('look-again')
  })
})
