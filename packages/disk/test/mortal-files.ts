import type { Files } from '../src/files.ts'
import { hookedFiles, type Operation } from './hooked-files.ts'

/** What a killed process would have done next. */
export class Killed extends Error {}

/** The real file system, for a process that is killed right before its nth operation. */
export class MortalFiles {
  readonly files: Files
  /** The operations until then. */
  readonly operations: Operation[] = []
  readonly #lifetime: number
  readonly #lastWords: number
  #dead = false

  /**
   * @param lifetime - Number of the operation that it does not do any more.
   * @param lastWords - What part of its bytes a last append still writes.
   */
  constructor(lifetime: number, lastWords = 0) {
    this.#lifetime = lifetime
    this.#lastWords = lastWords
    this.files = hookedFiles({
      before: operation => this.#do(operation),
      append: (bytes, append) => this.#append(bytes, append),
    })
  }

  get dead(): boolean {
    return this.#dead
  }

  #do(operation: Operation): void {
    if (this.#dead) throw new Killed()
    this.operations.push(operation)
    if (this.operations.length < this.#lifetime) return
    this.#dead = true
    if (operation !== 'append') throw new Killed()
  }

  #append(bytes: Uint8Array, append: (bytes: Uint8Array) => number): number {
    if (!this.#dead) return append(bytes)
    append(bytes.subarray(0, Math.floor(bytes.length * this.#lastWords)))
    throw new Killed()
  }
}
