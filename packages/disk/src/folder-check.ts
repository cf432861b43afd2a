import { join } from 'node:path'
import { platform } from 'node:process'
import { blobWriter, isBlobName } from './blobs.ts'
import { type Directory, roleOf } from './directory.ts'
import type { Standing } from './files.ts'
import type { Liveness } from './liveness.ts'
import { pinWriter } from './pins.ts'
import { socketOwner } from './sockets.ts'
import type { ProblemKind, Problems } from './verify-report.ts'

const openBits = 0o077
const othersMayRead = 'others than its owner may read or write it'

/** The file of a blob whose writer is not alive. */
export interface BlobOfTheDead {
  readonly file: string
  readonly path: string
}

/** Looks at the names, kinds and permissions of what lies in a cache directory. */
export class FolderCheck {
  readonly #directory: Directory
  readonly #liveness: Liveness
  readonly #problems: Problems

  /** @param liveness - Of a store that is none. */
  constructor(directory: Directory, liveness: Liveness, problems: Problems) {
    this.#directory = directory
    this.#liveness = liveness
    this.#problems = problems
  }

  /** Answers whether there is a folder of this format. */
  checkFormatFolder(): boolean {
    return this.#isFolder(this.#directory.folder)
  }

  /** @param number - That of the log that counts; 0 if there is none. */
  async checkLogs(number: number): Promise<void> {
    const { folder } = this.#directory
    for (const name of this.#directory.files.list(folder)) {
      const path = join(folder, name)
      const role = roleOf(name)
      if (role.role === 'folder') continue
      if (role.role === 'unknown') this.#problems.add('unknown-name', path, 'the cache gives no such name')
      else if (role.role === 'draft') await this.#checkDraft(path, role.writer)
      else this.#checkNumbered(path, role.number, number, role.role)
    }
  }

  /** What is wrong in the folder of sockets and pins. */
  async checkLive(): Promise<void> {
    const folder = this.#directory.live
    if (!this.#isFolder(folder)) return
    for (const name of this.#directory.files.list(folder)) {
      const path = join(folder, name)
      const [socket, pin] = [socketOwner(name), pinWriter(name)]
      const writer = socket ?? pin
      if (writer === undefined) this.#problems.add('unknown-name', path, 'neither a socket nor a pin')
      else if (!(await this.#liveness.isAlive(writer)))
        this.#leftover(socket === undefined ? 'dead-pin' : 'dead-socket', path, 'its store is not alive')
    }
  }

  /** What is wrong with the names and permissions of blobs; answers those of the dead. */
  async checkBlobs(): Promise<BlobOfTheDead[]> {
    const { blobs, files } = this.#directory
    const found: BlobOfTheDead[] = []
    if (!this.#isFolder(blobs)) return found
    for (const folder of files.list(blobs)) {
      const path = join(blobs, folder)
      if (!/^[0-9a-f]{2}$/.test(folder)) this.#problems.add('unknown-name', path, 'no folder of blobs')
      else if (this.#isFolder(path)) found.push(...(await this.#checkBlobFolder(folder, path)))
    }
    return found
  }

  async #checkBlobFolder(folder: string, parent: string): Promise<BlobOfTheDead[]> {
    const found: BlobOfTheDead[] = []
    for (const file of this.#directory.files.list(parent)) {
      const path = join(parent, file)
      const writer = blobWriter(file)
      if (writer === undefined) this.#problems.add('unknown-name', path, 'no blob is called so')
      else if (!file.startsWith(folder))
        this.#problems.add('misplaced-blob', path, 'it lies in the wrong folder')
      else if (!isBlobName(file)) await this.#checkDraft(path, writer)
      else {
        this.#checkPermissions(path)
        if (!(await this.#liveness.isAlive(writer))) found.push({ file, path })
      }
    }
    return found
  }

  #checkNumbered(path: string, number: number, newest: number, role: 'log' | 'snapshot'): void {
    if (number < newest) return this.#leftover('outdated-log', path, 'a later log has followed')
    if (number > newest && role === 'snapshot')
      return this.#leftover('unused-snapshot', path, 'there is no log of its number')
    if (number === newest) this.#checkPermissions(path)
  }

  async #checkDraft(path: string, writer: bigint | undefined): Promise<void> {
    if (writer !== undefined && (await this.#liveness.isAlive(writer))) return
    this.#leftover('draft', path, 'nobody who is known to be alive is writing it')
  }

  // Others clean up meanwhile.
  #leftover(kind: ProblemKind, path: string, message: string): void {
    if (this.#directory.files.look(path)) this.#problems.add(kind, path, message)
  }

  #isFolder(path: string): boolean {
    const standing = this.#checkPermissions(path)
    if (standing && standing.kind !== 'folder')
      this.#problems.add('bad-folder', path, 'what stands there is not a folder')
    return standing?.kind === 'folder'
  }

  #checkPermissions(path: string): Standing | undefined {
    const standing = this.#directory.files.look(path)
    const isOwn = standing?.kind === 'folder' || standing?.kind === 'file'
    if (platform !== 'win32' && isOwn && standing.mode & openBits)
      this.#problems.add('open-permissions', path, othersMayRead)
    return standing
  }
}
