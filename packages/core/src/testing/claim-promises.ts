import { platform } from '../platform.ts'
import type { Stamp } from '../stamp.ts'
import type { Claim, ClaimAnswer, Patience, Store, Wanted } from '../store.ts'
import type { StorePromise } from './contract.ts'
import { entryOf, equal, equalEntries, rejected, show, valueIn } from './expect.ts'
import { type Sibling, withSibling } from './sibling-promises.ts'

type Claiming = Store & Required<Pick<Store, 'claim'>>

const wanted: Wanted = { stamp: '1.1' as Stamp, params: undefined }

function claim(
  store: Claiming,
  { name = './a', stamp = wanted.stamp, params = wanted.params, ...patience }: Partial<Asked> = {},
): Promise<ClaimAnswer> {
  const answer = store.claim(name, { stamp, params }, patience)
  // Where a test fails before it awaits this one, the store is closed while it waits.
  answer.catch(() => {})
  return answer
}

interface Asked extends Wanted, Patience {
  readonly name: string
}

async function granted(answer: ClaimAnswer | Promise<ClaimAnswer>): Promise<Claim> {
  const result = await answer
  if (typeof result === 'object') return result
  throw new Error(`Expected a claim, got ${show(result)}.`)
}

// Who has not noticed yet that the claim it waited for has passed to another one may be granted its own, and looks then too.
async function sentToLook(answer: Promise<ClaimAnswer>): Promise<void> {
  const result = await answer
  if (typeof result !== 'object') equal(result, 'look-again')
}

/** Resolves when an operation that was called earlier has taken its place, and must still be pending then. */
async function waiting(store: Store, operation: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  operation.then(over, over)
  await Promise.all([store.read('./a'), store.read('./b')])
  equal(isOver, false, 'whether the wait is over')
}

const changes: { change: string; make(store: Store): Promise<unknown>; left: unknown }[] = [
  { change: 'a write', make: store => store.write('./a', entryOf('written')), left: 'written' },
  { change: 'remove', make: store => store.remove('./a'), left: undefined },
  { change: 'clear', make: store => store.clear(), left: undefined },
  {
    change: 'removePrefix, where there is one,',
    make: store => store.removePrefix?.('./') ?? store.clear(),
    left: undefined,
  },
]

/** The promises of stores that can claim; those that cannot keep them all. */
export function claimPromises(sibling: Sibling): StorePromise[] {
  const pairs = promises.map(({ name, run }) => ({
    name,
    async run(one: Store, other: Store) {
      if (canClaim(one) && canClaim(other)) await run(one, other)
    },
  }))
  return withSibling(sibling, pairs)
}

function canClaim(store: Store): store is Claiming {
  return store.claim !== undefined
}

