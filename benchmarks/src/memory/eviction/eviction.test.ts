import { expect, test } from 'vitest'
import { skipAbsent } from '../../accesses/skip-absent.ts'
import type { Row, Table, Target } from '../../row.ts'
import { costTables, phasedTable, recordedTable } from './eviction.ts'

/** The rows that miss their targets. */
function missedOf({ rows }: Table): string[] {
  return rows.filter(row => row.targets?.some(target => !isMet(row, target))).map(({ name }) => name)
}

function isMet({ contenders }: Row, target: Target): boolean {
  const figureOf = (wanted: string) => contenders.find(({ name }) => name === wanted)?.run() as number
  const best = target.measure === 'figure' ? 1 : Math.min(...[target.against].flat().map(figureOf))
  return figureOf('StagCache') <= target.limit * best
}

// What is missed is what the README says is; other hashes or constants may be better here, and worse there.
test.each([
  { room: 50, missed: ['2 shifting', '3 zipf', '7 zipf', '9 short loop'] },
  { room: 1000, missed: ['2 shifting'] },
])('with room for $room, three points of each phase are lost at most, but of $missed', ({ room, missed }) => {
  expect(missedOf(phasedTable(room, 1))).toEqual(missed)
})

test('of what was recorded, as much is hit as the best of those published do, but for two points', {
  timeout: 60_000,
}, context => {
  const table = recordedTable(1)
  if (table.rows.length === 0) skipAbsent(context)
  expect(table.rows).toHaveLength(10)
  expect(missedOf(table)).toEqual([])
})

test('of what was recorded, as much time is saved as by the best of the others, where there is little room', {
  timeout: 60_000,
}, context => {
  const [{ title, rows }] = costTables(1) as [Table]
  const recorded = rows.filter(({ name }) => ['gcc', 'adapt_size'].includes(name))
  if (recorded.length === 0) skipAbsent(context)
  expect(recorded).toHaveLength(2)
  expect(missedOf({ title, rows: recorded })).toEqual([])
})
