import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { absent, Expectation } from '../test/expectation.ts'
import { recording } from '../test/recorded-fs.ts'
import { patience, rounds } from '../test/rounds.ts'
import { filler, type Scenario, scenarios } from '../test/scenarios.ts'
import { type Order, type Random, type Remains, SimulatedDisk } from '../test/simulated-disk.ts'
import { entryOf, largeValue } from '../test/stores.ts'
import { DiskStore } from './disk-store.ts'
import type { Durability } from './durability.ts'

/*
 * The power fails after each step of what the disk was asked for, and takes of what was not synced as much as it likes.
 * What had resolved with `durability: 'power'` is there afterwards. With `'process'`, anything may be missing that is not
 * old, and whatever is there is right.
 */

vi.mock('node:fs', async original => {
  const { recordedFs } = await import('../test/recorded-fs.ts')
  return recordedFs(await original())
})

vi.mock('node:fs/promises', async original => {
  const { recordedPromises } = await import('../test/recorded-fs.ts')
  return recordedPromises(await original())
})

// What the failure has left; what of it is damage was not promised to be there.
beforeEach(() => leaves('damage', 'unfinished', 'leftover', 'foreign'))

afterEach(() => {
  recording.disk = undefined
})

const inner = join('made', 'as', 'needed')

/** A store of the same directory that is closed when the scenario is over. */
type OpenAnother = () => DiskStore

/** What is special to a loss of power. */
type PowerScenario = (
  store: DiskStore,
  expected: Expectation,
  openAnother: OpenAnother,
  age: () => void,
) => Promise<void>

const powerScenarios: Record<string, PowerScenario> = {
  ...(scenarios satisfies Record<string, Scenario>),

  async 'large values at once'(store, expected) {
    const names = ['a', 'b', 'a', 'c', 'b']
    await Promise.all(names.map((name, index) => expected.write(store, name, largeValue(index, 70_000))))
  },

  async 'several ticks'(store, expected) {
    const writes: Promise<void>[] = []
    for (let tick = 0; tick < 6; tick++) {
      writes.push(expected.write(store, `${tick % 3}`, tick), expected.remove(store, `${(tick + 1) % 3}`))
      await new Promise(setImmediate)
    }
    await Promise.all(writes)
  },

  async 'a snapshot with records that were not safe yet'(store, expected) {
    await expected.write(store, 'a', filler(1))
    const writes = [
      expected.write(store, 'a', filler(2)),
      expected.write(store, 'b', filler(3)),
      expected.write(store, 'c', 1),
    ]
    await new Promise(setImmediate)
    await store.saveSnapshot()
    await Promise.all(writes)
  },

  async 'two stores of one directory'(store, expected, openAnother) {
    const other = openAnother()
    await expected.write(store, 'a', largeValue(1))
    await expected.write(other, 'b', largeValue(2))
    await Promise.all([expected.write(store, 'b', 'small'), expected.write(other, 'c', 1)])
    await expected.write(other, 'a', largeValue(3))
    await expected.remove(store, 'c')
    await expected.writeClaimed(other, 'd', largeValue(4))
  },

  async 'reclaiming while another store writes'(store, expected, openAnother) {
    const other = openAnother()
    await expected.write(store, 'kept', largeValue(7))
    await expected.write(other, 'small', 1)
    for (let round = 0; round < 24; round++) await expected.write(store, 'changing', filler(round))
    const closing = store.close()
    for (let round = 0; round < 6; round++) {
      await expected.write(other, `meanwhile ${round % 2}`, round)
      await expected.write(other, 'large', largeValue(round, 70_000))
    }
    await closing
    await expected.remove(other, 'small')
  },

  async 'reclaiming what is old'(store, expected, _, age) {
    await expected.write(store, 'small', 1)
    await expected.write(store, 'large', largeValue(1))
    await expected.write(store, 'deleted', 1)
    await expected.remove(store, 'deleted')
    for (let round = 0; round < 20; round++) await expected.write(store, 'changing', filler(round))
    age()
    for (let round = 0; round < 4; round++) await expected.write(store, 'changing', filler(round))
    await expected.write(store, 'another', largeValue(2))
    await store.close()
  },

  async 'evicting what is least worth keeping'(store, expected, _, age) {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    expected.letGo(...names)
    await expected.write(store, 'kept', 1)
    for (const [index, name] of names.entries()) {
      await expected.write(store, name, largeValue(index))
      if (index === 3) age()
    }
    await store.close()
  },
}

interface Story {
  readonly disk: SimulatedDisk
  readonly expected: Expectation
}

async function recordStory(scenario: PowerScenario, durability: Durability): Promise<Story> {
  const root = temporaryDirectory()
  const disk = new SimulatedDisk(root)
  const expected = new Expectation(() => disk.steps)
  recording.disk = disk
  const stores: DiskStore[] = []
  const open = () => {
    const store = new DiskStore({ dir: join(root, inner), durability, maxBytes: 1_200_000 })
    stores.push(store)
    return store
  }
  const age = () => {
    disk.age()
    expected.age()
  }
  await scenario(open(), expected, open, age)
  for (const store of stores) await store.close()
  recording.disk = undefined
  return { disk, expected }
}

function write(remains: Remains): string {
  const root = temporaryDirectory()
  for (const [path, what] of remains) {
    if (what === 'folder') mkdirSync(join(root, path))
    else writeFileSync(join(root, path), what)
  }
  return join(root, inner)
}

/** What a store finds, and is still found when another one has written. */
async function found(dir: string, names: Iterable<string>): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>()
  for (const next of ['first', 'second']) {
    const store = new DiskStore({ dir })
    try {
      for (const name of names) {
        const entry = await store.read(name)
        const value = entry ? entry.value : absent
        if (next === 'second') expect(value, `${name}, read again`).toEqual(values.get(name))
        values.set(name, value)
      }
      await store.write(next, entryOf('works'))
      expect((await store.read(next))?.value).toBe('works')
      await store.saveSnapshot()
    } finally {
      await store.close()
    }
  }
  return values
}

function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

const orders: readonly Order[] = ['journal', 'folder', 'none']

describe.each(Object.entries(powerScenarios))('power lost during %s', (_, scenario) => {
  test.each<Durability>(['power', 'process'])(
    'with durability: %o',
    async durability => {
      const { disk, expected } = await recordStory(scenario, durability)
      expect(disk.steps).toBeGreaterThan(5)
      const failures = rounds(Math.min(24, disk.steps), 40 * disk.steps)
      for (let failure = 0; failure < failures; failure++) {
        const step = Math.floor((failure * disk.steps) / failures)
        const order = orders[failure % orders.length] as Order
        const what = `after step ${step}, seed ${failure}, order ${order}`
        const dir = write(disk.remains(step, order, randomFrom(failure)))
        for (const [name, value] of await found(dir, expected.names(step))) {
          const possible =
            durability === 'power' ? expected.mayBe(name, step) : expected.mayHaveBeen(name, step)
          expect(
            possible.some(one => isSame(one, value)),
            `${name} ${what}: ${short(value)} is none of ${possible.map(short)}`,
          ).toBe(true)
        }
      }
    },
    patience,
  )
})

function isSame(one: unknown, other: unknown): boolean {
  return one instanceof Uint8Array && other instanceof Uint8Array
    ? Buffer.from(one).equals(other)
    : one === other
}

function short(value: unknown): string {
  return value instanceof Uint8Array ? `${value.length} times ${value[0]}` : String(value).slice(-20)
}
