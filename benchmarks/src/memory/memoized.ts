import { floats, type Item, items } from '../data.ts'
import type { Contender, Row, Suite } from '../row.ts'
import { loopOf } from './loop.ts'
import type { MemoryRival } from './memory-rival.ts'
import { everybody } from './rivals.ts'
import { rowOf } from './rows.ts'

interface Arguments {
  readonly name: string
  readonly isText: boolean
  readonly arguments: readonly unknown[]
  /** The same, equal but not identical, so that remembering an object itself is of no use. */
  readonly again: readonly unknown[]
  readonly calls: number
}

const title = 'A memoized function, called with what it was called with before'

/** Calling a function that has its result. */
export const memoized: Suite = {
  topics: ['memory'],
  title,
  quick: true,
  async open(_dir, share) {
    const takers = everybody.filter(({ memoize }) => memoize)
    const rows = argumentsOf(share).map(kind => rowFor(kind, takers))
    return { tables: [{ title, rows }], close: async () => {} }
  },
}

function argumentsOf(share: number): readonly Arguments[] {
  const texts = () => Array.from({ length: 1_000 }, (_, id) => `item-${id}`)
  const array = () => [floats(4_000_000 * Math.max(share, 0.01))]
  return [
    { name: 'a text', isText: true, arguments: texts(), again: texts(), calls: 200_000 * share },
    { name: 'an object', isText: false, arguments: items(1_000), again: items(1_000), calls: 10_000 * share },
    { name: 'a Float32Array of 4 MB', isText: false, arguments: array(), again: array(), calls: 1 },
  ]
}

function rowFor(kind: Arguments, takers: readonly MemoryRival[]): Row {
  const row = rowOf(
    kind.name,
    takers.map(rival => contenderOf(rival, kind)),
    'It memoizes no functions.',
  )
  // A second and more for each call of those who make text of it.
  return kind.calls === 1 ? { ...row, rounds: 3, cleanStart: true } : row
}

function contenderOf(rival: MemoryRival, { isText, arguments: first, again, calls }: Arguments): Contender {
  const asked = again.slice(0, Math.ceil(calls * (rival.share ?? 1)))
  const turns = Math.max(1, Math.round((calls * (rival.share ?? 1)) / asked.length))
  let worked = 0
  const call = rival.memoize?.((argument: unknown) => {
    worked++
    return numberOf(argument)
  }, isText) as (argument: unknown) => number | Promise<number>
  const loop = loopOf({ ...rival, name: `${rival.name} ${typeof first[0]} ${calls}` }, 'numbers')
  // The loop passes a second argument, which would count.
  const ask = (argument: unknown) => call(argument)
  const proveUnworked = async () => {
    if (worked !== first.length) throw new Error(`It worked ${worked} times for ${first.length} arguments.`)
  }
  return {
    name: rival.name,
    operations: asked.length * turns,
    expected: turns * asked.reduce<number>((sum, argument) => sum + numberOf(argument), 0),
    async prove() {
      for (const argument of [...first, ...again]) {
        if ((await call(argument)) !== numberOf(argument))
          throw new Error('It gave the result of another argument.')
      }
      await proveUnworked()
    },
    run: () => loop(ask, asked, [], turns),
    settle: proveUnworked,
  }
}

function numberOf(argument: unknown): number {
  if (typeof argument === 'string') return Number(argument.slice('item-'.length))
  return ArrayBuffer.isView(argument) ? argument.byteLength : (argument as Item).id
}
