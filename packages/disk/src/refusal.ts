import { formatPath, UnserializableValueError } from '@stagcache/core'

/** Thrown inside the encoder at what cannot be stored, before it is known where in the value that stands. */
export class Refusal {
  readonly offender: unknown
  readonly what: string

  constructor(offender: unknown, what: string) {
    this.offender = offender
    this.what = what
  }
}

/** The error for the user. Only now is the path looked for, so that values that can be stored pay nothing for it. */
export function toError(refusal: Refusal, root: unknown, name: string): UnserializableValueError {
  const path = pathTo(refusal.offender, root) ?? []
  return new UnserializableValueError(refusal.what, formatPath('value', path), name)
}

// Breadth first, so that the shortest of several paths is named.
function pathTo(offender: unknown, root: unknown): PropertyKey[] | undefined {
  const seen = new Set<unknown>()
  let level: { value: unknown; path: PropertyKey[] }[] = [{ value: root, path: [] }]
  while (level.length > 0) {
    const next: typeof level = []
    for (const { value, path } of level) {
      if (Object.is(value, offender)) return path
      if (typeof value !== 'object' || value === null || seen.has(value)) continue
      seen.add(value)
      for (const [key, child] of childrenOf(value)) next.push({ value: child, path: [...path, key] })
    }
    level = next
  }
  return undefined
}

function childrenOf(value: object): [PropertyKey, unknown][] {
  if (Array.isArray(value)) return value.map((child, index) => [index, child])
  if (ArrayBuffer.isView(value)) return [['buffer', value.buffer]]
  if (value instanceof Set) return [...value].map((child, index) => [index, child])
  if (value instanceof Map) {
    return [...value].flatMap(([key, child], index): [PropertyKey, unknown][] => [
      [`key ${index}`, key],
      [typeof key === 'string' ? key : `value ${index}`, child],
    ])
  }
  const names = value instanceof Error ? Object.getOwnPropertyNames(value) : Object.keys(value)
  return names.map(name => [name, (value as Record<string, unknown>)[name]])
}
