import type { Target } from '../row.ts'
import type { Payload } from './entries.ts'
import { fileBased } from './rivals.ts'
import type { Operation } from './store.ts'

const tenTimesFiles = fileBased.map((against): Target => ({ measure: 'speed', against, limit: 10 }))

const small: Partial<Record<Operation, readonly Target[]>> = {
  get: [{ measure: 'speed', against: 'lmdb', limit: 0.9 }, ...tenTimesFiles],
  set: [{ measure: 'speed', against: 'lmdb', limit: 0.9 }, ...tenTimesFiles],
  setTogether: [{ measure: 'speed', against: 'lmdb', limit: 1 }],
}

const largeArray: Partial<Record<Operation, readonly Target[]>> = {
  get: [
    { measure: 'time', against: 'readFile', limit: 0.9 },
    { measure: 'time', against: 'bare read', limit: 1.8 },
    { measure: 'time', against: 'lmdb, copied', limit: 1 },
  ],
}

/**
 * What StagCache is to reach with one payload. None for a miss and for opening, where lmdb wins by its nature: it looks at
 * memory that all processes share.
 */
export function targetsOf({ bytes, kind }: Payload, operation: Operation): readonly Target[] {
  if (bytes === 400) return small[operation] ?? []
  if (bytes === 25_000_000 && kind === 'Float32Array') return largeArray[operation] ?? []
  return []
}
