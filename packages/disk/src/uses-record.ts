import { type Origin, recordHeadBytes, recordType, writeHead } from './record.ts'

/*
 * Record of type 6, uses: how often entries were read since the last such record of the same writer. What follows the
 * head, for each entry:
 *
 *   offset  size  field
 *   0       8     place of the entry's record in this log, float64
 *   8       4     hash of its name, as in the index
 *   12      4     number of uses, unsigned
 *   16      4     time of the last use in seconds since 1970, unsigned
 *   20      4     zero
 */
const useBytes = 24

/** How often an entry was read. */
export interface Use {
  readonly position: number
  readonly hash: number
  readonly uses: number
  /** Seconds since 1970. */
  readonly usedAt: number
}

/** A record of type uses, still without its checksum. */
export function usesRecord(origin: Origin, uses: readonly Use[]): Buffer {
  const record = Buffer.alloc(recordHeadBytes + useBytes * uses.length)
  writeHead(record, recordType.uses, 0, origin)
  let at = recordHeadBytes
  for (const { position, hash, uses: count, usedAt } of uses) {
    record.writeDoubleLE(position, at)
    record.writeUInt32LE(hash, at + 8)
    record.writeUInt32LE(count, at + 12)
    record.writeUInt32LE(usedAt, at + 16)
    at += useBytes
  }
  return record
}

/** What a whole, intact record of type uses says. */
export function* readUses(record: Buffer): Generator<Use> {
  for (let at = recordHeadBytes; at + useBytes <= record.length; at += useBytes) {
    yield {
      position: record.readDoubleLE(at),
      hash: record.readUInt32LE(at + 8),
      uses: record.readUInt32LE(at + 12),
      usedAt: record.readUInt32LE(at + 16),
    }
  }
}

/** A time in seconds since 1970, as far as 32 bits can say it: a clock, or what a file says, may be any number. */
export function toSeconds(milliseconds: number): number {
  return Math.min(Math.max(Math.round(milliseconds / 1000) || 0, 0), 0xffffffff)
}
