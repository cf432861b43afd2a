const absent = -1

/** Keys in the order in which they were added, from the oldest to the newest. */
export class KeyQueue {
  readonly #bytesOf: Float64Array
  readonly #newer: Int32Array
  readonly #older: Int32Array
  // Stands before the oldest and behind the newest.
  readonly #end: number
  size = 0
  bytes = 0

  constructor(bytesOf: Float64Array) {
    this.#bytesOf = bytesOf
    this.#end = bytesOf.length
    this.#newer = new Int32Array(this.#end + 1).fill(absent)
    this.#older = new Int32Array(this.#end + 1).fill(absent)
    this.#newer[this.#end] = this.#older[this.#end] = this.#end
  }

  get oldest(): number | undefined {
    return this.newerThan(this.#end)
  }

  has(key: number): boolean {
    return this.#newer[key] !== absent
  }

  /** The key that was added after this one. */
  newerThan(key: number): number | undefined {
    const newer = this.#newer[key] as number
    return newer === this.#end ? undefined : newer
  }

  add(key: number): void {
    const newest = this.#older[this.#end] as number
    this.#join(newest, key)
    this.#join(key, this.#end)
    this.size++
    this.bytes += this.#bytesOf[key] as number
  }

  remove(key: number): void {
    this.#join(this.#older[key] as number, this.#newer[key] as number)
    this.#newer[key] = this.#older[key] = absent
    this.size--
    this.bytes -= this.#bytesOf[key] as number
  }

  renew(key: number): void {
    this.remove(key)
    this.add(key)
  }

  /** Removes and answers the oldest key. */
  take(): number {
    const oldest = this.oldest
    if (oldest === undefined) throw new Error('There is no key to take.')
    this.remove(oldest)
    return oldest
  }

  #join(older: number, newer: number): void {
    this.#newer[older] = newer
    this.#older[newer] = older
  }
}
