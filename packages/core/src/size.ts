import { isPlainArray, isPlainObject } from './object-kind.ts'

/*
 * What a value takes in memory, as engines of 64 bits lay it out: a word of 8 bytes for each slot, and what it refers to.
 * Only so many parts of a value are looked at; of those of an array, map or object that are too many, a sample is
 * taken, evenly where that is possible. What occurs in several places counts at the first.
 */
const word = 8
const mostParts = 1000
const mostSamples = 32
const mostInline = 24
/** What short texts of equal content are taken to share. */
const shortText = 10
const smallestInteger = -(2 ** 31)
const largestInteger = 2 ** 31 - 1

/** What an entry takes beside its value and its name. */
export const entryOverhead = 200

/**
 * How many bytes a value takes in memory, within a factor of about two for data: texts, arrays, plain objects, maps, sets,
 * typed arrays (by their buffer). Takes some microseconds, however large the value is.
 *
 * Not promised: anything about what functions, private members or objects of the platform hold.
 */
export function estimateBytes(value: unknown): number {
  return new Estimate().of(value, mostParts)
}

class Estimate {
  readonly #seen = new Set<unknown>()

  /** `parts` is how many parts may be looked at, about. */
  of(value: unknown, parts: number): number {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        return isInline(value) ? 0 : 2 * word
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
      return 4 * word + 5 * word * value.size + this.#sampled(value.size, entriesOf(value), parts, 2)
    }
    if (value instanceof Set) {
      return 4 * word + 4 * word * value.size + this.#sampled(value.size, value.values(), parts)
    }
    return 4 * word + this.#properties(value as Record<string, unknown>, parts)
  }

  #buffer(buffer: ArrayBufferLike): number {
    return this.#isKnown(buffer) ? 0 : 12 * word + buffer.byteLength
  }

  #array(array: readonly unknown[], parts: number): number {
    const samples = sampleOf(array.length, parts)
    const indices = samples.filter(index => index in array)
    // A sparse one is kept by its elements.
    if (samples.length > 0 && indices.length === 0) return 6 * word + 4 * word * Object.keys(array).length
    const frame = 6 * word + word * array.length
    const elements = indices.map(index => array[index])
    // Such an array holds its numbers in its slots, whatever they are.
    if (elements.every(element => typeof element === 'number')) return frame
    return frame + this.#sampled(array.length, elements.values(), parts)
  }

  #properties(object: Record<string, unknown>, parts: number): number {
    const keys = Object.keys(object)
    const samples = sampleOf(keys.length, parts).map(index => keys[index] as string)
    const values = samples.map(key => Object.getOwnPropertyDescriptor(object, key)?.value)
    const contents = this.#sampled(keys.length, values.values(), parts)
    if (keys.length <= mostInline) return 3 * word + word * Math.max(keys.length, 2) + contents
    return 7 * word * keys.length + contents + this.#sampled(keys.length, samples.values(), parts)
  }

  // Parts that all others share are most likely among the first half, so that the second one stands for the rest.
  #sampled(count: number, values: Iterator<unknown>, parts: number, each = 1): number {
    const most = Math.min(count, sampleSize(parts)) * each
    const sizes: number[] = []
    for (let next = values.next(); !next.done && sizes.length < most; next = values.next()) {
      sizes.push(this.of(next.value, parts / most))
    }
    const half = sizes.slice(sizes.length >> 1)
    return sum(sizes) + (sum(half) / half.length || 0) * (count * each - sizes.length)
  }
}

function sampleSize(parts: number): number {
  return Math.min(mostSamples, Math.ceil(parts))
}

/** Indices below `count`, evenly, at most as many as are looked at. */
function sampleOf(count: number, parts: number): number[] {
  const size = Math.min(count, sampleSize(parts))
  return Array.from({ length: size }, (_, index) => Math.floor((index * count) / size))
}

function* entriesOf(map: ReadonlyMap<unknown, unknown>): Iterator<unknown> {
  for (const [key, value] of map) {
    yield key
    yield value
  }
}

function isInline(number: number): boolean {
  return Number.isInteger(number) && number >= smallestInteger && number <= largestInteger
}

/** Whether a text has characters of two bytes, as far as a part of it tells. */
function isWide(text: string): boolean {
  return /[^\0-\xff]/.test(text.length > 1000 ? text.slice(0, 500) + text.slice(-500) : text)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
