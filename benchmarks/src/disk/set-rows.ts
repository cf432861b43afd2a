import type { Row } from '../row.ts'
import { type Entrant, type Part, rowOf } from './entrant.ts'
import type { Entries } from './entries.ts'
import { deleteEach, getEach, setEach, setTogether } from './operations.ts'

/** Replaces values, one after the other. */
export function setRow(entrants: readonly Entrant[], entries: Entries): Row {
  const count = Math.ceil(entries.names.length / 10)
  return rowOf('set, awaited', 'set', count, entrants, replacing(entries, setEach))
}

/** Replaces all values in one tick. */
export function setTogetherRow(entrants: readonly Entrant[], entries: Entries): Row {
  const count = entries.names.length
  const name = `set, ${count.toLocaleString('en')} at once`
  return rowOf(name, 'setTogether', count, entrants, replacing(entries, setTogether))
}

/** Deletes, one after the other, what was set just before. */
export function deleteRow(entrants: readonly Entrant[], entries: Entries): Row {
  const count = Math.ceil(entries.names.length / 10)
  return rowOf('delete', 'delete', count, entrants, (entrant, count) => {
    const names = entries.names.slice(0, count)
    return {
      async prepare() {
        const store = await entrant.open()
        await setTogether(store, names, entries.values(count, 0))
        await store.settle?.()
      },
      async run() {
        await deleteEach(entrant.store, names)
        return count
      },
      async settle() {
        await entrant.store.settle?.()
        const left = await getEach(entrant.store, names, entries.markOf)
        if (left !== 0) throw new Error('It still had what it had deleted.')
      },
    }
  })
}

// With a new revision in each sample, since a store that recognises what it has already would only look.
function replacing(entries: Entries, replace: typeof setEach): Part {
  return (entrant, count) => {
    const names = entries.names.slice(0, count)
    let revision = 0
    let values: unknown[] = []
    return {
      async prepare() {
        await entrant.open()
        values = entries.values(count, ++revision)
      },
      async run() {
        await replace(entrant.store, names, values)
        return count
      },
      async settle() {
        await entrant.store.settle?.()
        const few = [0, count >> 1, count - 1]
        const found = await getEach(entrant.store, pick(names, few), entries.markOf)
        if (found !== sumOf(pick(values, few), entries))
          throw new Error('It lost what was set while it was timed.')
      },
    }
  }
}

function pick<T>(all: readonly T[], indices: readonly number[]): T[] {
  return indices.map(index => all[index] as T)
}

function sumOf(values: readonly unknown[], { markOf }: Entries): number {
  return values.reduce((sum: number, value) => sum + markOf(value), 0)
}
