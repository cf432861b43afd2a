import type { Row } from '../row.ts'
import { type Entrant, type Part, rowOf } from './entrant.ts'
import type { Entries } from './entries.ts'
import { getEach } from './operations.ts'
import type { Name } from './store.ts'

/** Each name once from a store that was just opened; opening it is part of the time. */
export function coldGetRow(entrants: readonly Entrant[], entries: Entries): Row {
  return rowOf('cold get', 'coldGet', entries.names.length, entrants, (entrant, count) => {
    const names = entries.names.slice(0, count)
    return {
      expected: entries.sum(count, 0),
      prepare: () => entrant.close(),
      run: async () => getEach(await entrant.open(), names, entries.markOf),
    }
  })
}

/** Each name once, from a store in which each was got before. */
export function getRow(entrants: readonly Entrant[], entries: Entries): Row {
  const part = getting(entries.names, entries, count => entries.sum(count, 0))
  return rowOf('get', 'get', entries.names.length, entrants, part)
}

/** Names that were never set. */
export function missRow(entrants: readonly Entrant[], entries: Entries): Row {
  const absent = entries.names.map((name): Name => `${name}-absent`)
  const part = getting(absent, entries, () => 0)
  return rowOf('miss', 'miss', absent.length, entrants, part)
}

function getting(all: readonly Name[], { markOf }: Entries, sum: (count: number) => number): Part {
  return (entrant, count) => {
    const names = all.slice(0, count)
    return {
      expected: sum(count),
      prepare: async () => void (await entrant.open()),
      run: () => getEach(entrant.store, names, markOf),
    }
  }
}
