import { Bounds } from './bounds.ts'
import type { Dispose } from './disposal.ts'
import { misfit } from './errors.ts'
import { Eviction } from './eviction.ts'
import type { Sharing } from './sharing.ts'

/** The options of the memory tier of a cache. */
export interface MemoryOptions {
  /**
   * How many entries there may be in memory; when there are more, what is least worth keeping goes. Default: any number.
   *
   * Costs some 25 ns at a hit, and about a microsecond when an entry is stored for which another goes. Not promised: which
   * entries go; see `pin` for what has to stay, also above the bound.
   */
  readonly maxEntries?: number | undefined
  /**
   * How many bytes the entries in memory may take, values and names. A value that takes more is handed out, but not kept.
   * Default: any number.
   *
   * They are estimated, right within a factor of about two for data, unless `sizeOf` tells. That costs about 50 ns for each
   * part of a value when it is stored, at most half a millisecond. Not promised: that of more than 10,000 parts those few
   * count that are much larger than the others; how the names of properties count, which engines keep in each object, or once
   * for many alike ones: here they count in those of more than 24 properties; and anything about what is changed in a value
   * after it was stored.
   */
  readonly maxBytes?: number | undefined
  /**
   * What a value takes of `maxBytes`, in whatever unit: a finite number from 0. Default: an estimate in bytes. It is called
   * once for each value that is stored, and costs what it takes. Not promised: that it is asked again when a value changes.
   */
  readonly sizeOf?: ((value: unknown, name: string) => number) | undefined
  /**
   * Whom the values in memory belong to. Default `'share'`: what is handed out is what is held.
   *
   * - `'freeze'` freezes plain objects and arrays when they are stored, with all that they hold, so that whoever changes
   *   one by accident gets an error. What was given to `set()` is frozen too; maps, dates, typed arrays, instances are not.
   *   Costs a visit to each part when a value is stored, and nothing at a hit.
   * - `'copy'` keeps and hands out private copies, made by `structuredClone`, which takes its time at each hit. A value that
   *   would not come out of that as it was, such as one with a function, a symbol, an instance of a class, or a date, map or
   *   error with properties of its own in it, is refused with its path: `set()` throws an `UnserializableValueError`,
   *   `cache()` returns it, with an `error` event, and keeps nothing. Not promised: that this is noticed of properties which
   *   are not enumerable or belong to a typed array.
   */
  readonly sharing?: Sharing | undefined
  /**
   * Called with each value that memory holds no longer, and why; once, and not while another entry or a `pin` holds it. For
   * what has to be closed. An error that it throws surfaces as an uncaught one of the program.
   *
   * Values that were handed out but never kept, since their entry changed while they were generated or since they are too
   * large, belong to who got them. Default: nothing is called.
   *
   * Costs a count for each value held. Not promised: that it is called for what is in memory when the program ends.
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
  const { maxEntries = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = options
  checkLimit('maxEntries', maxEntries)
  checkLimit('maxBytes', maxBytes)
  if ((options.maxEntries ?? options.maxBytes) === undefined) return undefined
  return new Bounds({ maxEntries, maxBytes }, new Eviction(options, Math.floor(random() * 2 ** 32)))
}

function checkLimit(option: string, limit: unknown): void {
  if (typeof limit === 'number' && limit > 0) return
  throw misfit(option, limit, 'a number above 0')
}
