import { misfit, UnserializableValueError } from './errors.ts'
import { className, isPlainArray, isPlainObject } from './object-kind.ts'
import { platform } from './platform.ts'
import { formatPath } from './value-path.ts'

/** Whom the values in memory belong to. */
export type Sharing =
  /** To all: what is handed out is what is held. */
  | 'share'
  /** To all, who cannot change it: plain objects and arrays are frozen, with all that they hold. */
  | 'freeze'
  /** To the cache: kept and handed out are copies, made by `structuredClone`. */
  | 'copy'

/** What is kept of values, and handed out of what is kept. */
export interface Shares {
  /** @throws UnserializableValueError for a value that cannot be copied. */
  take(value: unknown, name: string): unknown
  /** Absent where what is held is what is handed out. */
  readonly give: (<T>(value: T) => T) | undefined
}

const kinds: Record<Sharing, Shares> = {
  share: { take: value => value, give: undefined },
  freeze: { take: frozen, give: undefined },
  copy: { take: copied, give: value => platform.structuredClone(value) },
}

export function sharesOf(sharing: Sharing = 'share'): Shares {
  if (typeof sharing === 'string' && Object.hasOwn(kinds, sharing)) return kinds[sharing]
  throw misfit('sharing', sharing, '"share", "freeze" or "copy"')
}

// Without recursion, since a value may be of any depth; and through what was frozen already, since what that holds need
// not be.
function frozen(value: unknown): unknown {
  const seen = new Set<unknown>([value])
  for (const part of seen) {
    if (!isFreezable(part)) continue
    Object.freeze(part)
    for (const key of Reflect.ownKeys(part)) seen.add(Object.getOwnPropertyDescriptor(part, key)?.value)
  }
  return value
}

function isFreezable(part: unknown): part is object {
  return typeof part === 'object' && part !== null && (isPlainArray(part) || isPlainObject(part))
}

function copied(value: unknown, name: string): unknown {
  const copy = clone(value, name)
  refuseLosses(value, copy, name)
  return copy
}

function clone(value: unknown, name: string): unknown {
  try {
    return platform.structuredClone(value)
  } catch (error) {
    const { message } = error as Error
    throw new UnserializableValueError(`a value that cannot be copied (${message})`, 'value', name)
  }
}

interface Pair {
  readonly one: unknown
  readonly other: unknown
  readonly path: readonly PropertyKey[]
}

// `structuredClone` makes plain objects of instances, leaves out properties that it does not expect, and says nothing.
function refuseLosses(value: unknown, copy: unknown, name: string): void {
  const seen = new Set<unknown>()
  const pairs: Pair[] = [{ one: value, other: copy, path: [] }]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const { one, other, path } = pair
    if (typeof one !== 'object' || one === null || seen.has(one)) continue
    seen.add(one)
    if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other) && !isPlainObject(one)) {
      throw new UnserializableValueError(`a ${className(one)}`, formatPath('value', path), name)
    }
    const parts = one instanceof Map || one instanceof Set ? membersOf(one, other as typeof one, path) : []
    for (const part of parts) pairs.push(part)
    // Those of a typed array are its elements.
    const keys = ArrayBuffer.isView(one) ? [] : keysOf(one)
    for (const key of keys) {
      if (!Object.hasOwn(other as object, key)) {
        const what = `a property of a ${className(one)}`
        throw new UnserializableValueError(what, formatPath('value', [...path, key]), name)
      }
      const step = isPlainArray(one) ? Number(key) : key
      pairs.push({ one: valueAt(one, key), other: valueAt(other as object, key), path: [...path, step] })
    }
  }
}

function keysOf(one: object): PropertyKey[] {
  const hidden = one instanceof Error && Object.hasOwn(one, 'cause') ? ['cause'] : []
  return [...Object.keys(one), ...Object.getOwnPropertySymbols(one), ...hidden]
}

function valueAt(object: object, key: PropertyKey): unknown {
  return (object as Record<PropertyKey, unknown>)[key]
}

function membersOf(one: Map<unknown, unknown> | Set<unknown>, other: typeof one, path: Pair['path']): Pair[] {
  const copies = [...other.entries()].flat()
  return [...one.entries()].flat().map((part, index) => ({
    one: part,
    other: copies[index],
    path: [...path, `${index % 2 === 0 ? 'key' : 'value'} ${index >> 1}`],
  }))
}
