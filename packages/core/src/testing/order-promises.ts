import type { Store } from '../store.ts'
import type { StorePromise } from './contract.ts'
import { entryOf, equal, valueIn } from './expect.ts'

export const copyPromises: StorePromise[] = [
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

export const orderPromises: StorePromise[] = [
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

export function randomStep(
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

function pseudoRandom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
