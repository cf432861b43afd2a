import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Bounds, Eviction } from './eviction.ts'
import { Ranked } from './ranking.ts'

/** A cache of names, as the memory tier bounds one. */
class Names {
  readonly held = new Map<string, { entry: Ranked; bytes: number }>()
  readonly pinned = new Set<string>()
  readonly #bounds: Bounds
  readonly #eviction: Eviction
  #bytes = 0

  constructor(bounds: Bounds, seed = 1) {
    this.#bounds = bounds
    this.#eviction = new Eviction(bounds, seed)
  }

  ask(name: string, cost = 1, bytes = 1): boolean {
    const held = this.held.get(name)
    if (held && !this.pinned.has(name)) this.#eviction.used(held.entry)
    if (held) return true
    const entry = new Ranked(name, cost, 0)
    this.held.set(name, { entry, bytes })
    this.#bytes += bytes
    this.#eviction.added(entry, bytes)
    this.#shrink()
    return false
  }

  delete(name: string): void {
    const { entry, bytes } = this.held.get(name) as { entry: Ranked; bytes: number }
    if (!this.pinned.delete(name)) this.#eviction.removed(entry)
    this.held.delete(name)
    this.#bytes -= bytes
  }

  pin(name: string): void {
    this.pinned.add(name)
    this.#eviction.removed((this.held.get(name) as { entry: Ranked }).entry)
  }

  unpin(name: string): void {
    const { entry, bytes } = this.held.get(name) as { entry: Ranked; bytes: number }
    this.pinned.delete(name)
    this.#eviction.added(entry, bytes)
    this.#shrink()
  }

  get isOver(): boolean {
    const { maxEntries = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#bounds
    return this.held.size > maxEntries || this.#bytes > maxBytes
  }

  #shrink(): void {
    while (this.isOver) {
      const victim = this.#eviction.victim()
      if (!victim) return
      if (this.pinned.has(victim.name)) throw new Error('It has named what is pinned.')
      if (this.held.get(victim.name)?.entry !== victim) throw new Error('It has named what is not there.')
      this.delete(victim.name)
    }
  }
}

/** The part of the names that were there, in the second half of them. */
function hitsOf(names: Names, stream: Iterable<string>): number {
  const hits = [...stream].map(name => names.ask(name))
  const late = hits.slice(hits.length / 2)
  return late.filter(isHit => isHit).length / late.length
}

function* loop(prefix: string, keys: number, count: number): Iterable<string> {
  for (let turn = 0; turn < count; turn++) yield `${prefix}${turn % keys}`
}

/** What was asked for lately, and never again later. */
function* drift(prefix: string, width: number, count: number): Iterable<string> {
  for (let turn = 0; turn < count; turn++) yield `${prefix}${Math.floor(turn / 20) + ((turn * 7919) % width)}`
}

test.each([50, 600])('a loop over twice as many as the %i that there is room for keeps half', room => {
  expect(hitsOf(new Names({ maxEntries: room }), loop('a', 2 * room, 20 * room))).toBeGreaterThan(0.47)
})

test.each([50, 600])('with room for %i, it follows when the accesses change their nature', room => {
  const names = new Names({ maxEntries: room })
  const hits = [
    hitsOf(names, loop('a', 2 * room, 30 * room)),
    hitsOf(names, drift('b', 0.8 * room, 30 * room)),
    hitsOf(names, loop('c', 2 * room, 60 * room)),
    hitsOf(names, drift('d', 0.8 * room, 30 * room)),
  ]
  expect(hits[0]).toBeGreaterThan(0.47)
  expect(hits[1]).toBeGreaterThan(0.9)
  expect(hits[2]).toBeGreaterThan(0.35)
  expect(hits[3]).toBeGreaterThan(0.9)
})

test('the same requests have the same outcome', () => {
  const outcome = () => {
    const names = new Names({ maxEntries: 50 }, 7)
    hitsOf(names, drift('a', 90, 5000))
    return [...names.held.keys()]
  }
  expect(outcome()).toEqual(outcome())
})

test('what is expensive by byte stays', () => {
  const names = new Names({ maxBytes: 1000 })
  for (let turn = 0; turn < 3000; turn++) {
    const key = (turn * 7919) % 100
    names.ask(`${key}`, key < 10 ? 500 : 2, key < 10 ? 10 : 50)
  }
  expect([...names.held.keys()].filter(name => Number(name) < 10)).toHaveLength(10)
})

test('where all are pinned, there is no victim', () => {
  const names = new Names({ maxEntries: 2 })
  for (const name of ['a', 'b']) {
    names.ask(name)
    names.pin(name)
  }
  names.ask('c')
  expect([...names.held.keys()]).toEqual(['a', 'b'])
})

const bounds = fc.record(
  { maxEntries: fc.integer({ min: 1, max: 30 }), maxBytes: fc.integer({ min: 1, max: 2000 }) },
  { requiredKeys: [] },
)
const step = fc.record({
  verb: fc.constantFrom('ask', 'ask', 'ask', 'ask', 'delete', 'pin', 'unpin'),
  key: fc.nat({ max: 80 }),
  cost: fc.integer({ min: 0, max: 1000 }),
  bytes: fc.integer({ min: 0, max: 100 }),
})

test('it stays within its bounds, as far as pins let it, and never names what is pinned or gone', () => {
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 300 }), (bounded, steps) => {
      const names = new Names(bounded)
      for (const { verb, key, cost, bytes } of steps) {
        const name = `${key}`
        const [isHeld, isPinned] = [names.held.has(name), names.pinned.has(name)]
        if (verb === 'ask') names.ask(name, cost, bytes)
        else if (verb === 'delete' && isHeld) names.delete(name)
        else if (verb === 'pin' && isHeld && !isPinned) names.pin(name)
        else if (verb === 'unpin' && isPinned) names.unpin(name)
        if (names.isOver) expect(names.pinned.size).toBe(names.held.size)
      }
    }),
    { seed: 5 },
  )
})

test.each([Number.POSITIVE_INFINITY, Number.MAX_VALUE])('a bound of %d bytes changes nothing', maxBytes => {
  const hitsOf = (bounds: Bounds) => {
    const names = new Names(bounds)
    let hits = 0
    for (let round = 0; round < 60; round++)
      for (let name = 0; name < 100; name++) if (names.ask(`${name}`)) hits++
    return hits
  }
  expect(hitsOf({ maxEntries: 50, maxBytes })).toBe(hitsOf({ maxEntries: 50 }))
})
