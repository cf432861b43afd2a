import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { isBlobName } from './blobs.ts'
import type { Files } from './files.ts'
import { runningChecksum } from './hash.ts'
import type { Place } from './key-index.ts'
import type { Replay } from './replay.ts'
import type { Steps } from './slices.ts'
import { type BlobReference, readValue } from './value-record.ts'
import type { ProblemKind, Problems } from './verify-report.ts'

interface Suspect {
  readonly kind: ProblemKind
  readonly path: string
  readonly message: string
  readonly name: string
}

/** Reads the files of all large values that a log leaves. */
export class BlobCheck {
  /** Live entries with a blob, and the bytes of those. */
  count = 0
  bytes = 0
  readonly #files: Files
  readonly #folder: string
  readonly #replay: Replay
  readonly #problems: Problems
  // By the place of the record. Each may have been removed together with its entry.
  readonly #suspects = new Map<number, Suspect>()
  readonly #named = new Set<string>()

  /** @param folder - That of all blobs. */
  constructor(files: Files, folder: string, replay: Replay, problems: Problems) {
    this.#files = files
    this.#folder = folder
    this.#replay = replay
    this.#problems = problems
  }

  /** Reads every file, and remembers what was wrong. */
  async readAll(): Promise<void> {
    for (const place of this.#replay.contents.index.blobPlaces()) {
      const { name, blob } = this.#valueAt(place) ?? {}
      if (name === undefined || !blob) continue
      const path = this.#pathOf(blob)
      const [kind, message] = (await this.#read(path, blob)) ?? []
      if (kind && message) this.#suspects.set(place.position, { kind, path, message, name })
      await setImmediate()
    }
  }

  /** Names what was wrong of entries that stand although the log was read on since. */
  *conclude(): Steps {
    const { contents } = this.#replay
    for (const [position, { kind, path, message, name }] of this.#suspects) {
      if (contents.index.findAt(contents.hashOf(name), position) >= 0)
        this.#problems.add(kind, path, message, name)
    }
    for (const place of contents.index.blobPlaces()) {
      const { name, blob } = this.#valueAt(place) ?? {}
      if (blob) this.#count(blob, name)
      yield
    }
  }

  /** Whether the blob of the record at a place could not be read. */
  isSuspect(position: number): boolean {
    return this.#suspects.has(position)
  }

  /** Whether a live entry names a blob, once everything is concluded. */
  isNamed(file: string): boolean {
    return this.#named.has(file)
  }

  #count(blob: BlobReference, name: string | undefined): void {
    this.count++
    this.bytes += blob.size
    if (this.#named.has(blob.file))
      this.#problems.add('shared-blob', this.#pathOf(blob), 'another entry has it too', name)
    this.#named.add(blob.file)
  }

  /** Of a reference that names no path but its own. */
  #valueAt({ position, length }: Place): { name: string; blob: BlobReference } | undefined {
    const stretch = this.#replay.log.recordAt(position, length)
    const { name, blob } = (stretch && readValue(stretch)) ?? {}
    return name !== undefined && blob && isBlobName(blob.file) ? { name, blob } : undefined
  }

  async #read(
    path: string,
    { size, checksum }: BlobReference,
  ): Promise<[kind: ProblemKind, message: string] | undefined> {
    const standing = this.#files.look(path)
    if (!standing) return ['missing-blob', 'there is no such file']
    if (standing.kind !== 'file') return ['missing-blob', 'what stands there is not a file']
    if (standing.size !== size) return ['missing-blob', `it has ${standing.size} bytes, not ${size}`]
    const hash = runningChecksum()
    if (!(await this.#files.readThrough(path, size, part => hash.update(part))))
      return ['missing-blob', 'it was cut off or removed while it was being read']
    return hash.digest() === checksum ? undefined : ['bad-blob', 'its checksum is another']
  }

  #pathOf({ file }: BlobReference): string {
    return join(this.#folder, file.slice(0, 2), file)
  }
}
