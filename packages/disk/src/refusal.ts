import { formatPath, UnserializableValueError } from '@stagcache/core'
import { isIndex } from './graph.ts'

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

interface Step {
  readonly value: unknown
  readonly key: PropertyKey
  readonly from: Step | undefined
}

// Breadth first, so that the shortest of several paths is named.
function pathTo(offender: unknown, root: unknown): PropertyKey[] | undefined {
  const seen = new Set<unknown>()
  let level: Step[] = [{ value: root, key: '', from: undefined }]
  while (level.length > 0) {
    const next: Step[] = []
    for (const step of level) {
      const { value } = step
      if (Object.is(value, offender)) return keysOf(step)
      if (typeof value !== 'object' || value === null || seen.has(value)) continue
      seen.add(value)
      for (const [key, child] of childrenOf(value)) next.push({ value: child, key, from: step })
    }
    level = next
  }
  return undefined
}

function keysOf(last: Step): PropertyKey[] {
  const keys: PropertyKey[] = []
  for (let step = last; step.from; step = step.from) keys.unshift(step.key)
  return keys
}

function childrenOf(value: object): [PropertyKey, unknown][] {
  if (ArrayBuffer.isView(value)) return [['buffer', value.buffer]]
  if (value instanceof Set) return [...value].map((child, index) => [index, child])
  if (value instanceof Map) {
    return [...value].flatMap(([key, child], index): [PropertyKey, unknown][] => [
      [`key ${index}`, key],
      [typeof key === 'string' ? key : `value ${index}`, child],
    ])
  }
  const names = value instanceof Error ? Object.getOwnPropertyNames(value) : Object.keys(value)
  return names.map(name => [
    Array.isArray(value) && isIndex(name) ? Number(name) : name,
    (value as Record<string, unknown>)[name],
  ])
}
