import { isCacheError } from '../errors.ts'
import type { Stamp } from '../stamp.ts'
import type { Entry, EntryInfo, Store } from '../store.ts'
import { formatPath } from '../value-path.ts'
import { difference } from './difference.ts'
import { binarySamples, cloneableSamples, dataSamples, type Sample, sampleNames } from './samples.ts'

/** What {@link storeContract} needs to know. */
export interface StoreContract {
  /** The test function of the test runner: that of Vitest, Jest, Mocha, `node:test`, `Deno` or `bun:test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** Makes an empty store. Called once in each test, which closes it. */
  readonly create: () => Store | Promise<Store>
  /** Opens what the closed store held. Default: the store keeps nothing, or it is tested elsewhere. */
  readonly reopen?: (closed: Store) => Store | Promise<Store>
  /**
   * Which values the store keeps, equal in value and type: `'data'` for what JSON can say, and typed arrays;
   * `'structured-clone'` for everything that the structured clone algorithm accepts, with cycles and shared parts.
   */
  readonly values: 'data' | 'structured-clone'
}

/**
 * Declares one test for each promise of {@link Store}. A failing test throws an error that says what was expected.
 *
 * @example
 * import { storeContract } from '@stagcache/core/testing'
 * import { test } from 'vitest'
 *
 * storeContract({ test, create: () => new RedisStore({ url, prefix: randomPrefix() }), values: 'data' })
 */
export function storeContract(contract: StoreContract): void {
  for (const { name, run } of promises(contract)) {
    contract.test(name, async () => {
      const store = await contract.create()
      try {
        await run(store)
      } finally {
        await store.close()
      }
    })
  }
}

interface StorePromise {
  readonly name: string
  run(store: Store): Promise<void>
}

function promises(contract: StoreContract): StorePromise[] {
  return [
    ...entryPromises,
    ...namePromises,
    ...samplesOf(contract).map(keepsSample),
    ...copyPromises,
    ...orderPromises,
    ...acceptPromises,
    ...removalPromises,
    ...refusalPromises,
    ...closingPromises,
    ...(contract.reopen ? [survivesClosing(contract.reopen)] : []),
  ]
}

const entryPromises: StorePromise[] = [
  {
    name: 'a name under which nothing was written has no entry',
    async run(store) {
      equal(await store.read('./none'), undefined)
    },
  },
  {
    name: 'an entry comes back with its stamp, params, time and cost',
    async run(store) {
      const entry = entryOf(
        { a: 1 },
        { stamp: '5.4', params: 'f00d', storedAt: 1_700_000_000_123, cost: 12.75 },
      )
      await store.write('./a', entry)
      equalEntries(await store.read('./a'), entry)
    },
  },
  {
    name: 'an entry without params has none',
    async run(store) {
      await store.write('./a', entryOf(1, { params: undefined, cost: 0 }))
      equal((await store.read('./a'))?.params, undefined)
    },
  },
  {
    name: 'a write takes the place of the whole earlier entry',
    async run(store) {
      await store.write('./a', entryOf({ old: true }, { stamp: '1.1', params: 'f00d', cost: 5 }))
      const entry = entryOf('new', { stamp: '2.1', params: undefined, storedAt: 7, cost: 0 })
      await store.write('./a', entry)
      equalEntries(await store.read('./a'), entry)
    },
  },
  {
    name: 'any text is a stamp',
    async run(store) {
      for (const stamp of ['-2', '5\\.4.1#f00d', '', 'a\0b', '\uD800', 'x'.repeat(100_000)]) {
        await store.write('./a', entryOf(1, { stamp }))
        equal((await store.read('./a'))?.stamp, stamp)
      }
    },
  },
]

const namePromises: StorePromise[] = [
  {
    name: 'names are distinct in every UTF-16 unit, of any length, and never paths',
    async run(store) {
      const names = sampleNames()
      for (const [index, name] of names.entries()) await store.write(name, entryOf(index))
      for (const [index, name] of names.entries()) equal((await store.read(name))?.value, index, brief(name))
      for (const [index, name] of names.entries()) {
        equal(await store.remove(name), true, `removing ${brief(name)}`)
        const next = names[index + 1]
        if (next !== undefined) equal((await store.read(next))?.value, index + 1, brief(next))
      }
    },
  },
]

function samplesOf({ values }: StoreContract): Sample[] {
  const samples = [...dataSamples, ...binarySamples]
  return values === 'data' ? samples : [...samples, ...cloneableSamples]
}

function keepsSample({ kind, make }: Sample): StorePromise {
  return {
    name: `a value comes back equal in value and type: ${kind}`,
    async run(store) {
      await store.write('./a', entryOf(make()))
      const entry = await store.read('./a')
      if (!entry) throw new Error('The entry is absent.')
      equal(entry.value, make())
    },
  }
}

