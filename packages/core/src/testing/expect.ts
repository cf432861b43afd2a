import { isCacheError } from '../errors.ts'
import type { Stamp } from '../stamp.ts'
import type { Entry, EntryInfo } from '../store.ts'
import { formatPath } from '../value-path.ts'
import { difference } from './difference.ts'

export interface Details extends Partial<Omit<EntryInfo, 'stamp'>> {
  readonly stamp?: string
}

export function entryOf(
  value: unknown,
  { stamp = '1.1', params, storedAt = 1000, cost = 1, expiresAt }: Details = {},
): Entry {
  const entry = { value, stamp: stamp as Stamp, params, storedAt, cost }
  return expiresAt === undefined ? entry : { ...entry, expiresAt }
}

export function valueIn(entry: Entry | undefined): unknown {
  return entry?.value
}

// The order of an entry's own fields is the store's business, and so is whether it names what an entry does not have.
export function equalEntries(actual: object | undefined, expected: object): void {
  equal(actual && inOrder(actual), inOrder(expected), 'the entry')
}

export function inOrder(entry: object): object {
  const fields = Object.entries(entry).filter(([field, part]) => field !== 'expiresAt' || part !== undefined)
  return Object.fromEntries(fields.sort(([one], [other]) => (one < other ? -1 : 1)))
}

export function equal(actual: unknown, expected: unknown, what = 'the answer'): void {
  const path = difference(actual, expected)
  if (!path) return
  const place = formatPath(what, path)
  throw new Error(`Expected ${brief(show(expected))}, got ${brief(show(actual))}; they differ at ${place}.`)
}

export async function rejected(
  operation: Promise<unknown>,
  code: 'unserializable' | 'closed',
): Promise<unknown> {
  const outcome = await operation.then(
    value => ({ value }),
    error => ({ error }),
  )
  if ('error' in outcome && isCacheError(outcome.error, code)) return outcome.error
  const got = 'error' in outcome ? `the error ${String(outcome.error)}` : show(outcome.value)
  throw new Error(`Expected a rejection with the code '${code}', got ${brief(got)}.`)
}

export function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

export function brief(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

// A linear congruential generator: the same steps in every run and runtime.
