import type { Files } from '../src/files.ts'
import { hookedFiles, type Operation, systemError } from './hooked-files.ts'

const changes: readonly Operation[] = [
  'makeDirectory',
  'publish',
  'writeWhole',
  'createDraft',
  'mark',
  'move',
  'append',
  'sync',
  'syncDirectory',
  'syncDirectoryNow',
  'draft write',
  'draft sync',
  'draft syncNow',
  'draft publish',
  'draft publishNow',
  'draft replace',
  'draft replaceNow',
]
const removals: readonly Operation[] = ['remove', 'removeNow']
const looks: readonly Operation[] = ['list', 'identityAt', 'modifiedAt', 'isSocket', 'stateAt']
const openings: readonly Operation[] = [
  'list',
  'openLog',
  'readNow',
  'readWhole',
  'readThrough',
  'readBeginning',
  'openAsBlob',
  'createDraft',
  'publish',
  'writeWhole',
  'mark',
  'syncDirectory',
  'syncDirectoryNow',
]
const byPath: readonly Operation[] = [
  ...new Set([
    ...openings,
    ...removals,
    ...looks,
    'makeDirectory',
    'move',
    'draft publish',
    'draft replace',
  ] as const),
]
const everything: readonly Operation[] = [
  ...new Set([...changes, ...byPath, 'status', 'read', 'draft read'] as const),
]

/** What can fail with which error, and what the user is told to do about it. */
export const faults: Readonly<Record<string, { operations: readonly Operation[]; advice: RegExp }>> = {
  ENOSPC: { operations: changes, advice: /The disk is full: free some space/ },
  EDQUOT: { operations: changes, advice: /quota is used up: free some space/ },
  EROFS: { operations: [...changes, ...removals], advice: /read-only: give the cache another directory/ },
  EMFILE: { operations: openings, advice: /too many files open: close some/ },
  EACCES: { operations: byPath, advice: /no permission there: change the permissions/ },
  EPERM: { operations: byPath, advice: /no permission there: change the permissions/ },
  EBUSY: { operations: byPath, advice: /Another program holds a file there/ },
  EIO: { operations: everything, advice: /has failed: look after it/ },
}

/** The real file system, whose nth operation of those that can fail with a code does so; with all that come after it, if it lasts. */
export class FaultyFiles {
  readonly files: Files
  readonly #can: ReadonlySet<Operation>
  #count = 0
  #ended = false

  constructor(code: string, nth: number, lasts: boolean) {
    this.#can = new Set(faults[code]?.operations)
    this.files = hookedFiles({
      before: operation => {
        if (this.#ended || !this.#can.has(operation)) return
        const number = ++this.#count
        if (number === nth || (lasts && number > nth)) throw systemError(code)
      },
    })
  }

  /** How many operations could have failed. */
  get count(): number {
    return this.#count
  }

  /** From now on, nothing fails. */
  end(): void {
    this.#ended = true
  }
}
