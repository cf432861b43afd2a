import { eventTypes } from '../src/events.ts'
import type { Cache } from '../src/index.ts'

/** All events of a cache from now on, in order. */
export function recorded(cache: Cache): { type: string; [part: string]: unknown }[] {
  const events: { type: string }[] = []
  for (const type of eventTypes) cache.events.on(type, event => events.push({ type, ...event }))
  return events
}
