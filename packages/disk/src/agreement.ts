import type { Contents } from './contents.ts'
import { type Columns, columnNames } from './key-index.ts'

const stepRows = 4096

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
  const isKnown = new Uint8Array(replayed.index.count)
  const { columns, count } = restored.index
  for (let row = 0; row < count; row++) {
    if (row % stepRows === 0) yield
    const position = columns.positions[row] as number
    const same = replayed.index.findAt(columns.hashes[row] as number, position)
    if (same < 0) yield `it has an entry at ${position} that the log does not leave`
    else if (isKnown[same] === 1) yield `it has the entry at ${position} twice`
    else yield* differences(replayed.index.columns, same, columns, row)
    if (same >= 0) isKnown[same] = 1
  }
  const { positions, hashes } = replayed.index.columns
  for (let row = 0; row < isKnown.length; row++) {
    if (row % stepRows === 0) yield
    if (isKnown[row] === 0) leaveOut({ hash: hashes[row] as number, position: positions[row] as number })
  }
  yield* claimDifferences(replayed, restored)
}

function* differences(left: Columns, row: number, right: Columns, other: number): Generator<string> {
  for (const name of columnNames) {
    if (!Object.is(left[name][row], right[name][other]))
      yield `of the entry at ${left.positions[row]}, ${name} is ${right[name][other]}, not ${left[name][row]}`
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
