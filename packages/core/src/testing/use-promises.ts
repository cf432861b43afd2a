import type { EntryInfo } from '../store.ts'
import type { StoreContract, StorePromise } from './contract.ts'
import { entryOf, equal, equalEntries, rejected, show, valueIn } from './expect.ts'

export const acceptPromises: StorePromise[] = [
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

export const removalPromises: StorePromise[] = [
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

/** Of stores that can find entries by how their names begin; the others keep them too. */
export const prefixPromises: StorePromise[] = [
  {
    name: 'removePrefix removes what begins so, tells how many, and leaves everything else',
    async run(store) {
      if (!store.removePrefix) return
      const names = ['./a/1', './a/2', './a/', './a', './A/1', './b/./a/1', './a/\u{1f600}']
      for (const name of names) await store.write(name, entryOf(name, { stamp: '-1' }))
      equal(await store.removePrefix('./a/'), 4)
      equal(
        await Promise.all(names.map(name => store.read(name).then(valueIn))),
        names.map(name => (name.startsWith('./a/') ? undefined : name)),
      )
      equal(await store.removePrefix('./a/'), 0)
      equal(await store.removePrefix('./x'), 0)
    },
  },
  {
    name: 'removePrefix takes its place among the operations, also on large values',
    async run(store) {
      if (!store.removePrefix) return
      const large = new Uint8Array(1_000_000)
      const written = [store.write('./a', entryOf(large)), store.write('./b', entryOf(2))]
      const removed = store.removePrefix('./')
      const later = store.write('./b', entryOf(3))
      equal(await removed, 2)
      await Promise.all([...written, later])
      equal(await store.read('./a'), undefined)
      equal((await store.read('./b'))?.value, 3)
    },
  },
  {
    name: 'removePrefix finds each of many entries',
    async run(store) {
      if (!store.removePrefix) return
      const names = Array.from({ length: 3000 }, (_, index) => `./${index % 3}/${index}`)
      await Promise.all(names.map(name => store.write(name, entryOf(1))))
      equal(await store.removePrefix('./1/'), 1000)
      equal(await store.removePrefix('./'), 2000)
    },
  },
]

/** Of stores that say why they have no entry; the others keep them too. */
export const absencePromises: StorePromise[] = [
  {
    name: 'why there is no entry is told as far as it is so',
    async run(store) {
      if (!store.whyAbsent) return
      equal(await store.whyAbsent('./a'), 'absent')
      await store.write('./a', entryOf(1))
      await store.remove('./a')
      oneOf(['absent', 'deleted'], await store.whyAbsent('./a'))
      await store.write('./b', entryOf(2))
      equal(await store.whyAbsent('./c'), 'absent')
      equal((await store.read('./b'))?.value, 2)
      await store.clear()
      oneOf(['absent', 'deleted'], await store.whyAbsent('./b'))
      await store.close()
      await rejected(store.whyAbsent('./a'), 'closed')
    },
  },
]

function oneOf(expected: readonly unknown[], actual: unknown): void {
  if (!expected.includes(actual)) throw new Error(`Expected one of ${show(expected)}, got ${show(actual)}.`)
}

export const refusalPromises: StorePromise[] = [
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

export const closingPromises: StorePromise[] = [
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
      if (store.removePrefix) await rejected(store.removePrefix('./'), 'closed')
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

export function survivesClosing(reopen: NonNullable<StoreContract['reopen']>): StorePromise {
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
