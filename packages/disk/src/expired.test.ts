import { expect, test } from 'vitest'
import { ExpiredBytes } from './expired.ts'
import { KeyIndex } from './key-index.ts'
import { recordHeadBytes } from './record.ts'
import { atOnce } from './slices.ts'
import { stretchOf } from './stretch.ts'

test('what an index names that is no value, as one that was tampered with may do, has not expired', () => {
  const index = new KeyIndex()
  index.add(1, { position: 64, length: recordHeadBytes, blobBytes: 0, cost: 0, storedAt: 0 })
  const records = { knownRecordAt: () => stretchOf(Buffer.alloc(recordHeadBytes)) }
  const expired = new ExpiredBytes()
  atOnce(expired.sample({ index, records }, Date.now()))
  expect(expired.share).toBe(0)
})