const copyPromises: StorePromise[] = [
  {
    name: 'a value is taken as it is when write is called',
    async run(store) {
      const value = { list: [1], bytes: new Uint8Array([1]), large: new Uint8Array(1_000_000) }
      const written = store.write('./a', entryOf(value))
      value.list.push(2)
      value.bytes[0] = 2
      value.large[999_999] = 2
      await written
      equal((await store.read('./a'))?.value, {
        list: [1],
        bytes: new Uint8Array([1]),
        large: new Uint8Array(1_000_000),
      })
    },
  },
  {
    name: 'changing what was written changes nothing stored',
    async run(store) {
      const value = { list: [1], bytes: new Uint8Array([1]) }
      await store.write('./a', entryOf(value))
      value.list.push(2)
      value.bytes[0] = 2
      equal((await store.read('./a'))?.value, { list: [1], bytes: new Uint8Array([1]) })
    },
  },
  {
    name: 'what was read is shared with nobody',
    async run(store) {
      const make = () => ({ list: [1], bytes: new Uint8Array([1]), large: new Float64Array(100_000) })
      await store.write('./a', entryOf(make()))
      const [one, other] = await Promise.all([store.read('./a'), store.read('./a')])
      const mine = one?.value as ReturnType<typeof make>
      mine.list.push(2)
      mine.bytes[0] = 2
      mine.large[99_999] = 2
      equal(other?.value, make())
      equal((await store.read('./a'))?.value, make())
    },
  },
]

const orderPromises: StorePromise[] = [
  {
    name: 'operations take effect in the order in which they were called',
    async run(store) {
      equal(
        await Promise.all([
          store.read('./a').then(valueIn),
          store.write('./a', entryOf(1)),
          store.read('./a').then(valueIn),
          store.write('./a', entryOf(2)),
          store.write('./a', entryOf(3)),
          store.read('./a').then(valueIn),
          store.remove('./a'),
          store.remove('./a'),
          store.read('./a').then(valueIn),
          store.write('./a', entryOf(4)),
          store.clear(),
          store.read('./a').then(valueIn),
          store.write('./a', entryOf(5)),
          store.read('./a').then(valueIn),
        ]),
        [
          undefined,
          undefined,
          1,
          undefined,
          undefined,
          3,
          true,
          false,
          undefined,
          undefined,
          undefined,
        ].concat([undefined, undefined, 5] as never[]),
      )
    },
  },
  {
    name: 'the order holds for large values beside small ones',
    async run(store) {
      const large = new Uint8Array(1_000_000).fill(7)
      const answers = [
        store.write('./a', entryOf(large)),
        store.write('./a', entryOf('small')),
        store.read('./a').then(valueIn),
        store.write('./a', entryOf(large)),
        store.read('./a').then(valueIn),
        store.remove('./a'),
      ]
      equal(await Promise.all(answers), [undefined, undefined, 'small', undefined, large, true])
      equal(await store.read('./a'), undefined)
    },
  },
  {
    name: 'many operations at once agree with a map',
    async run(store) {
      const model = new Map<string, number>()
      const random = pseudoRandom(7)
      const answers: Promise<unknown>[] = []
      const expected: unknown[] = []
      for (let step = 0; step < 1000; step++) {
        const [answer, outcome] = randomStep(store, model, step, random)
        answers.push(answer)
        expected.push(outcome)
        if (random(50) === 0) await Promise.all(answers)
      }
      equal(await Promise.all(answers), expected)
    },
  },
]

function randomStep(
  store: Store,
  model: Map<string, number>,
  step: number,
  random: (below: number) => number,
): [Promise<unknown>, unknown] {
  const name = `./${random(8)}`
  switch (random(20)) {
    case 0:
      model.clear()
      return [store.clear(), undefined]
    case 1:
    case 2:
    case 3:
      return [store.remove(name), model.delete(name)]
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      model.set(name, step)
      return [store.write(name, entryOf(step)), undefined]
    default:
      return [store.read(name).then(valueIn), model.get(name)]
  }
}

const acceptPromises: StorePromise[] = [
  {
    name: 'accept is called once, with what is known without the value',
    async run(store) {
      const { value, ...info } = entryOf({ a: 1 }, { stamp: '5.4', params: 'f00d', storedAt: 7, cost: 12.75 })
      await store.write('./a', { ...info, value })
      const asked: EntryInfo[] = []
      const accept = (known: EntryInfo) => asked.push(known) > 0
      equalEntries(await store.read('./a', accept), { ...info, value })
      equal(asked.length, 1, 'the number of calls')
      equalEntries(asked[0], info)
    },
  },
  {
    name: 'an entry that accept refuses is not handed out, and stays',
    async run(store) {
      await store.write('./a', entryOf(1))
      equal(await store.read('./a', () => false), undefined)
      equal((await store.read('./a'))?.value, 1)
    },
  },
  {
    name: 'accept is not called where there is no entry',
    async run(store) {
      let calls = 0
      const accept = () => ++calls > 0
      equal(await store.read('./a', accept), undefined)
      await store.write('./a', entryOf(1))
      await store.remove('./a')
      equal(await store.read('./a', accept), undefined)
      equal(calls, 0)
    },
  },
]

