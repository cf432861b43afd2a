import type { KeyIndex } from './key-index.ts'

const stepRows = 4096

/**
 * What contradicts the rules at the head of `key-index.ts`. Takes time in proportion to the rows, whatever they are.
 * `undefined` is yielded in between, for who wants to do it in slices.
 */
export function* indexFaults(index: KeyIndex): Generator<string | undefined, void, void> {
  for (const _ of index.load()) yield
  const { count, bucketCount } = index
  if (count > bucketCount) yield `${count} rows are too many for ${bucketCount} buckets`
  yield* chainFaults(index)
  yield* sumFaults(index)
}

function* chainFaults(index: KeyIndex): Generator<string | undefined> {
  const isReached = new Uint8Array(index.count)
  for (let bucket = 0; bucket < index.bucketCount; bucket++) {
    if (bucket % stepRows === 0) yield
    for (let link = index.headOf(bucket); link !== 0; link = index.nextOf(link - 1)) {
      const row = link - 1
      if (row >= index.count) yield `bucket ${bucket} leads to row ${row}, and there are ${index.count}`
      else if (isReached[row]) yield `row ${row} is in several chains, or twice in one`
      else if (index.bucketOf(index.hashOf(row)) !== bucket)
        yield `row ${row} is not in the chain of its bucket`
      if (row >= index.count || isReached[row]) break
      isReached[row] = 1
    }
  }
  for (let row = 0; row < index.count; row++) if (!isReached[row]) yield `row ${row} is in no chain`
}

function* sumFaults(index: KeyIndex): Generator<string | undefined> {
  const { count, recordBytes, blobBytes } = index
  let records = 0
  let blobs = 0
  for (let row = 0; row < count; row++) {
    if (row % stepRows === 0) yield
    const { length } = index.placeOf(row)
    records += length
    blobs += index.bytesOf(row) - length
  }
  if (records !== recordBytes) yield `the records have ${records} bytes, not ${recordBytes}`
  if (!isAbout(blobs, blobBytes)) yield `the blobs have ${blobs} bytes, not ${blobBytes}`
}

// Beyond 2^53, which only somebody hostile says, sums depend on their order.
function isAbout(sum: number, other: number): boolean {
  return sum === other || Math.max(sum, other) > 2 ** 53
}
