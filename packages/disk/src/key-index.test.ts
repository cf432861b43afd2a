import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkIndex, rowsOf } from '../test/invariants.ts'
import { patience, rounds } from '../test/rounds.ts'
import { blockBuckets, blockRows, type IndexParts, KeyIndex, type Row, rowWords } from './key-index.ts'
import { atOnce } from './slices.ts'

// Equal ones, and ones that share a bucket in a table of any size.
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
    for (const hash of new Set(expected.map(entry => entry.hash))) {
      const found: number[] = []
      for (let row = this.index.first(hash); row >= 0; row = this.index.next(hash))
        found.push(this.index.positionOf(row))
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
    const told = this.index.takeTouched(1000, 7).map(({ position, hash, uses }) => [position, hash, uses])
    const touched = [...this.known.values()].filter(({ touches }) => touches > 0)
    expect(told.sort()).toEqual(
      touched.map(({ position, hash, touches }) => [position, hash, touches]).sort(),
    )
    for (const entry of touched) entry.touches = 0
  }
}

/** Copies, as if they had been written to a file and read again. */
function copyOf(index: KeyIndex): IndexParts {
  const { rowBlocks, bucketBlocks, ...size } = index.share()
  return {
    ...size,
    rowBlocks: rowBlocks.map(block => block.slice()),
    bucketBlocks: bucketBlocks.map(block => block.slice()),
  }
}

function restored(parts: IndexParts): KeyIndex | undefined {
  return KeyIndex.restore(
    parts,
    block => parts.rowBlocks[block],
    block => parts.bucketBlocks[block],
  )
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
          most = Math.max(most, modelled.index.share().buckets)
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
          const index = restored(copyOf(modelled.index))
          if (!index) throw new Error('it was not restored')
          expect(rowsOf(index)).toEqual(rowsOf(modelled.index))
          const untouched = [...modelled.known].map(([at, entry]) => [at, { ...entry, touches: 0 }] as const)
          const again = new Modelled(index, new Map(untouched))
          again.check()
          for (const one of after) again.do(one)
          again.check()
        }),
        { numRuns: rounds(50, 10_000) },
      )
    },
    patience,
  )

  test(
    'that was tampered with misses entries, and does no worse',
    () => {
      const tampering = fc.array(
        fc.tuple(fc.boolean(), fc.nat(3000), fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 0xffffffff }))),
        { minLength: 1, maxLength: 20 },
      )
      fc.assert(
        fc.property(commands, tampering, (all, changes) => {
          const modelled = new Modelled()
          for (const one of all) modelled.do(one)
          const parts = copyOf(modelled.index)
          for (const [isRow, at, word] of changes) {
            const [words, used] = isRow
              ? [parts.rowBlocks[0], parts.rows * rowWords]
              : [parts.bucketBlocks[0], parts.buckets]
            if (words && used > 0) words[at % used] = word
          }
          const index = restored(parts) as KeyIndex
          for (const { hash, position } of modelled.known.values()) {
            const row = index.findAt(hash, position)
            if (row < 0) continue
            index.touch(row)
            if (position % 2 === 0) index.remove(row)
            else index.replace(row, { position, length: 32, blobBytes: 0, cost: 0, storedAt: 0 })
          }
          index.takeTouched(10, 7)
          expect(index.blobBytes).not.toBeNaN()
          while (index.count > 0) index.remove(0)
          for (let position = 0; position < 100; position++)
            index.add(position, { position, length: 32, blobBytes: 0, cost: 0, storedAt: 0 })
          for (let position = 0; position < 100; position++)
            expect(index.findAt(position, position)).toBeLessThan(100)
        }),
        { numRuns: rounds(300, 50_000) },
      )
    },
    patience,
  )

  test('is not restored with fewer buckets than it needs', () => {
    const parts = copyOf(new KeyIndex())
    expect(restored({ ...parts, rows: 65, buckets: 64 })).toBeUndefined()
    expect(restored({ ...parts, rows: 10, buckets: 10 })).toBeUndefined()
    expect(restored({ ...parts, rows: 10, buckets: 64 })).toBeDefined()
  })
})

