/** A value that carries its name, its writer and its round throughout, so that no mixture of two passes for one. */
export interface Marked {
  readonly name: string
  readonly by: string
  readonly round: number
  readonly cells: Float32Array
  readonly end: string
}

export function marked(name: string, by: string, round: number, bytes: number): Marked {
  const cells = new Float32Array(Math.ceil(bytes / 4)).fill(markOf(by, round))
  return { name, by, round, cells, end: `${by} ${round} ${cells.length}` }
}

/** Whether something that was found is one such value, wholly. */
export function isWhole(found: unknown, name: string): found is Marked {
  const value = found as Partial<Marked> | null | undefined
  if (typeof value?.by !== 'string' || typeof value.round !== 'number' || value.name !== name) return false
  if (!(value.cells instanceof Float32Array)) return false
  const mark = markOf(value.by, value.round)
  return (
    value.cells.every(cell => cell === mark) &&
    value.end === `${value.by} ${value.round} ${value.cells.length}`
  )
}

/** What two rivals store: a value of each kind for each writer and round, and how to tell that it is one. */
export const rivalValues: Record<
  string,
  { make(by: string, round: number): unknown; isWhole(found: unknown): boolean }
> = {
  small: {
    make: (by, round) => marked('shared', by, round, 2000),
    isWhole: found => isWhole(found, 'shared'),
  },
  text: {
    make: (by, round) => markedText(by, round, 400_000),
    isWhole(found) {
      const [by = '', round = ''] = String(found).split(';', 1).join('').split(' ')
      return found === markedText(by, Number(round), 400_000)
    },
  },
  floats: {
    make: (by, round) => new Float32Array(100_000).fill(markOf(by, round)),
    isWhole: found =>
      found instanceof Float32Array && found.length === 100_000 && found.every(cell => cell === found[0]),
  },
}

function markedText(by: string, round: number, length: number): string {
  const mark = `${by} ${round};`
  return mark.repeat(Math.ceil(length / mark.length)).slice(0, length)
}

// Exact as a float32.
function markOf(by: string, round: number): number {
  return (by.charCodeAt(0) % 128) * 65_536 + (round % 65_536)
}
