/**
 * What may be the matter with a cache directory. The list may grow; what a kind means does not change.
 *
 * *Damage*: something that was stored is lost, or is not what it should be. The cache takes it for a miss.
 */
export type ProblemKind =
  /** What stands in the place of a folder is none. */
  | 'bad-folder'
  /** The newest log cannot be used: its head is damaged or of another format, or it is no file. */
  | 'bad-log'
  /** The log is shorter than it was when its snapshot was saved, or has grown anew since. */
  | 'cut-log'
  /** A part of the log is no record. */
  | 'bad-record'
  /** A record is intact, and its contents contradict each other. */
  | 'contradictory-record'
  /** An entry's record is intact and cannot be read: a later version wrote it, or somebody who knows the format. */
  | 'unreadable-value'
  /** A record stands in the log twice. */
  | 'repeated-record'
  /** There is no file of the size that an entry says its large value has. */
  | 'missing-blob'
  /** The file of a large value is not what was stored. */
  | 'bad-blob'
  /** Two entries have one file. */
  | 'shared-blob'
  /** The snapshot is damaged. It is made anew some time. */
  | 'bad-snapshot'
  /** The snapshot is intact, and says something else than the log. */
  | 'wrong-snapshot'
  /** What the log leaves contradicts itself: a fault of StagCache. */
  | 'wrong-index'
  /*
   * Unfinished: a process is about to go on here, or was when it died. The next write does it.
   */
  /** The log ends in the middle of a record. */
  | 'torn-tail'
  /** The log is sealed, and no other has followed it. */
  | 'sealed-log'
  /*
   * Left over: takes room, until a store reclaims or sweeps up.
   */
  /** A record that was never completed, with others behind it. */
  | 'torn-record'
  /** A log that another one has followed, or its snapshot. */
  | 'outdated-log'
  /** A snapshot of a log that is not there. */
  | 'unused-snapshot'
  /** A file that somebody began to write who is not alive, or has never said so. */
  | 'draft'
  /** The file of a large value that no entry names, by a store that is not alive. */
  | 'unnamed-blob'
  /** The socket of a store that is not alive. */
  | 'dead-socket'
  /** The pin of a store that is not alive. */
  | 'dead-pin'
  /*
   * Foreign: no store leaves a directory so. It is left alone.
   */
  /** A file or folder that is none of the cache's. */
  | 'unknown-name'
  /** The file of a large value in another folder than its name says, where nobody finds it. */
  | 'misplaced-blob'
  /** Others than the owner may read or write it. */
  | 'open-permissions'

/** How bad it is. See {@link ProblemKind}. */
export type Severity = 'damage' | 'unfinished' | 'leftover' | 'foreign'

export const severities: Readonly<Record<ProblemKind, Severity>> = {
  'bad-folder': 'damage',
  'bad-log': 'damage',
  'cut-log': 'damage',
  'bad-record': 'damage',
  'contradictory-record': 'damage',
  'unreadable-value': 'damage',
  'repeated-record': 'damage',
  'missing-blob': 'damage',
  'bad-blob': 'damage',
  'shared-blob': 'damage',
  'bad-snapshot': 'damage',
  'wrong-snapshot': 'damage',
  'wrong-index': 'damage',
  'torn-tail': 'unfinished',
  'sealed-log': 'unfinished',
  'torn-record': 'leftover',
  'outdated-log': 'leftover',
  'unused-snapshot': 'leftover',
  draft: 'leftover',
  'unnamed-blob': 'leftover',
  'dead-socket': 'leftover',
  'dead-pin': 'leftover',
  'unknown-name': 'foreign',
  'misplaced-blob': 'foreign',
  'open-permissions': 'foreign',
}

/** One thing that is the matter with a cache directory. */
export interface Problem {
  readonly kind: ProblemKind
  readonly severity: Severity
  /** The absolute path of the file or folder. */
  readonly path: string
  /** What is the matter, in words that may change. */
  readonly message: string
  /** The name of the entry, where it is one that is concerned. */
  readonly name?: string
}

/** What a cache directory holds, and what is the matter with it. */
export interface DirectoryReport {
  /** The absolute path of the directory. */
  readonly dir: string
  /** Whether there is no damage. What is left over or unfinished does not count. */
  readonly intact: boolean
  /** The path of the log that counts; `undefined` where there is none. */
  readonly log: string | undefined
  /** Live entries, those included that have expired and are still there. */
  readonly entries: number
  /** Bytes of the log. */
  readonly logBytes: number
  /** Bytes of the records of live entries. */
  readonly liveBytes: number
  /** Bytes of the log that reclaiming would give back. */
  readonly garbageBytes: number
  /** Live entries whose values are files of their own. */
  readonly blobs: number
  /** Bytes of those files, as the entries have them. */
  readonly blobBytes: number
  /** Whether there is a snapshot of the log. */
  readonly hasSnapshot: boolean
  /** A hundred of each kind at most. */
  readonly problems: readonly Problem[]
  /** How many more there are. */
  readonly omitted: number
}

const mostOfAKind = 100

/** Problems as they are found, not more than anybody reads. */
export class Problems {
  readonly found: Problem[] = []
  omitted = 0
  hasDamage = false
  readonly #counts = new Map<ProblemKind, number>()

  add(kind: ProblemKind, path: string, message: string, name?: string): void {
    const severity = severities[kind]
    if (severity === 'damage') this.hasDamage = true
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    if (count > mostOfAKind) this.omitted++
    else this.found.push({ kind, severity, path, message, ...(name === undefined ? {} : { name }) })
  }
}