describe('blocks', () => {
  const values = { length: 40, blobBytes: 0, cost: 0, storedAt: 10 }

  function indexOf(count: number): KeyIndex {
    const index = new KeyIndex()
    for (let row = 0; row < count; row++) index.add(row * 0x9e3779b1, { position: 64 + 40 * row, ...values })
    return index
  }

  test('are as many as are needed, and hold what was put in', () => {
    const count = 3 * blockBuckets
    const index = indexOf(count)
    checkIndex(index)
    expect(index.share().rowBlocks).toHaveLength(Math.ceil(count / blockRows))
    for (let row = 0; row < count; row += 97)
      expect(index.findAt((row * 0x9e3779b1) >>> 0, 64 + 40 * row)).toBe(row)
  })

  test('are read when they are needed', () => {
    const parts = copyOf(indexOf(4 * blockRows))
    const read: number[] = []
    const index = KeyIndex.restore(
      parts,
      block => {
        read.push(block)
        return parts.rowBlocks[block]
      },
      block => parts.bucketBlocks[block],
    ) as KeyIndex
    expect(read).toEqual([])
    expect(index.positionOf(2 * blockRows)).toBe(64 + 80 * blockRows)
    expect(index.positionOf(2 * blockRows + 1)).toBeGreaterThan(0)
    expect(read).toEqual([2])
    atOnce(index.load())
    expect(read.sort()).toEqual([0, 1, 2, 3])
    checkIndex(index)
  })

  test('that cannot be read count as empty, and are told of', () => {
    const parts = copyOf(indexOf(2 * blockRows))
    const index = KeyIndex.restore(
      parts,
      block => (block === 1 ? undefined : parts.rowBlocks[block]),
      block => parts.bucketBlocks[block],
    ) as KeyIndex
    expect(index.positionOf(0)).toBe(64)
    expect(index.isDamaged).toBe(false)
    expect(index.positionOf(blockRows)).toBe(0)
    expect(index.isDamaged).toBe(true)
  })

  test('that were shared stay as they were', () => {
    const modelled = indexOf(3 * blockRows)
    const shared = modelled.share()
    const before = shared.rowBlocks.map(block => block.slice())
    modelled.use(5, 3, 99)
    modelled.remove(blockRows + 7)
    modelled.add(77, { position: 9, ...values })
    modelled.replace(2 * blockRows, { position: 9, ...values })
    expect(shared.rowBlocks).toEqual(before)
    expect(modelled.usesOf(5)).toBe(3)
    checkIndex(modelled)
  })

  test('hold places beyond four gigabytes', () => {
    const index = new KeyIndex()
    index.add(5, { position: 2 ** 50 + 12_345, ...values })
    expect(index.placeOf(0)).toEqual({ position: 2 ** 50 + 12_345, length: 40, hasBlob: false })
    expect(index.findAt(5, 2 ** 50 + 12_345)).toBe(0)
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
    for (const row of [0, 2, 2]) index.touch(row)
    expect(index.takeTouched(10, 1_700_000_000)).toEqual([
      { position: 64, hash: 0, uses: 1, usedAt: 1_700_000_000 },
      { position: 66, hash: 2, uses: 2, usedAt: 1_700_000_000 },
    ])
    expect(index.takeTouched(10, 1_700_000_000)).toEqual([])
  })

  test('stop being counted at what can be told', () => {
    const index = indexOf(1)
    for (let use = 0; use < 0xffff + 5; use++) index.touch(0)
    expect(index.takeTouched(1, 7)[0]?.uses).toBe(0xffff)
  })

  test('are not counted of an entry that took the place of another', () => {
    const index = indexOf(1)
    index.touch(0)
    index.replace(0, { position: 200, length: 40, blobBytes: 0, cost: 0, storedAt: 10 })
    expect(index.takeTouched(1, 7)).toEqual([])
  })

  test('go with their row when another one is removed', () => {
    const index = indexOf(3)
    index.touch(2)
    index.remove(0)
    expect(index.takeTouched(5, 7)).toMatchObject([{ position: 66, uses: 1 }])
  })

  test('of more entries than can be told at once are told in turn', () => {
    const blocks = 4
    const index = indexOf(blocks * blockRows)
    const told: number[] = []
    for (let time = 0; time < 2 * blocks; time++) {
      for (let row = 0; row < index.count; row++) index.touch(row)
      told.push(...index.takeTouched(1, 7).map(({ hash }) => Math.floor(hash / blockRows)))
    }
    const times = Array.from({ length: blocks }, (_, block) => told.filter(one => one === block).length)
    expect(times).toEqual(new Array(blocks).fill(2 * blockRows))
  })

  test('never make the last use an earlier one', () => {
    const index = indexOf(1)
    index.use(0, 2, 5)
    expect(index.usedAtOf(0)).toBe(10)
    index.use(0, 2, 15)
    expect([index.usedAtOf(0), index.usesOf(0)]).toEqual([15, 4])
  })

  test('are all told in the end, however few at once', () => {
    const index = indexOf(3 * blockRows)
    for (let row = 0; row < index.count; row++) for (let use = 0; use <= row % 7; use++) index.touch(row)
    const told = [1, blockRows + 1, 1].flatMap(enough => index.takeTouched(enough, 7))
    expect(told.map(({ hash, uses }) => ({ hash, uses }))).toEqual(
      Array.from({ length: 3 * blockRows }, (_, row) => ({ hash: row, uses: (row % 7) + 1 })),
    )
  })

  test('go on being told where rows were removed meanwhile', () => {
    const index = indexOf(3 * blockRows)
    for (let row = 0; row < index.count; row++) index.touch(row)
    index.takeTouched(2 * blockRows, 7)
    for (let hash = 0; hash < 2 * blockRows; hash++) index.remove(index.first(hash))
    const left = index.takeTouched(blockRows, 7).map(({ hash }) => hash)
    expect(left.sort()).toEqual(Array.from({ length: blockRows }, (_, one) => 2 * blockRows + one))
  })
})
