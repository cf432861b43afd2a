import type { LogFile } from './files.ts'
import { type Stretch, viewOf } from './stretch.ts'

const windowBytes = 1 << 20

/** Reads a log forwards in large pieces. What it answers are views on a buffer that is used again by the next call. */
export class ReadWindow {
  readonly #file: Pick<LogFile, 'read'>
  /** Where the log ends as far as this window is concerned. */
  readonly end: number
  #buffer: Buffer = Buffer.alloc(0)
  #view: DataView = viewOf(this.#buffer)
  #start = 0
  #filled = 0

  constructor(file: Pick<LogFile, 'read'>, end: number) {
    this.#file = file
    this.end = end
  }

  /** The bytes at a position, fewer where the log ends before. */
  at(position: number, length: number): Stretch {
    const wanted = Math.min(length, this.end - position)
    if (position < this.#start || position + wanted > this.#start + this.#filled) this.#fill(position, wanted)
    const start = position - this.#start
    return { bytes: this.#buffer, view: this.#view, start, end: Math.min(start + wanted, this.#filled) }
  }

  /** The same as a buffer of their own length. */
  bytes(position: number, length: number): Buffer {
    const { bytes, start, end } = this.at(position, length)
    return bytes.subarray(start, end)
  }

  #fill(position: number, wanted: number): void {
    const size = Math.min(Math.max(wanted, windowBytes), this.end - position)
    if (this.#buffer.length < size) this.#allocate(size)
    this.#start = position
    this.#filled = this.#file.read(this.#buffer.subarray(0, size), position)
  }

  #allocate(size: number): void {
    this.#buffer = Buffer.allocUnsafe(size)
    this.#view = viewOf(this.#buffer)
  }
}
