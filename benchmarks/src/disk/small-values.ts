import { deepStrictEqual } from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { items, shuffled } from '../data.ts'
import type { Contender, Row, Suite } from '../row.ts'
import {
  lmdb,
  lmdbWithoutSync,
  type Name,
  type OpenStore,
  proveStore,
  stagCache,
  type TestedStore,
} from './stores.ts'

const entries = 10_000
const awaitedSets = 1_000
const target = { measure: 'speed', limit: 0.8 } as const

/** Many small results, each looked up alone: what a cache of computations does most. */
export const smallValues: Suite = {
  topic: 'disk',
  title: `Values of 400 bytes, ${entries.toLocaleString('en')} entries, encoding and decoding included`,
  async open(dir, share) {
    const field = items(Math.ceil(entries * share))
    const names = shuffled(field.map(({ id }): Name => `./item/${id}`))
    const absent = names.map((name): Name => `${name}-absent`)
    const values = names.map(name => field[Number(name.slice('./item/'.length))])
    const changed = shuffled(items(field.length, 1))
    const few = Math.ceil(awaitedSets * share)
    const stores = await Promise.all([stagCache, lmdb, lmdbWithoutSync].map(store => enter(store, dir)))
    for (const { opened } of stores) await opened.setTogether(names, values)

    const contenders = (part: (opened: OpenStore) => Pick<Contender, 'run' | 'settle'>) =>
      stores.map(({ name, prove, opened }) => ({
        name,
        prove,
        ...part(opened),
      })) as unknown as Row['contenders']
    const found = field.reduce((sum, { id }) => sum + id + 1, 0)
    const sets = (count: number, how: 'setEach' | 'setTogether') =>
      contenders(opened => ({
        async run() {
          await opened[how](names.slice(0, count), changed.slice(0, count))
          return count
        },
        async settle() {
          await opened.settle()
          for (const index of [0, count >> 1, count - 1]) {
            deepStrictEqual(await opened.get(names[index] as Name), changed[index])
          }
        },
      }))

    return {
      rows: [
        {
          name: 'get',
          operations: names.length,
          expected: found,
          contenders: contenders(opened => ({ run: () => opened.getEach(names) })),
          target,
        },
        {
          name: 'get of what is absent',
          operations: absent.length,
          expected: 0,
          contenders: contenders(opened => ({ run: () => opened.getEach(absent) })),
        },
        { name: 'set, each awaited', operations: few, contenders: sets(few, 'setEach'), target },
        {
          name: `set, ${names.length.toLocaleString('en')} in one tick`,
          operations: names.length,
          contenders: sets(names.length, 'setTogether'),
          target,
        },
      ],
      async close() {
        for (const { opened } of stores) await opened.close()
      },
    }
  },
}

async function enter(store: TestedStore, dir: string) {
  const proof = join(dir, 'proof')
  mkdirSync(proof, { recursive: true })
  let proved: Promise<void> | undefined
  const prove = () => {
    proved ??= proveStore(store, proof)
    return proved
  }
  return { name: store.name, prove, opened: store.open(dir) }
}
