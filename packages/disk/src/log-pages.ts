import type { LogFile } from './files.ts'
import { PageSlab, slabBytes } from './page-slab.ts'
import type { Stretch } from './stretch.ts'

const slabCount = 4

/**
 * Reads from a log, and keeps the pages read last in memory: up to 16 MiB, in slabs that are made when they are first needed.
 * That is sound because the bytes of a log never change below the place up to which it was applied. Reading a page takes no
 * longer than reading one record, so that nothing is lost where no page is ever used again.
 *
 * Stretches of the log that follow each other have slabs that follow each other, in turn.
 */
export class LogPages {
  readonly #file: LogFile
  readonly #slabs: (PageSlab | undefined)[] = new Array(slabCount).fill(undefined)

  constructor(file: LogFile) {
    this.#file = file
  }

  /**
   * The bytes of a log at a place, or `undefined` where the file ends before.
   *
   * @param final - Up to where the log does not change any more; not below the end of the place.
   */
  read(position: number, length: number, final: number): Stretch | undefined {
    return this.#slabOf(position).read(position, length, final)
  }

  /** Whether the record at a place was verified in the memory that it was just read from. */
  wasVerified(position: number, length: number): boolean {
    return this.#slabOf(position).wasVerified(position, length)
  }

  /** Takes note that the record that was just read from a place is intact. */
  noteVerified(position: number, length: number): void {
    this.#slabOf(position).noteVerified(position, length)
  }

  #slabOf(position: number): PageSlab {
    const number = Math.floor(position / slabBytes) % slabCount
    this.#slabs[number] ??= new PageSlab(this.#file)
    return this.#slabs[number]
  }
}
