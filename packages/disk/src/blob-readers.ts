/**
 * Which files are being read here, so that nobody here removes them meanwhile: what is called later must not reach what was
 * called before. Other processes do not ask; whose file they remove looks its name up again.
 */
export class BlobReaders {
  readonly #reads = new Map<string, Set<Promise<unknown>>>()

  /** Reads a file, which is being read from when this was called. */
  async during<T>(file: string, read: () => Promise<T>): Promise<T> {
    const reading = read()
    const all = this.#reads.get(file) ?? new Set()
    this.#reads.set(file, all.add(reading))
    try {
      return await reading
    } finally {
      all.delete(reading)
      if (all.size === 0) this.#reads.delete(file)
    }
  }

  isReading(file: string): boolean {
    return this.#reads.has(file)
  }

  /** Resolves when those are through who are reading a file now. */
  async end(file: string): Promise<void> {
    await Promise.allSettled(this.#reads.get(file) ?? [])
  }
}
