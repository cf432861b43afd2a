import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { checkIndex, rowsOf } from '../test/invariants.ts'
import { patience, rounds } from '../test/rounds.ts'
import { type Columns, columnNames, columnsIn, KeyIndex, type Row, rowBytes } from './key-index.ts'

// Equal ones, ones that share a slot in a table of any size, and ones that stand at the end of a table, so that those behind
// them are found at its beginning.
const hash = fc.constantFrom(0, 1, 2, 62, 63, 64, 127, 0x1000, 0x7fffffff, 0xffffff80, 0xffffffff)
const which = fc.nat(1000)
const values = fc.record({
  length: fc.integer({ min: 32, max: 5000 }),
  blobBytes: fc.constantFrom(0, 0, 70_000),
  cost: fc.nat(100),
  storedAt: fc.nat(2 ** 31),
})
const command = fc.oneof(
  { weight: 60, arbitrary: fc.record({ verb: fc.constant('add' as const), hash, values }) },
  { weight: 15, arbitrary: fc.record({ verb: fc.constant('replace' as const), which, values }) },
  { weight: 15, arbitrary: fc.record({ verb: fc.constant('remove' as const), which }) },
  { weight: 10, arbitrary: fc.record({ verb: fc.constant('use' as const), which, usedAt: fc.nat(2 ** 31) }) },
  { weight: 15, arbitrary: fc.record({ verb: fc.constant('touch' as const), which }) },
  { weight: 5, arbitrary: fc.record({ verb: fc.constant('take' as const) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('clear' as const) }) },
)
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

interface Known extends Row {
  readonly hash: number
  uses: number
  usedAt: number
  touches: number
}

/** An index, and what it should hold by the places of the records. */
class Modelled {
  readonly index: KeyIndex
  readonly known: Map<number, Known>
  #end = 64

  constructor(index = new KeyIndex(), known = new Map<number, Known>()) {
    this.index = index
    this.known = known
    for (const { position, length } of known.values()) this.#end = Math.max(this.#end, position + length)
  }

  do(command: Command): void {
    if (command.verb === 'add') return this.#add(command.hash, this.#placed(command.values))
    if (command.verb === 'clear') return this.#clear()
    if (command.verb === 'take') return this.#take()
    const entry = [...this.known.values()][command.which % Math.max(1, this.known.size)]
    if (!entry) return
    const row = this.index.findAt(entry.hash, entry.position)
    expect(row, `the row at ${entry.position}`).toBeGreaterThanOrEqual(0)
    if (command.verb === 'replace') this.#replace(row, entry, this.#placed(command.values))
    else if (command.verb === 'remove') this.#remove(row, entry)
    else if (command.verb === 'use') this.#use(row, entry, command.usedAt)
    else this.#touch(row, entry)
  }

  check(): void {
    checkIndex(this.index)
    const expected = [...this.known.values()].sort((one, other) => one.position - other.position)
    expect(rowsOf(this.index)).toEqual(
      expected.map(({ position, hash, length, blobBytes, cost, storedAt, uses, usedAt }) => ({
        positions: position,
        hashes: hash,
        lengths: length,
        blobBytes,
        costs: cost,
        uses,
        storedAt,
        usedAt,
      })),
    )
    const { positions } = this.index.columns
    for (const hash of new Set(expected.map(entry => entry.hash))) {
      const found: number[] = []
      for (let row = this.index.first(hash); row >= 0; row = this.index.next(hash))
        found.push(positions[row] as number)
      const withHash = expected.filter(entry => entry.hash === hash).map(entry => entry.position)
      expect(found.sort((one, other) => one - other)).toEqual(withHash)
      expect(this.index.findAt(hash, 1)).toBe(-1)
    }
    expect([...this.index.blobPlaces()].map(({ position }) => position).sort()).toEqual(
      expected.flatMap(({ position, blobBytes }) => (blobBytes > 0 ? [position] : [])).sort(),
    )
  }