const removalPromises: StorePromise[] = [
  {
    name: 'remove tells whether there was an entry, whatever its stamp',
    async run(store) {
      equal(await store.remove('./a'), false)
      await store.write('./a', entryOf(null, { stamp: '-1' }))
      equal(await store.remove('./a'), true)
      equal(await store.read('./a'), undefined)
      equal(await store.remove('./a'), false)
    },
  },
  {
    name: 'remove leaves every other entry',
    async run(store) {
      await store.write('./a', entryOf(1))
      await store.write('./a/b', entryOf(2))
      await store.remove('./a')
      equal((await store.read('./a/b'))?.value, 2)
    },
  },
  {
    name: 'clear removes every entry, and what is written later stays',
    async run(store) {
      await store.write('./a', entryOf(1))
      await store.write('./b', entryOf(new Uint8Array(1_000_000)))
      await store.clear()
      equal(await store.read('./a'), undefined)
      equal(await store.read('./b'), undefined)
      equal(await store.remove('./a'), false)
      await store.write('./a', entryOf(2))
      equal((await store.read('./a'))?.value, 2)
    },
  },
  {
    name: 'clear of an empty store does nothing',
    async run(store) {
      await store.clear()
      equal(await store.read('./a'), undefined)
    },
  },
]

const refusalPromises: StorePromise[] = [
  {
    name: 'a value that cannot be kept is refused with its path, and the earlier entry stays',
    async run(store) {
      await store.write('./a', entryOf('earlier'))
      const value = { model: [{ predict: () => 1 }] }
      const error = await rejected(store.write('./a', entryOf(value)), 'unserializable')
      equal((error as { path?: unknown }).path, 'value.model[0].predict')
      equal((await store.read('./a'))?.value, 'earlier')
    },
  },
  {
    name: 'an instance of a class is refused rather than changed',
    async run(store) {
      await rejected(store.write('./a', entryOf([new (class Model {})()])), 'unserializable')
      equal(await store.read('./a'), undefined)
    },
  },
]

const closingPromises: StorePromise[] = [
  {
    name: 'what was called before close takes effect, what is called later rejects',
    async run(store) {
      const earlier = Promise.all([store.write('./a', entryOf(1)), store.read('./a').then(valueIn)])
      const closed = store.close()
      equal(await earlier, [undefined, 1])
      await closed
      await rejected(store.read('./a'), 'closed')
      await rejected(store.write('./a', entryOf(2)), 'closed')
      await rejected(store.remove('./a'), 'closed')
      await rejected(store.clear(), 'closed')
    },
  },
  {
    name: 'close may be called again',
    async run(store) {
      await Promise.all([store.close(), store.close()])
      await store.close()
    },
  },
  {
    name: 'observing begins and ends without an event of a store that works',
    async run(store) {
      const events: unknown[] = []
      const stop = store.observe?.(event => events.push(event))
      await store.write('./a', entryOf(1))
      await store.read('./a')
      await store.remove('./a')
      stop?.()
      stop?.()
      equal(events, [])
    },
  },
]

function survivesClosing(reopen: NonNullable<StoreContract['reopen']>): StorePromise {
  return {
    name: 'what was written stays when the store is closed',
    async run(store) {
      const entry = entryOf(
        { a: [1], large: new Uint8Array(1_000_000).fill(3) },
        { params: 'f00d', cost: 12.75 },
      )
      await store.write('./a', entry)
      await store.write('./b', entryOf(1))
      await store.remove('./b')
      await store.close()
      const reopened = await reopen(store)
      try {
        equalEntries(await reopened.read('./a'), entry)
        equal(await reopened.read('./b'), undefined)
      } finally {
        await reopened.close()
      }
    },
  }
}

interface Details extends Partial<Omit<EntryInfo, 'stamp'>> {
  readonly stamp?: string
}

function entryOf(value: unknown, { stamp = '1.1', params, storedAt = 1000, cost = 1 }: Details = {}): Entry {
  return { value, stamp: stamp as Stamp, params, storedAt, cost }
}

function valueIn(entry: Entry | undefined): unknown {
  return entry?.value
}

// The order of an entry's own fields is the store's business.
function equalEntries(actual: object | undefined, expected: object): void {
  equal(actual && inOrder(actual), inOrder(expected), 'the entry')
}

function inOrder(entry: object): object {
  return Object.fromEntries(Object.entries(entry).sort(([one], [other]) => (one < other ? -1 : 1)))
}

function equal(actual: unknown, expected: unknown, what = 'the answer'): void {
  const path = difference(actual, expected)
  if (!path) return
  const place = formatPath(what, path)
  throw new Error(`Expected ${brief(show(expected))}, got ${brief(show(actual))}; they differ at ${place}.`)
}

async function rejected(operation: Promise<unknown>, code: 'unserializable' | 'closed'): Promise<unknown> {
  const outcome = await operation.then(
    value => ({ value }),
    error => ({ error }),
  )
  if ('error' in outcome && isCacheError(outcome.error, code)) return outcome.error
  const got = 'error' in outcome ? `the error ${String(outcome.error)}` : show(outcome.value)
  throw new Error(`Expected a rejection with the code '${code}', got ${brief(got)}.`)
}

function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

function brief(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

// A linear congruential generator: the same steps in every run and runtime.
function pseudoRandom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
