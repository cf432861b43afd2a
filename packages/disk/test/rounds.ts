/** How often something is tried: seldom in every run of the tests, often when they are meant to last (`npm run torture`). */
export function rounds(short: number, long: number): number {
  return process.env['STAGCACHE_TORTURE'] ? long : short
}

/** How long a test may take in milliseconds that takes so many rounds. */
export const patience: number = rounds(120_000, 3_600_000)

/** How long load is kept up, in milliseconds. */
export const loadedFor: number = rounds(1500, 60_000)
