import { isPlainArray, isPlainObject } from './object-kind.ts'

/*
 * What a value takes in memory, as engines of 64 bits lay it out: a word of 8 bytes for each slot, and what it refers to.
 * All of a value is looked at, unless that turns out to be too much. Then only so many of its parts are: of those of an
 * array, map or object that are too many, a sample, evenly where that is possible. What occurs in several places counts at
 * the first.
 */
const word = 8
const mostInAll = 10_000
const mostParts = 3000
const mostSamples = 100
const mostInline = 24
const goldenRatio = 0.618
/** What short texts of equal content are taken to share. */
const shortText = 10

/** What an entry takes beside its value and its name. */
export const entryOverhead = 200

/**
 * How many bytes a value takes in memory, within a factor of about two for data: texts, arrays, plain objects, maps, sets,
 * typed arrays (by their buffer). Takes about 50 ns for each part, such as an element or a property, and at most about half
 * a millisecond.
 *
 * Not promised: anything about what functions, private members or objects of the platform hold; and that of more than
 * 10,000 parts those few are found that are much larger than the others.
 */
export function estimateBytes(value: unknown): number {
  return new Estimate().all(value) ?? new Estimate().of(value, mostParts)
}

class Estimate {
  readonly #seen = new Set<unknown>()
  #left = mostInAll

  /** `undefined` for a value of too many parts. */
  all(value: unknown): number | undefined {
    const bytes = this.of(value, Number.POSITIVE_INFINITY)
    return this.#left < 0 ? undefined : bytes
  }

  /** `parts` is how many parts may be looked at, about. */
  of(value: unknown, parts: number): number {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        // Integers of 32 bits are in the slot itself.
        return value === (value | 0) ? 0 : 2 * word
      case 'bigint':
        return 2 * word + value.toString(16).length / 2
      case 'object':
        return value === null || this.#isKnown(value) ? 0 : this.#object(value, parts)
      case 'function':
        return this.#isKnown(value) ? 0 : 8 * word
      default:
        return 0
    }
  }

  #isKnown(part: unknown): boolean {
    return this.#seen.size === this.#seen.add(part).size
  }

  #text(text: string): number {
    if (text.length <= shortText && this.#isKnown(text)) return 0
    return 2 * word + text.length * (isWide(text) ? 2 : 1)
  }

  #object(value: object, parts: number): number {
    try {
      return this.#contents(value, parts)
    } catch {
      // A getter of the platform or a proxy that does not want to be looked at.
      return 8 * word
    }
  }

  #contents(value: object, parts: number): number {
    if (isPlainArray(value)) return this.#array(value, parts)
    if (isPlainObject(value)) return this.#properties(value, parts)
    if (ArrayBuffer.isView(value)) return 25 * word + this.#buffer(value.buffer)
    if (value instanceof ArrayBuffer) return 12 * word + value.byteLength
    if (value instanceof Map) {
      const entries = firstOf(value, this.#samples(value.size, parts)).flat()
      return 4 * word + 5 * word * value.size + this.#sampled(2 * value.size, entries, parts)
    }
    if (value instanceof Set) {
      const members = firstOf(value, this.#samples(value.size, parts))
      return 4 * word + 4 * word * value.size + this.#sampled(value.size, members, parts)
    }
    return 4 * word + this.#properties(value as Record<string, unknown>, parts)
  }

  #buffer(buffer: ArrayBufferLike): number {
    return this.#isKnown(buffer) ? 0 : 12 * word + buffer.byteLength
  }

  #array(array: readonly unknown[], parts: number): number {
    const samples = this.#samples(array.length, parts)
    const elements: unknown[] = []
    for (let sample = 0; sample < samples; sample++) {
      const index = placeOf(sample, samples, array.length)
      if (index in array) elements.push(array[index])
    }
    // A sparse one is kept by its elements.
    if (samples > 0 && elements.length === 0) return 6 * word + 4 * word * Object.keys(array).length
    const frame = 6 * word + word * array.length
    // Such an array holds its numbers in its slots, whatever they are.
    if (elements.every(element => typeof element === 'number')) return frame
    return frame + this.#sampled(array.length, elements, parts)
  }

  #properties(object: Record<string, unknown>, parts: number): number {
    const keys = Object.keys(object)
    const samples = this.#samples(keys.length, parts)
    const names: string[] = []
    const values: unknown[] = []
    for (let sample = 0; sample < samples; sample++) {
      const key = keys[placeOf(sample, samples, keys.length)] as string
      names.push(key)
      values.push(Object.getOwnPropertyDescriptor(object, key)?.value)
    }
    const contents = this.#sampled(keys.length, values, parts)
    const isRecord = keys.length <= mostInline || this.#isKnown(shapeOf(keys))
    if (isRecord) return 3 * word + word * Math.max(keys.length, 2) + contents
    // Numbers come first and are no texts: where the last name is one, all are.
    if (/^\d+$/.test(keys.at(-1) as string)) return 4 * word * keys.length + contents
    return 7 * word * keys.length + contents + this.#sampled(keys.length, names, parts)
  }

  /** How many of a number of parts are looked at. */
  #samples(count: number, parts: number): number {
    if (parts < Number.POSITIVE_INFINITY) return Math.min(count, mostSamples, Math.ceil(parts))
    this.#left -= count
    return this.#left < 0 ? 0 : count
  }

  // Parts that all others share are most likely among the first half, so that the second one stands for the rest.
  #sampled(count: number, samples: readonly unknown[], parts: number): number {
    const half = samples.length >> 1
    let bytes = 0
    let later = 0
    samples.forEach((sample, index) => {
      const size = this.of(sample, parts / samples.length)
      bytes += size
      if (index >= half) later += size
    })
    return bytes + (later / (samples.length - half) || 0) * (count - samples.length)
  }
}

/** What objects have in common whose properties engines describe once for all of them. */
function shapeOf(keys: readonly string[]): string {
  return `${keys.length} ${keys[0]} ${keys.at(-1)}`
}

/** Where a sample is taken: evenly, but not in step with parts that recur. */
function placeOf(sample: number, samples: number, count: number): number {
  return Math.floor(((sample + ((sample * goldenRatio) % 1)) * count) / samples)
}

function firstOf<T>(parts: Iterable<T>, count: number): T[] {
  const first: T[] = []
  for (const part of parts) {
    if (first.length >= count) break
    first.push(part)
  }
  return first
}

/** Whether a text has characters of two bytes, as far as a part of it tells. */
function isWide(text: string): boolean {
  return /[^\0-\xff]/.test(text.length > 1000 ? text.slice(0, 500) + text.slice(-500) : text)
}
