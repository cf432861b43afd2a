/*
 * A disk, and what was asked of it: which bytes each file was given and which names each folder, and since when a loss of
 * power cannot take them back. Only the folders below one root are looked at.
 *
 * Time is counted in steps: each change is one, and so are the beginning and the end of each sync. A sync makes safe what
 * was there at its beginning, as soon as it ends. It is taken at its word and at no more: that of a file says nothing of its
 * name, that of a folder nothing of what is in the files and folders in it.
 */

/** What the power takes back of the names that were not synced. */
export type Order =
  /** The last ones of the whole disk, as a journal would. */
  | 'journal'
  /** The last ones of each folder. */
  | 'folder'
  /** Any of them. */
  | 'none'

/** What a power failure leaves: folders, and the bytes of files, by their path below the root; a folder before what is in it. */
export type Remains = Map<string, Buffer | 'folder'>

/** A number from 0 to below 1. */
export type Random = () => number

interface Step {
  readonly at: number
  safeSince: number
}

interface Write extends Step {
  readonly bytes: Buffer
}

/** One name, or two where one of them takes the place of the other. */
interface Naming extends Step {
  readonly names: ReadonlyMap<string, DiskNode | undefined>
}

export class DiskFile {
  readonly steps: Write[] = []
}

export class DiskFolder {
  readonly steps: Naming[] = []
  /** What is there while the power lasts. */
  readonly names = new Map<string, DiskNode>()
}

export type DiskNode = DiskFile | DiskFolder

const pageBytes = 4096

export class SimulatedDisk {
  readonly root: string
  readonly #top = new DiskFolder()
  readonly #folders = [this.#top]
  readonly #files: DiskFile[] = []
  #steps = 0

  constructor(root: string) {
    this.root = root
  }

  /** How many steps were taken until now. */
  get steps(): number {
    return this.#steps
  }

  at(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#top
    for (const name of this.#pathOf(path) ?? [undefined]) {
      if (name === undefined || !(node instanceof DiskFolder)) return undefined
      node = node.names.get(name)
    }
    return node
  }

  makeFolders(path: string): void {
    let folder = this.#top
    for (const name of this.#pathOf(path) ?? []) {
      const next = folder.names.get(name) ?? new DiskFolder()
      if (!(next instanceof DiskFolder)) throw new Error(`${name} in ${path} is a file`)
      if (!folder.names.has(name)) {
        this.#folders.push(next)
        this.#name(folder, [[name, next]])
      }
      folder = next
    }
  }

  /** A new file; `undefined` where its path is not below the root. */
  create(path: string): DiskFile | undefined {
    const place = this.#placeOf(path)
    if (!place) return undefined
    const file = new DiskFile()
    this.#files.push(file)
    this.#name(place.folder, [[place.name, file]])
    return file
  }