  #placed(values: Omit<Row, 'position'>): Row {
    const position = this.#end
    this.#end += values.length
    return { position, ...values }
  }

  #add(hash: number, values: Row): void {
    this.index.add(hash, values)
    this.known.set(values.position, { ...values, hash, uses: 0, usedAt: values.storedAt, touches: 0 })
  }

  #replace(row: number, entry: Known, values: Row): void {
    this.index.replace(row, values)
    this.known.delete(entry.position)
    const next = { ...values, hash: entry.hash, uses: 0, usedAt: values.storedAt, touches: 0 }
    this.known.set(values.position, next)
  }

  #remove(row: number, entry: Known): void {
    this.index.remove(row)
    this.known.delete(entry.position)
  }

  #use(row: number, entry: Known, usedAt: number): void {
    this.index.use(row, 3, usedAt)
    entry.uses += 3
    entry.usedAt = Math.max(entry.usedAt, usedAt)
  }

  #touch(row: number, entry: Known): void {
    this.index.touch(row)
    entry.touches++
  }

  #clear(): void {
    this.index.clear()
    this.known.clear()
  }

  #take(): void {
    const told = this.index.takeTouched(1000).map(({ position, hash, uses }) => [position, hash, uses])
    const touched = [...this.known.values()].filter(({ touches }) => touches > 0)
    expect(told.sort()).toEqual(
      touched.map(({ position, hash, touches }) => [position, hash, touches]).sort(),
    )
    for (const entry of touched) entry.touches = 0
  }
}

/** Copies, as if they had been written to a file and read again. */
function copiesOf(index: KeyIndex): { columns: Columns; slots: Uint32Array } {
  const parts = columnNames.map(name => index.columns[name].slice(0, index.count))
  const bytes = Buffer.concat(parts.map(({ buffer }) => new Uint8Array(buffer)))
  const columns = columnsIn(new Uint8Array(bytes).buffer, 0, index.count)
  return { columns, slots: index.slots.slice() }
}

const commands = fc.array(command, { maxLength: 300, size: 'max' })

describe('an index', () => {
  test(
    'holds what a map of the same entries holds, whatever is done to it',
    () => {
      let most = 0
      fc.assert(
        fc.property(commands, all => {
          const modelled = new Modelled()
          for (const [number, one] of all.entries()) {
            modelled.do(one)
            if (number % 25 === 0) modelled.check()
          }
          modelled.check()
          most = Math.max(most, modelled.index.slots.length)
        }),
        { numRuns: rounds(100, 20_000) },
      )
      expect(most, 'it has grown').toBeGreaterThan(64)
    },
    patience,
  )

  test(
    'goes on as it was after it was written and read',
    () => {
      fc.assert(
        fc.property(commands, commands, (before, after) => {
          const modelled = new Modelled()
          for (const one of before) modelled.do(one)
          const { columns, slots } = copiesOf(modelled.index)
          const index = KeyIndex.restore(columns, slots)
          if (!index) throw new Error('it was not restored')
          expect(rowsOf(index)).toEqual(rowsOf(modelled.index))
          const untouched = [...modelled.known].map(([at, entry]) => [at, { ...entry, touches: 0 }] as const)
          const restored = new Modelled(index, new Map(untouched))
          restored.check()
          for (const one of after) restored.do(one)
          restored.check()
        }),
        { numRuns: rounds(50, 10_000) },
      )
    },
    patience,
  )

  test(
    'that was tampered with is refused, or misses entries, and does no worse',
    () => {
      const tampering = fc.array(fc.tuple(fc.nat(8), fc.nat(500), fc.integer({ min: 0, max: 0xffffffff })), {
        minLength: 1,
        maxLength: 20,
      })
      let used = 0
      fc.assert(
        fc.property(commands, tampering, fc.boolean(), (all, changes, exchanges) => {
          const modelled = new Modelled()
          for (const one of all) modelled.do(one)
          const { columns, slots } = copiesOf(modelled.index)
          for (const [part, at, word] of changes) {
            const column = part === 8 ? slots : columns[columnNames[part] as keyof Columns]
            if (column.length === 0) continue
            const words = new Uint32Array(column.buffer, column.byteOffset, column.byteLength / 4)
            const place = at % words.length
            // Slots that are exchanged pass the simpler checks.
            if (part === 8 && exchanges) {
              const other = word % words.length
              ;[words[place], words[other]] = [words[other] as number, words[place] as number]
            } else words[place] = part === 8 ? word % (words.length / 2) : word
          }
          const index = KeyIndex.restore(columns, slots)
          if (!index) return
          used++
          for (const { hash, position } of modelled.known.values()) {
            const row = index.findAt(hash, position)
            if (row < 0) continue
            index.touch(row)
            if (position % 2 === 0) index.remove(row)
            else index.replace(row, { position, length: 32, blobBytes: 0, cost: 0, storedAt: 0 })
          }
          index.takeTouched(10)
          expect(index.blobBytes).not.toBeNaN()
          while (index.count > 0) index.remove(0)
          for (let position = 0; position < 100; position++)
            index.add(position, { position, length: 32, blobBytes: 0, cost: 0, storedAt: 0 })
          for (let position = 0; position < 100; position++)
            expect(index.findAt(position, position)).toBeGreaterThanOrEqual(0)
        }),
        { numRuns: rounds(300, 50_000) },
      )
      expect(used, 'some were not refused').toBeGreaterThan(10)
    },
    patience,
  )

  test.each<[string, (slots: Uint32Array) => void]>([
    ['names a row that there is not', slots => slots.set([4], slots.indexOf(3))],
    ['names a row twice', slots => slots.set([2], slots.indexOf(3))],
    ['misses a row', slots => slots.set([0], slots.indexOf(3))],
    ['names a row again in an empty slot', slots => slots.set([3], slots.indexOf(0))],
  ])('is not restored from slots of which one %s', (_, tamper) => {
    const index = new KeyIndex()
    for (const hash of [5, 6, 7])
      index.add(hash, { position: hash, length: 40, blobBytes: 0, cost: 0, storedAt: 0 })
    const { columns, slots } = copiesOf(index)
    expect(KeyIndex.restore(columns, slots.slice())).toBeDefined()
    tamper(slots)
    expect(KeyIndex.restore(columns, slots)).toBeUndefined()
  })

  test.each([Number.NaN, -1, 1e30, Number.POSITIVE_INFINITY])(
    'is not restored from columns with a blob of %d bytes, which would spoil the sum',
    bytes => {
      const index = new KeyIndex()
      index.add(5, { position: 64, length: 40, blobBytes: 1, cost: 0, storedAt: 0 })
      const { columns, slots } = copiesOf(index)
      columns.blobBytes[0] = bytes
      expect(KeyIndex.restore(columns, slots)).toBeUndefined()
    },
  )

  test('is not restored from fewer slots than it needs', () => {
    const columns = columnsIn(new ArrayBuffer(3 * rowBytes), 0, 3)
    expect(KeyIndex.restore(columns, Uint32Array.of(1, 2, 3, 0))).toBeUndefined()
    expect(KeyIndex.restore(columns, Uint32Array.of(1, 2, 3, 0, 0, 0, 0, 0))).toBeDefined()
  })
})

