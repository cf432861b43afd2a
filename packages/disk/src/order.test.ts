import { setImmediate } from 'node:timers/promises'
import { eachRound } from '@stagcache/test-kit'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { patience, rounds } from '../test/rounds.ts'
import { blobPaths, entryOf, largeValue, openStore, type TestStore } from '../test/stores.ts'

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
  | { readonly verb: 'step' | 'turn' }

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
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constantFrom('removePrefix', 'removePrefix', 'clear'), isSync }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constantFrom('step', 'turn') }) },
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

/** Makes a call in the store, and in the map that says what has to come of it. */
function make(store: TestStore, model: Map<string, number>, one: Call, number: number): unknown {
  switch (one.verb) {
    case 'write': {
      model.set(one.name, number)
      const entry = entryOf(made(one.kind, number))
      return one.isSync ? store.writeSync(one.name, entry) : store.write(one.name, entry)
    }
    case 'remove':
      model.delete(one.name)
      return one.isSync ? store.removeSync(one.name) : store.remove(one.name)
    case 'removePrefix':
      for (const each of names) if (each.startsWith('a/')) model.delete(each)
      return one.isSync ? store.removePrefixSync('a/') : store.removePrefix('a/')
    case 'clear':
      model.clear()
      return one.isSync ? store.clearSync() : store.clear()
    default:
      return undefined
  }
}

describe('calls that nobody awaits', () => {
  test(
    'leave what they would have left one after the other',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(call, { minLength: 2, maxLength: 12 }),
          eachRound(async (calls: readonly Call[]) => {
            const store = await openStore().open()
            const model = new Map<string, number>()
            const answers: unknown[] = []
            for (const [index, one] of calls.entries()) {
              answers.push(make(store, model, one, index + 1))
              if (one.verb === 'step') await null
              if (one.verb === 'turn') await setImmediate()
            }
            await Promise.all(answers)
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
