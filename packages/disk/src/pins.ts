import { join } from 'node:path'
import { blobName } from './blobs.ts'
import type { Files } from './files.ts'
import { type Liveness, writerName } from './liveness.ts'
import { despiteRemoval } from './patience.ts'

/*
 * A pin is an empty file in the folder live/ of a directory. Its name is the number of the writer that needs a blob, and the
 * name of the blob:
 *
 *   0123456789abcdef-3f0123456789abcdef-a
 *
 * It counts for as long as the store of that writer is alive.
 */
const pinName = new RegExp(`^([0-9a-f]{16})-(${blobName})$`)

/** The number of the store that has made a pin, by the name of its file; `undefined` for any other name. */
export function pinWriter(name: string): bigint | undefined {
  const digits = pinName.exec(name)?.[1]
  return digits === undefined ? undefined : BigInt(`0x${digits}`)
}

/**
 * The blobs of a directory that stores still need, even if other entries have replaced theirs.
 *
 * Who reads pins the blob, and then looks up anew whether its entry stands. Who removes puts an end to the entry in the
 * log, then asks what is pinned, and then removes the rest. Whoever looks later sees what the other has done, so that a
 * blob stays whose entry still stood after it had been pinned.
 */
export class Pins {
  readonly #files: Files
  readonly #folder: string
  readonly #writer: bigint
  readonly #liveness: Liveness
  readonly #counts = new Map<string, number>()

  /** @param liveness - That of the same folder and writer. */
  constructor(files: Files, folder: string, writer: bigint, liveness: Liveness) {
    this.#files = files
    this.#folder = folder
    this.#writer = writer
    this.#liveness = liveness
  }

  /**
   * Resolves when every other process can see that this store needs a blob, which it does until `unpin` has been called as
   * often, or the store is not alive any more. Rejects, with nothing pinned, where {@link Liveness.announce} does.
   *
   * What is not the name of a blob is not pinned: no store finds anything under it.
   */
  async pin(blob: string): Promise<void> {
    if (!pinName.test(pinOf(this.#writer, blob))) return
    await despiteRemoval(async () => {
      await this.#liveness.announce()
      this.#mark(blob)
    })
  }

  unpin(blob: string): void {
    const count = this.#counts.get(blob)
    if (count === undefined) return
    if (count > 1) return void this.#counts.set(blob, count - 1)
    this.#counts.delete(blob)
    try {
      this.#files.removeNow(this.#path(this.#writer, blob))
    } catch {
      // Then it lasts as long as the store: a file is kept for too long, and nothing else.
    }
  }

  /** Unpins everything, and answers what that was. */
  close(): string[] {
    const pinned = [...this.#counts.keys()]
    for (const blob of pinned) {
      this.#counts.set(blob, 1)
      this.unpin(blob)
    }
    return pinned
  }

  /** The blobs that are pinned by stores that are alive. Where it rejects, nothing may be removed. */
  async pinned(): Promise<ReadonlySet<string>> {
    const pinned = new Set(this.#counts.keys())
    const collect = async (writer: bigint, blobs: readonly string[]) => {
      if (await this.#liveness.isAlive(writer)) for (const blob of blobs) pinned.add(blob)
    }
    await Promise.all(Array.from(this.#byWriter(), ([writer, blobs]) => collect(writer, blobs)))
    return pinned
  }

  /** The blobs that stores have pinned, be they alive or dead. */
  pinnedByAny(): ReadonlySet<string> {
    return new Set([...this.#counts.keys(), ...[...this.#byWriter().values()].flat()])
  }

  /** Removes the pins of stores that are dead. */
  async sweep(): Promise<void> {
    for (const [writer, blobs] of this.#byWriter()) {
      if (await this.#liveness.isAlive(writer)) continue
      for (const blob of blobs) await this.#files.remove(this.#path(writer, blob))
    }
  }

  // Made each time, since the folder may have been replaced.
  #mark(blob: string): void {
    this.#files.mark(this.#path(this.#writer, blob))
    this.#counts.set(blob, (this.#counts.get(blob) ?? 0) + 1)
  }

  #byWriter(): Map<bigint, string[]> {
    const found = new Map<bigint, string[]>()
    for (const name of this.#files.list(this.#folder)) {
      const [, digits, blob] = pinName.exec(name) ?? []
      if (digits === undefined || blob === undefined) continue
      const writer = BigInt(`0x${digits}`)
      const blobs = found.get(writer)
      if (blobs) blobs.push(blob)
      else found.set(writer, [blob])
    }
    return found
  }

  #path(writer: bigint, blob: string): string {
    return join(this.#folder, pinOf(writer, blob))
  }
}

function pinOf(writer: bigint, blob: string): string {
  return `${writerName(writer)}-${blob}`
}