describe('uses', () => {
  function indexOf(count: number): KeyIndex {
    const index = new KeyIndex()
    for (let row = 0; row < count; row++)
      index.add(row, { position: 64 + row, length: 40, blobBytes: 0, cost: 0, storedAt: 10 })
    return index
  }

  test('are counted until they are told, with the time of telling', () => {
    const index = indexOf(3)
    vi.useFakeTimers({ now: 1_700_000_000_400 })
    try {
      for (const row of [0, 2, 2]) index.touch(row)
      expect(index.takeTouched(10)).toEqual([
        { position: 64, hash: 0, uses: 1, usedAt: 1_700_000_000 },
        { position: 66, hash: 2, uses: 2, usedAt: 1_700_000_000 },
      ])
    } finally {
      vi.useRealTimers()
    }
    expect(index.takeTouched(10)).toEqual([])
  })

  test('stop being counted at what can be told', () => {
    const index = indexOf(1)
    for (let use = 0; use < 0xffff + 5; use++) index.touch(0)
    expect(index.takeTouched(1)[0]?.uses).toBe(0xffff)
  })

  test('are not counted of an entry that took the place of another', () => {
    const index = indexOf(1)
    index.touch(0)
    index.replace(0, { position: 200, length: 40, blobBytes: 0, cost: 0, storedAt: 10 })
    expect(index.takeTouched(1)).toEqual([])
  })

  test('go with their row when another one is removed', () => {
    const index = indexOf(3)
    index.touch(2)
    index.remove(0)
    expect(index.takeTouched(5)).toMatchObject([{ position: 66, uses: 1 }])
  })

  test('of more entries than can be told at once are told in turn', () => {
    const index = indexOf(10)
    const told: number[] = []
    for (let time = 0; time < 4; time++) {
      for (let row = 0; row < 10; row++) index.touch(row)
      told.push(...index.takeTouched(5).map(({ hash }) => hash))
    }
    expect(told.sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9])
  })

  test('never make the last use an earlier one', () => {
    const index = indexOf(1)
    index.use(0, 2, 5)
    expect(index.columns.usedAt[0]).toBe(10)
    index.use(0, 2, 15)
    expect([index.columns.usedAt[0], index.columns.uses[0]]).toEqual([15, 4])
  })
})