  write(file: DiskFile, bytes: Uint8Array): void {
    file.steps.push({ at: ++this.#steps, safeSince: Number.POSITIVE_INFINITY, bytes: Buffer.from(bytes) })
  }

  link(from: string, to: string): void {
    const node = this.at(from)
    const place = this.#placeOf(to)
    if (node && place) this.#name(place.folder, [[place.name, node]])
  }

  move(from: string, to: string): void {
    const node = this.at(from)
    const [before, after] = [this.#placeOf(from), this.#placeOf(to)]
    if (!node || !before || !after) return
    if (before.folder !== after.folder) throw new Error('moves between folders are not simulated')
    this.#name(after.folder, [
      [before.name, undefined],
      [after.name, node],
    ])
  }

  remove(path: string): void {
    const place = this.#placeOf(path)
    if (place?.folder.names.has(place.name)) this.#name(place.folder, [[place.name, undefined]])
  }

  /** Begins a sync, and answers what to call when it has ended. */
  beginSync(node: DiskNode): () => void {
    const begun = ++this.#steps
    return () => {
      const ended = ++this.#steps
      for (const step of node.steps) if (step.at < begun) step.safeSince = Math.min(step.safeSince, ended)
    }
  }

  /** So much time goes by that the system has written everything by itself. */
  age(): void {
    for (const node of [...this.#folders, ...this.#files]) this.beginSync(node)()
  }

  /** What there is when the power failed after so many steps. */
  remains(failedAfter: number, order: Order, random: Random): Remains {
    const namings = this.#folders.flatMap(({ steps }) => steps).sort((one, other) => one.at - other.at)
    const survives = survivor(order, failedAfter, random, namings)
    const contents = new Map<DiskFile, Buffer>()
    const remains: Remains = new Map()
    const visit = (folder: DiskFolder, path: string) => {
      const survived = survivor(order === 'journal' ? survives : order, failedAfter, random, folder.steps)
      for (const [name, node] of namesOf(folder.steps.filter(survived))) {
        const below = `${path}/${name}`
        remains.set(below, node instanceof DiskFile ? contentOf(node) : 'folder')
        if (node instanceof DiskFolder) visit(node, below)
      }
    }
    const contentOf = (file: DiskFile) => {
      const known = contents.get(file) ?? bytesLeftOf(file, failedAfter, random)
      contents.set(file, known)
      return known
    }
    visit(this.#top, '')
    return remains
  }

  #name(folder: DiskFolder, names: [string, DiskNode | undefined][]): void {
    folder.steps.push({ at: ++this.#steps, safeSince: Number.POSITIVE_INFINITY, names: new Map(names) })
    apply(names, folder.names)
  }

  #placeOf(path: string): { folder: DiskFolder; name: string } | undefined {
    const names = this.#pathOf(path)
    const name = names?.pop()
    const folder = names && this.at([this.root, ...names].join('/'))
    return name !== undefined && folder instanceof DiskFolder ? { folder, name } : undefined
  }

  #pathOf(path: string): string[] | undefined {
    const isBelow = path === this.root || path.startsWith(`${this.root}/`)
    return isBelow ? path.slice(this.root.length).split('/').filter(Boolean) : undefined
  }
}

type Survives = (step: Step) => boolean

/** Decides which of some steps are on the disk. */
function survivor(
  order: Order | Survives,
  failedAfter: number,
  random: Random,
  steps: readonly Step[],
): Survives {
  if (typeof order === 'function') return order
  const isSafe = ({ safeSince }: Step) => safeSince <= failedAfter
  if (order === 'none') return step => step.at <= failedAfter && (isSafe(step) || random() < 0.5)
  const done = steps.filter(({ at }) => at <= failedAfter)
  // What comes before a safe one in a journal is safe too.
  const fewest = done.findLastIndex(isSafe) + 1
  const last = done[fewest + Math.floor(random() * (done.length - fewest + 1)) - 1]?.at ?? 0
  return ({ at }) => at <= last
}

function namesOf(steps: readonly Naming[]): Map<string, DiskNode> {
  const names = new Map<string, DiskNode>()
  for (const step of steps) apply(step.names, names)
  return names
}

function apply(changes: Iterable<[string, DiskNode | undefined]>, names: Map<string, DiskNode>): void {
  for (const [name, node] of changes) {
    if (node) names.set(name, node)
    else names.delete(name)
  }
}

// Appended bytes that were not synced: none of them, all, the first ones, or any pages. The size may have come before the
// bytes, which are zeros then, or whatever was on the disk there.
function bytesLeftOf({ steps }: DiskFile, failedAfter: number, random: Random): Buffer {
  const written = steps.filter(({ at }) => at <= failedAfter)
  const bytes = Buffer.concat(written.map(write => write.bytes))
  const safe = written.reduce(
    (sum, write) => (write.safeSince <= failedAfter ? sum + write.bytes.length : sum),
    0,
  )
  const kind = Math.floor(random() * 5)
  if (kind === 0) return bytes.subarray(0, safe)
  if (kind === 1) return bytes
  if (kind === 2) return bytes.subarray(0, safe + Math.floor(random() * (bytes.length - safe)))
  const share = random()
  for (let page = safe - (safe % pageBytes); page < bytes.length; page += pageBytes) {
    const end = Math.min(page + pageBytes, bytes.length)
    if (random() < share) bytes.fill(kind === 3 ? 0 : 0xa5, Math.max(page, safe), end)
  }
  return bytes
}
