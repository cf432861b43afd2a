import type { Contents } from './contents.ts'
import type { KeyIndex } from './key-index.ts'

const stepRows = 4096

const columns: Readonly<Record<string, (index: KeyIndex, row: number) => number>> = {
  'the length of its record': (index, row) => index.placeOf(row).length,
  'its size': (index, row) => index.bytesOf(row),
  'its cost': (index, row) => index.costOf(row),
  'the number of its uses': (index, row) => index.usesOf(row),
  'the second of its storing': (index, row) => index.storedAtOf(row),
  'the second of its last use': (index, row) => index.usedAtOf(row),
}

/** An entry that a log leaves and its snapshot does not have. */
export interface LeftOut {
  readonly hash: number
  readonly position: number
}

/**
 * Where a snapshot says something else than the log up to its end, in words. `undefined` is yielded in between, for who
 * wants to do it in slices.
 *
 * @param leaveOut - Called for each entry that the snapshot does not have. It need not have one whose blob could not be read.
 */
export function* disagreements(
  replayed: Contents,
  restored: Contents,
  leaveOut: (entry: LeftOut) => void,
): Generator<string | undefined, void, void> {
  const { index } = replayed
  const isKnown = new Uint8Array(index.count)
  for (let row = 0; row < restored.index.count; row++) {
    if (row % stepRows === 0) yield
    const position = restored.index.positionOf(row)
    const same = index.findAt(restored.index.hashOf(row), position)
    if (same < 0) yield `it has an entry at ${position} that the log does not leave`
    else if (isKnown[same] === 1) yield `it has the entry at ${position} twice`
    else yield* differences(index, same, restored.index, row)
    if (same >= 0) isKnown[same] = 1
  }
  for (let row = 0; row < isKnown.length; row++) {
    if (row % stepRows === 0) yield
    if (isKnown[row] === 0) leaveOut({ hash: index.hashOf(row), position: index.positionOf(row) })
  }
  yield* claimDifferences(replayed, restored)
}

function* differences(left: KeyIndex, row: number, right: KeyIndex, other: number): Generator<string> {
  for (const [name, valueIn] of Object.entries(columns)) {
    const [expected, found] = [valueIn(left, row), valueIn(right, other)]
    if (!Object.is(expected, found))
      yield `of the entry at ${left.positionOf(row)}, ${name} is ${found}, not ${expected}`
  }
}

function* claimDifferences({ claims }: Contents, restored: Contents): Generator<string> {
  for (const [name, { place }] of restored.claims) {
    if (claims.get(name)?.place.position !== place.position)
      yield `it has a claim at ${place.position} that does not stand`
  }
  for (const [name, { place }] of claims)
    if (!restored.claims.has(name)) yield `it does not have the claim at ${place.position}`
}
