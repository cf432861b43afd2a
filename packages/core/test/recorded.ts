import type { Cache, CacheEvents } from '../src/index.ts'

const types = [
  'hit',
  'miss',
  'store',
  'delete',
  'expire',
  'clear',
  'evict',
  'generate',
  'progress',
  'corrupt',
  'error',
] as const satisfies readonly (keyof CacheEvents)[]

/** All events of a cache from now on, in order. */
export function recorded(cache: Cache): { type: string; [part: string]: unknown }[] {
  const events: { type: string }[] = []
  for (const type of types) cache.events.on(type, event => events.push({ type, ...event }))
  return events
}
