/** What a program keeps of one thing: about 400 bytes as JSON. */
export interface Item {
  readonly id: number
  readonly name: string
  readonly owner: { readonly name: string; readonly mail: string; readonly active: boolean }
  readonly tags: readonly string[]
  readonly place: { readonly x: number; readonly y: number; readonly zone: null }
  readonly scores: readonly number[]
  readonly note: string
  readonly revision: number
}

/** The length of an item as JSON, on average. */
export const itemBytes = 400

/** Items 0 to `count` - 1, all different, the same in every run. */
export function items(count: number, revision = 0): Item[] {
  return Array.from({ length: count }, (_, id) => item(id, revision))
}

/** One of them. */
export function item(id: number, revision = 0): Item {
  const random = randomFrom(Math.imul(id + 1, 0x9e3779b1) ^ revision)
  const word = () => Math.floor(random() * 36 ** 6).toString(36)
  return {
    id,
    name: `Sample ${id} of ${word()}`,
    owner: { name: `${word()} ${word()}`, mail: `${word()}@example.org`, active: random() < 0.5 },
    tags: [word(), word(), word(), word()],
    place: { x: random() * 1000, y: random() * 1000, zone: null },
    scores: Array.from({ length: 12 }, () => Math.floor(random() * 1000)),
    note: `Measured by ${word()}, checked by ${word()}, and kept until somebody ${word()} it again (${word()}).`,
    revision,
  }
}

/** `values` in an order without pattern, the same in every run. */
export function shuffled<T>(values: readonly T[]): T[] {
  const random = randomFrom(7)
  const result = [...values]
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[result[last], result[other]] = [result[other] as T, result[last] as T]
  }
  return result
}

export function floats(bytes: number): Float32Array {
  const random = randomFrom(3)
  return new Float32Array(bytes / 4).map(() => random())
}

/** Numbers from 0 to 1; mulberry32, so that every run has the same data. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
