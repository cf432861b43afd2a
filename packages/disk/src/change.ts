import { type ClaimChange, type ReleaseChange, readClaim, readRelease } from './claim-record.ts'
import { readDelete, recordType } from './record.ts'
import { readUses, type Use } from './uses-record.ts'
import { readValueChange, type ValueChange } from './value-record.ts'

/** What one record of the log changes. */
export type Change =
  | ValueChange
  | ClaimChange
  | ReleaseChange
  | { readonly type: typeof recordType.delete; readonly name: string }
  | { readonly type: typeof recordType.clear }
  | { readonly type: typeof recordType.uses; readonly uses: Iterable<Use> }
  | { readonly type: typeof recordType.seal }
  /** A record of a type that does not exist yet, or one that only says why something is not there. */
  | { readonly type: 'none' }

const none: Change = { type: 'none' }

/** What a whole, intact record changes; `undefined` where its contents contradict each other. */
export function changeOf(record: Buffer): Change | undefined {
  switch (record[16]) {
    case recordType.value:
      return readValueChange(record)
    case recordType.delete: {
      const { name, dropped } = readDelete(record)
      return dropped ? none : { type: recordType.delete, name }
    }
    case recordType.clear:
      return { type: recordType.clear }
    case recordType.claim:
      return readClaim(record)
    case recordType.release:
      return readRelease(record)
    case recordType.uses:
      return { type: recordType.uses, uses: readUses(record) }
    case recordType.seal:
      return { type: recordType.seal }
    default:
      return none
  }
}
