import type { MissReason } from './events.ts'
import type { EntryInfo, Wanted } from './store.ts'

/** Why an entry does not serve a request, or `undefined` if it does. The clock is read where it matters only. */
export function missReason(
  entry: EntryInfo,
  request: Wanted,
  clock: () => number,
): Exclude<MissReason, 'absent'> | undefined
export function missReason(
  entry: EntryInfo | undefined,
  request: Wanted,
  clock: () => number,
): MissReason | undefined
export function missReason(
  entry: EntryInfo | undefined,
  request: Wanted,
  clock: () => number,
): MissReason | undefined {
  if (entry === undefined) return 'absent'
  if (entry.stamp !== request.stamp) return 'stamp'
  if (request.params !== undefined && entry.params !== request.params) return 'params'
  if (entry.expiresAt !== undefined && clock() >= entry.expiresAt) return 'expired'
  return undefined
}
