import type { KeyIndex } from './key-index.ts'

const stepRows = 4096

/**
 * What contradicts the rules at the head of `key-index.ts`. Takes time in proportion to the rows, whatever they are.
 * `undefined` is yielded in between, for who wants to do it in slices.
 */
export function* indexFaults(index: KeyIndex): Generator<string | undefined, void, void> {
  const { count, slots } = index
  if (3 * count > 2 * slots.length) yield `${count} rows are too many for ${slots.length} slots`
  yield* slotFaults(index)
  yield* sumFaults(index)
}

function* slotFaults({ count, slots, columns: { hashes } }: KeyIndex): Generator<string | undefined> {
  const hasSlot = new Uint8Array(count)
  const mask = slots.length - 1
  // Slots in use right before this one, those at the end included.
  let run = 0
  for (let slot = mask; slot >= 0 && slots[slot] !== 0; slot--) run++
  for (let slot = 0; slot < slots.length; slot++) {
    if (slot % stepRows === 0) yield
    const row = (slots[slot] as number) - 1
    if (row < 0) {
      run = 0
      continue
    }
    if (row >= count) yield `slot ${slot} has row ${row}, and there are ${count}`
    else if (hasSlot[row] === 1) yield `row ${row} has several slots`
    else if (((slot - (hashes[row] as number)) & mask) > run)
      yield `row ${row} cannot be reached from its hash`
    if (row < count) hasSlot[row] = 1
    run++
  }
  for (let row = 0; row < count; row++) if (!hasSlot[row]) yield `row ${row} has no slot`
}

function* sumFaults({ count, columns, recordBytes, blobBytes }: KeyIndex): Generator<string | undefined> {
  let records = 0
  let blobs = 0
  for (let row = 0; row < count; row++) {
    if (row % stepRows === 0) yield
    records += columns.lengths[row] as number
    blobs += columns.blobBytes[row] as number
  }
  if (records !== recordBytes) yield `the records have ${records} bytes, not ${recordBytes}`
  if (!isAbout(blobs, blobBytes)) yield `the blobs have ${blobs} bytes, not ${blobBytes}`
}

// Beyond 2^53, which only somebody hostile says, sums depend on their order.
function isAbout(sum: number, other: number): boolean {
  return sum === other || Math.max(sum, other) > 2 ** 53
}
