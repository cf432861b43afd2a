import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { race } from '../race.ts'
import { Entrant, rowOf } from './entrant.ts'
import { Entries } from './entries.ts'
import { getRow } from './get-rows.ts'
import { setRow } from './set-rows.ts'
import type { OpenStore, Rival } from './store.ts'

const entries = new Entries({ size: '400 bytes', bytes: 400, kind: 'JSON', entries: 20 })
const effort = { warmUp: 0, rounds: 2, seconds: 9, fewest: 1 }

describe('a row of one operation', () => {
  test('is done by each entrant, by slow ones in part', () => {
    const counts: number[] = []
    const entrants = [enter({}), enter({ share: { get: 0.12 } })]
    const { contenders } = rowOf('get', 'get', 20, entrants, (_entrant, count) => {
      counts.push(count)
      return { run: () => 0 }
    })
    expect(counts).toEqual([20, 3])
    expect(contenders.map(({ operations }) => operations)).toEqual([20, 3])
  })

  test('is not done by who cannot', () => {
    const cannot = { get: 'It only takes.' }
    const { contenders, absent } = rowOf('get', 'get', 20, [enter({}), enter({ name: 'b', cannot })], () => ({
      run: () => 0,
    }))
    expect(contenders.map(({ name }) => name)).toEqual(['a'])
    expect(absent).toEqual([{ name: 'b', reason: 'It only takes.' }])
  })
})

describe('an entrant', () => {
  test('that is filled and answers rightly is timed', async () => {
    const entrant = enter({})
    await entrant.fill()
    const { figures } = await race(getRow([entrant], entries), effort)
    expect(figures).toEqual([{ name: 'a', figure: expect.any(Number) }])
  })

  test('that cannot be filled is not', async () => {
    const failures = [new Error('No place.')]
    const entrant = enter({
      open() {
        const failure = failures.pop()
        if (failure) throw failure
        return keeping(() => true)
      },
    })
    await entrant.fill()
    const { figures } = await race(getRow([entrant], entries), effort)
    expect(figures).toEqual([{ name: 'a', fault: 'No place.' }])
  })

  test('that loses one value among many is not', async () => {
    const lost = entries.names[15] as string
    const entrant = enter({ open: () => keeping(name => name !== lost) })
    passed(entrant)
    await entrant.fill()
    const { figures } = await race(getRow([entrant], entries), effort)
    expect(figures).toEqual([{ name: 'a', fault: 'It answered wrongly while it was timed.' }])
  })

  test('that keeps the old value where a new one is set is not', async () => {
    const store = keeping(() => true)
    const entrant = enter({ open: () => store })
    passed(entrant)
    await entrant.fill()
    store.set = () => {}
    const { figures } = await race(setRow([entrant], entries), effort)
    expect(figures).toEqual([{ name: 'a', fault: 'It lost what was set while it was timed.' }])
  })
})

function enter(rival: Partial<Rival>): Entrant {
  const stores = new Map<string, OpenStore>()
  const open = (dir: string): OpenStore => {
    const store = stores.get(dir) ?? keeping(() => true)
    stores.set(dir, store)
    return store
  }
  return new Entrant({ name: 'a', open, ...rival }, temporaryDirectory(), 'JSON', entries)
}

// As if the gate had found nothing, so that what comes behind it has to.
function passed(entrant: Entrant): void {
  entrant.prove = async () => {}
}

function keeping(keeps: (name: string) => boolean): OpenStore {
  const kept = new Map<string, unknown>()
  return {
    get: name => kept.get(name),
    set: (name, value) => void (keeps(name) && kept.set(name, value)),
    delete: name => kept.delete(name),
    close() {},
  }
}