const promises: { name: string; run(one: Claiming, other: Claiming): Promise<void> }[] = [
  {
    name: 'a claim is granted where none stands, and stores what is written with it',
    async run(one, other) {
      const mine = await granted(claim(one))
      const entry = entryOf({ a: 1 }, { cost: 12.75 })
      equal(await mine.write(entry), true)
      equalEntries(await other.read('./a'), entry)
      await granted(claim(other))
    },
  },
  {
    name: 'who waits for a claim is told so at once, and who is granted it is not',
    async run(one, other) {
      const told: string[] = []
      const mine = await granted(claim(one, { waiting: () => told.push('one') }))
      const isTold = new Promise<void>(resolve => {
        const answer = claim(other, { waiting: resolve })
        answer.then(() => resolve(), resolve)
        answer.then(() => told.push('other'), resolve)
      })
      await isTold
      equal(told, [], 'who was told or answered before')
      await mine.write(entryOf(1))
    },
  },
  {
    name: 'a claim for the same waits for the value, and looks again',
    async run(one, other) {
      const mine = await granted(claim(one))
      const answers = [claim(other), claim(one)]
      for (const answer of answers) await waiting(other, answer)
      await mine.write(entryOf(1))
      equal(await Promise.all(answers), ['look-again', 'look-again'])
    },
  },
  {
    name: 'a claim that waits holds up nothing else',
    async run(one, other) {
      const mine = await granted(claim(one))
      const answer = claim(other)
      await other.write('./b', entryOf(1))
      equal((await other.read('./b'))?.value, 1)
      equal(await other.remove('./b'), true)
      await granted(claim(other, { name: './b' }))
      await waiting(other, answer)
      await mine.release('unstored')
      await answer
    },
  },
  {
    name: 'a claim released as failed is granted to one of those who wait',
    async run(one, other) {
      const mine = await granted(claim(one))
      const answers = [claim(other), claim(one)]
      for (const answer of answers) await waiting(other, answer)
      await mine.release('failed')
      const first = await Promise.race(answers.map((answer, index) => answer.then(() => index)))
      const last = answers[1 - first] as Promise<ClaimAnswer>
      const theirs = await granted(answers[first] as Promise<ClaimAnswer>)
      await waiting(one, last)
      equal(await theirs.write(entryOf(2)), true)
      await sentToLook(last)
    },
  },
  {
    name: 'a claim released as unstored leaves all who wait on their own',
    async run(one, other) {
      const mine = await granted(claim(one))
      const answers = [claim(other), claim(one)]
      for (const answer of answers) await waiting(other, answer)
      await mine.release('unstored')
      equal(await Promise.all(answers), ['alone', 'alone'])
      await granted(claim(other))
    },
  },
  ...changes.flatMap(({ change, make, left }) =>
    [true, false].map(here => ({
      name: `${change} ${here ? 'through the same store' : 'from elsewhere'} wins over a claim that stands`,
      async run(one: Claiming, other: Claiming) {
        const mine = await granted(claim(one))
        const answer = claim(other)
        await waiting(other, answer)
        await make(here ? one : other)
        equal(await mine.write(entryOf('generated')), false)
        equal((await one.read('./a'))?.value, left)
        equal(await answer, 'look-again')
      },
    })),
  ),
  ...[{ stamp: '1.2' as Stamp }, { params: 'f00d' }].map(different => ({
    name: `a claim for ${different.stamp ? 'another stamp' : 'other params'} ends the one that stands`,
    async run(one: Claiming, other: Claiming) {
      const mine = await granted(claim(one))
      const answer = claim(other)
      await waiting(other, answer)
      const later = await granted(claim(other, different))
      equal(await mine.write(entryOf('earlier')), false)
      equal(await later.write(entryOf('later', different)), true)
      equal((await one.read('./a'))?.value, 'later')
      equal(await answer, 'alone')
    },
  })),
  {
    name: 'claims on different names have nothing to do with each other',
    async run(one, other) {
      const mine = await granted(claim(one))
      const theirs = await granted(claim(other, { name: './a/b' }))
      await one.write('./a/b/c', entryOf(0))
      equal(await theirs.write(entryOf(2)), true)
      equal(await mine.write(entryOf(1)), true)
    },
  },
  {
    name: 'who has waited for maxWait takes the claim over',
    async run(one, other) {
      const mine = await granted(claim(one))
      const last = claim(one)
      await waiting(one, last)
      const theirs = await granted(claim(other, { maxWait: 1 }))
      equal(await mine.write(entryOf('late')), false)
      await waiting(one, last)
      equal(await theirs.write(entryOf('in time')), true)
      equal((await one.read('./a'))?.value, 'in time')
      await sentToLook(last)
    },
  },
  {
    name: 'a claim rejects with the reason of its signal, and waits no more',
    async run(one, other) {
      const mine = await granted(claim(one))
      const controller = new platform.AbortController()
      const reason = new Error('gone')
      const answer = claim(other, { signal: controller.signal })
      await waiting(other, answer)
      const last = claim(other)
      await waiting(other, last)
      controller.abort(reason)
      equal(await failure(answer), reason)
      equal(await failure(claim(other, { signal: controller.signal })), reason)
      await mine.release('failed')
      equal(await (await granted(last)).write(entryOf(1)), true)
    },
  },
  {
    name: 'closing a store passes its claims on, and ends its waiting',
    async run(one, other) {
      const mine = await granted(claim(one))
      const theirs = await granted(claim(other, { name: './b' }))
      const [forB, forA] = [claim(one, { name: './b' }), claim(other)]
      await waiting(one, forB)
      await waiting(other, forA)
      await Promise.all([rejected(forB, 'closed'), one.close()])
      await granted(forA)
      await rejected(mine.write(entryOf(1)), 'closed')
      await rejected(claim(one), 'closed')
      await mine.release('failed')
      equal(await theirs.write(entryOf(2)), true)
    },
  },
  {
    name: 'a claim that has ended does nothing more',
    async run(one, other) {
      const mine = await granted(claim(one))
      await mine.write(entryOf(1))
      const theirs = await granted(claim(other))
      equal(await mine.write(entryOf(2)), false)
      await mine.release('unstored')
      const answer = claim(one)
      await waiting(one, answer)
      await theirs.release('failed')
      await theirs.release('unstored')
      equal(await theirs.write(entryOf(3)), false)
      equal(await (await granted(answer)).write(entryOf(4)), true)
    },
  },
  {
    name: 'a claim outlives a value that cannot be kept',
    async run(one, other) {
      const mine = await granted(claim(one))
      const answer = claim(other)
      await waiting(other, answer)
      await rejected(mine.write(entryOf({ run: () => 1 })), 'unserializable')
      await waiting(other, answer)
      await mine.release('unstored')
      equal(await answer, 'alone')
    },
  },
  {
    name: 'a claim takes its place among operations in the order of their calls',
    async run(store) {
      const writes = [store.write('./a', entryOf(1))]
      const before = granted(claim(store))
      writes.push(store.write('./a', entryOf(2)))
      equal(await (await before).write(entryOf('before')), false)
      writes.push(store.write('./a', entryOf(3)))
      const after = await granted(claim(store))
      const answers = [after.write(entryOf(4)), store.read('./a').then(valueIn), store.remove('./a')]
      equal(await Promise.all(answers), [true, 4, true])
      await Promise.all(writes)
    },
  },
]

function failure(operation: Promise<unknown>): Promise<unknown> {
  return operation.then(
    () => undefined,
    error => error,
  )
}
