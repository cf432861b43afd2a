/** What is known of an entry without reading its record. What a file says may be any number. */
export interface Standing {
  /** Milliseconds that it took to generate. */
  readonly cost: number
  readonly uses: number
  /** Seconds since it was stored. */
  readonly life: number
  /** Seconds since it was used last, or stored. */
  readonly idle: number
  readonly bytes: number
}

// Eleven days. What claims to have taken longer does not stay for ever.
const mostCost = 1e9
const mostUses = 1e9
/**
 * What keeping an entry is worth: the time that it is expected to save, for each byte.
 *
 * Its uses in the life that it has had so far say how often that will be. The more often it was used, the less does an equal
 * silence speak for it: `uses / life`, by `1 / (1 + silence / usual gap between two uses)`. Times are relative to the usual life,
 * so that it does not matter whether a directory is used for seconds or for years. `docs/decisions/0008-retention.md` has what
 * else was measured.
 *
 * Nothing is promised of the figure itself, only of the order.
 *
 * @param usualLife - Seconds that the entries of the directory have been there, on average.
 */
export function valueDensity({ cost, uses, life, idle, bytes }: Standing, usualLife: number): number {
  // That it was stored is the first one: somebody wanted it.
  const wanted = 1 + Math.min(positive(uses, 0), mostUses)
  const scale = positive(usualLife, 1)
  const waited = 1 + positive(life, 0) / scale + (wanted * positive(idle, 0)) / scale
  return (worthOf(cost) * wanted) / waited / Math.max(positive(bytes, 1), 1)
}

// What was set without having been generated counts as a millisecond.
function worthOf(cost: number): number {
  return Math.min(positive(cost, 1), mostCost)
}

function positive(value: number, otherwise: number): number {
  return value > 0 ? value : otherwise
}
