import { type Item, item } from '../data.ts'
import type { Name } from './store.ts'

/** One of the entries that several processes read, and of which one process writes new revisions. */
export interface CommonEntry {
  readonly owner: number
  readonly index: number
}

export function nameOf({ owner, index }: CommonEntry): Name {
  return `./process-${owner}/${index}`
}

/** About 400 bytes that say at both ends which revision they are. */
export function itemOf(entry: CommonEntry, revision: number): Item {
  return { ...item(idOf(entry)), name: titleOf(entry, revision), revision }
}

/**
 * What is wrong with an answer, or `undefined`.
 * @param least - The revision that the reader has seen already, or has written itself.
 */
export function faultOf(answer: unknown, entry: CommonEntry, least: number): string | undefined {
  if (answer === undefined) return `${nameOf(entry)} was absent`
  const { id, name, revision, note } = answer as Partial<Item>
  if (
    id !== idOf(entry) ||
    revision === undefined ||
    name !== titleOf(entry, revision) ||
    !note?.endsWith(').')
  )
    return `${nameOf(entry)} was something else`
  return revision < least ? `${nameOf(entry)} was revision ${revision} after ${least}` : undefined
}

function titleOf({ owner, index }: CommonEntry, revision: number): string {
  return `Revision ${revision} of ${owner}/${index}`
}

function idOf({ owner, index }: CommonEntry): number {
  return owner * 1_000_000 + index
}
