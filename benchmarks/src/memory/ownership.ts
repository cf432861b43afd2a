import { isDeepStrictEqual } from 'node:util'
import { Cache, type Sharing } from '@stagcache/core'
import type { Item } from '../data.ts'
import type { Contender, Row, Suite } from '../row.ts'
import { Field } from './holding.ts'
import { loopOf } from './loop.ts'

const title = 'What sharing costs, for an object of 400 bytes'
const kinds: readonly Sharing[] = ['share', 'freeze', 'copy']

/** What it costs that nobody can change what others are handed: frozen as it comes in, or copied as it comes in and goes out. */
export const ownership: Suite = {
  topics: ['memory'],
  title,
  quick: true,
  async open(_dir, share) {
    const field = new Field(1_000)
    const rows = [rowOf('get', 100 * share, field), rowOf('set', 10 * share, field)]
    return { tables: [{ title, rows }], close: async () => {} }
  },
}

function rowOf(verb: 'get' | 'set', turns: number, field: Field): Row {
  return { name: verb, contenders: kinds.map(sharing => contenderOf(sharing, verb, Math.ceil(turns), field)) }
}

function contenderOf(sharing: Sharing, verb: 'get' | 'set', turns: number, field: Field): Contender {
  const cache = new Cache({ sharing })
  // What is frozen once is done sooner the next time.
  const values = () => structuredClone(field.values)
  let fresh = values()
  const set = (name: string, value: Item) => cache.set(name, value)
  const get = (name: string) => cache.get(name)
  const name = sharing === 'share' ? 'StagCache' : sharing
  const loop = loopOf({ name: `${name} ${verb} sharing`, awaited: false }, 'calls')
  const [ask, once] = verb === 'get' ? [get, turns] : [set, 1]
  return {
    name,
    operations: field.names.length * once,
    expected: field.names.length * once,
    async prove() {
      for (const [place, name] of field.names.entries()) cache.set(name, fresh[place] as Item)
      for (const [place, name] of field.names.entries()) {
        if (!isDeepStrictEqual(cache.get(name), field.values[place]))
          throw new Error('It held something else.')
      }
    },
    async prepare() {
      if (verb === 'set') fresh = values()
    },
    run: () => loop(ask as typeof get, field.names, fresh, once),
  }
}
