import { dirname, join } from 'node:path'
import type { Files } from './files.ts'
import { SharedSync } from './shared-sync.ts'

const folderName = /^[0-9a-f]{2}$/

/** The folders in which blobs lie, each by the first two letters of its name. */
export class BlobFolders {
  readonly #files: Files
  readonly #dir: string
  readonly #made = new Set<string>()
  readonly #syncs = new Map<string, SharedSync>()
  // Folders whose own names are safe.
  readonly #safe = new Set<string>()

  constructor(files: Files, dir: string) {
    this.#files = files
    this.#dir = dir
  }

  path(file: string): string {
    return join(this.#dir, file.slice(0, 2), file)
  }

  /** The names of all files that there are. */
  *files(): Generator<string> {
    for (const folder of this.#files.list(this.#dir)) {
      if (folderName.test(folder)) yield* this.#files.list(join(this.#dir, folder))
    }
  }

  /** Makes the folder of a file, unless it is known to be there. */
  make(file: string): void {
    const folder = this.#folderOf(file)
    if (this.#made.has(folder)) return
    this.#files.makeDirectory(this.#dir)
    this.#files.makeDirectory(folder)
    this.#made.add(folder)
  }

  /** None is known to be there any more. */
  forget(): void {
    this.#made.clear()
    this.#safe.clear()
  }

  /** Resolves when the name of a file survives a loss of power, and those of the folders above. */
  async sync(file: string): Promise<void> {
    const folder = this.#folderOf(file)
    await this.#syncOf(folder).run()
    if (this.#safe.has(folder)) return
    for (const path of this.#parents()) await this.#syncOf(path).run()
    this.#safe.add(folder)
  }

  /** The same, when it has returned. */
  syncNow(file: string): void {
    const folder = this.#folderOf(file)
    this.#files.syncDirectoryNow(folder)
    if (this.#safe.has(folder)) return
    for (const path of this.#parents()) this.#files.syncDirectoryNow(path)
    this.#safe.add(folder)
  }

  #folderOf(file: string): string {
    return join(this.#dir, file.slice(0, 2))
  }

  // The names of those above are safe before any promise resolves.
  #parents(): string[] {
    return [this.#dir, dirname(this.#dir)]
  }

  #syncOf(path: string): SharedSync {
    const known = this.#syncs.get(path) ?? new SharedSync(() => this.#files.syncDirectory(path))
    this.#syncs.set(path, known)
    return known
  }
}
