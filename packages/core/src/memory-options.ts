import { Bounds } from './bounds.ts'
import { Disposal, type Dispose } from './disposal.ts'
import { InvalidOptionError, quote } from './errors.ts'
import { Eviction } from './eviction.ts'
import type { Sharing } from './sharing.ts'

/** The options of the memory tier of a cache. */
export interface MemoryOptions {
  /** How many entries there may be in memory. Default: any number. */
  readonly maxEntries?: number | undefined
  /**
   * How many bytes the entries in memory may take, values and names. A value that takes more is handed out, but not kept.
   * Default: any number.
   *
   * They are estimated, right within a factor of about two for data, unless `sizeOf` tells. That costs about 50 ns for each
   * part of a value when it is stored, at most half a millisecond. Not promised: that of more than 10,000 parts those few
   * count that are much larger than the others; and anything about what is changed in a value after it was stored.
   */
  readonly maxBytes?: number | undefined
  /** What a value takes of `maxBytes`, in whatever unit: a number from 0. Default: an estimate in bytes. */
  readonly sizeOf?: ((value: unknown, name: string) => number) | undefined
  /**
   * Whom the values in memory belong to. Default `'share'`: what is handed out is what is held.
   *
   * - `'freeze'` freezes plain objects and arrays when they are stored, with all that they hold, so that whoever changes
   *   one by accident gets an error. What was given to `set()` is frozen too; maps, dates, typed arrays, instances are not.
   * - `'copy'` keeps and hands out private copies, made by `structuredClone`, which takes its time at each hit. A value that
   *   would not come out of that as it was, such as one in which there is a function, an instance of a class, a symbol, or a
   *   date, map or error with properties of its own, is refused with its path: `set()` throws an `UnserializableValueError`, `cache()` returns it, with an `error` event, and keeps nothing.
   *   Not noticed: properties that are lost since they were added to a typed array or are not enumerable.
   */
  readonly sharing?: Sharing | undefined
  /**
   * Called with each value that memory holds no longer, and why; once, and not while another entry or a `pin` holds it. For
   * what has to be closed. An error that it throws surfaces as an uncaught one of the program.
   *
   * Values that were handed out but never kept, since their entry changed while they were generated or since they are too
   * large, belong to who got them. Default: nothing is called.
   */
  readonly dispose?: Dispose | undefined
}

/** @internal */
export const memoryOptions: readonly (keyof MemoryOptions)[] = [
  'maxEntries',
  'maxBytes',
  'sizeOf',
  'dispose',
  'sharing',
]

/**
 * What keeps memory within its bounds, or `undefined` if it has none.
 *
 * @param random - At least 0 and below 1.
 */
export function boundsOf(options: MemoryOptions, random: () => number): Bounds | undefined {
  const { maxEntries, maxBytes } = options
  checkLimit('maxEntries', maxEntries)
  checkLimit('maxBytes', maxBytes)
  if (maxEntries === undefined && maxBytes === undefined) return undefined
  const limits = {
    maxEntries: maxEntries ?? Number.POSITIVE_INFINITY,
    maxBytes: maxBytes ?? Number.POSITIVE_INFINITY,
  }
  return new Bounds(limits, new Eviction(options, Math.floor(random() * 2 ** 32)))
}

export function disposalOf({ dispose }: MemoryOptions): Disposal | undefined {
  return dispose && new Disposal(dispose)
}

function checkLimit(option: string, limit: unknown): void {
  if (limit === undefined || (typeof limit === 'number' && limit > 0)) return
  throw new InvalidOptionError(`${option} is ${quote(String(limit))}: it is a number above 0, or left out.`)
}
