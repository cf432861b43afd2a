import { InvalidOptionError } from './errors.ts'
import { type Events, eventTypes } from './events.ts'
import type { CacheStats } from './ledger.ts'

/*
 * What a cache tells, for those who watch over programs. Everything is passed in, in the shape that Node and
 * OpenTelemetry have it, so that neither is needed to import this.
 */

/** Any cache, as far as it is watched here. */
export interface Watched {
  readonly events: Events
  stats(): CacheStats
}

/** `node:diagnostics_channel`, as far as it is used here. */
export interface ChannelsLike {
  channel(name: string): { readonly hasSubscribers: boolean; publish(message: unknown): void }
}

/** Attributes of OpenTelemetry. */
export type Attributes = Record<string, string | number | boolean>

/** A `Meter` of OpenTelemetry, as far as it is used here. */
export interface MeterLike {
  createCounter(
    name: string,
    options?: InstrumentOptions,
  ): { add(value: number, attributes?: Attributes): void }
  createHistogram(
    name: string,
    options?: InstrumentOptions,
  ): { record(value: number, attributes?: Attributes): void }
  createObservableCounter(name: string, options?: InstrumentOptions): ObservableLike
  createObservableGauge(name: string, options?: InstrumentOptions): ObservableLike
}

/** A `Tracer` of OpenTelemetry, as far as it is used here. */
export interface TracerLike {
  startSpan(
    name: string,
    options?: { startTime?: number; attributes?: Attributes },
  ): {
    recordException(exception: Error | string, time?: number): void
    setStatus(status: { code: number; message?: string }): unknown
    end(endTime?: number): void
  }
}

interface InstrumentOptions {
  description?: string
  unit?: string
}

interface ObservableLike {
  addCallback(callback: Observe): void
  removeCallback(callback: Observe): void
}

type Observe = (result: { observe(value: number, attributes?: Attributes): void }) => void

/** What is added to each message, measurement or span. */
export interface WatchOptions {
  /** Such as which cache it is: `{ cache: 'thumbnails' }`. Default: nothing. */
  readonly attributes?: Attributes | undefined
}

/**
 * Publishes each event of a cache on the channel `stagcache:` and its type, with the attributes, until the returned function
 * is called.
 *
 * @example
 * import * as channels from 'node:diagnostics_channel'
 * publishEvents(cache, channels, { attributes: { cache: 'thumbnails' } })
 * channels.subscribe('stagcache:miss', message => console.log(message)) // { cache: 'thumbnails', name: …, tier: …, reason: … }
 */
export function publishEvents(
  { events }: Watched,
  channels: ChannelsLike,
  { attributes }: WatchOptions = {},
): () => void {
  refuseWithout(channels, 'channel', 'publishEvents() needs node:diagnostics_channel as its second argument')
  return all(
    eventTypes.map(type => {
      const channel = channels.channel(`stagcache:${type}`)
      return events.on(type, event => {
        if (channel.hasSubscribers) channel.publish({ ...attributes, ...event })
      })
    }),
  )
}

/**
 * Counts and measures what a cache does with a meter of OpenTelemetry, until the returned function is called.
 *
 * | instrument | unit | attributes |
 * | --- | --- | --- |
 * | counter `stagcache.hits` | | `tier`, `stale` |
 * | counter `stagcache.stand_ins`, `stagcache.stores`, `stagcache.evictions` | | `tier` |
 * | counter `stagcache.misses` | | `tier`, `reason` |
 * | counter `stagcache.errors`, `stagcache.corruptions` | | |
 * | histogram `stagcache.generation.duration` | s | `tier`, `error.type` where it has failed |
 * | observable counter `stagcache.time_saved` | s | |
 * | observable gauge `stagcache.memory.size` | that of `maxBytes` | |
 *
 * The hit rate is `hits / (hits + misses)`: what stands in for a generator's result is counted as a miss, and among the
 * `stand_ins`. Names of entries are no attributes: there may be any number of them.
 *
 * @example
 * recordMetrics(cache, metrics.getMeter('my-service'), { attributes: { cache: 'thumbnails' } })
 */
export function recordMetrics(
  cache: Watched,
  meter: MeterLike,
  { attributes = {} }: WatchOptions = {},
): () => void {
  refuseWithout(
    meter,
    'createCounter',
    'recordMetrics() needs a meter of OpenTelemetry as its second argument',
  )
  const { events } = cache
  const counter = (name: string, description: string) => {
    const instrument = meter.createCounter(`stagcache.${name}`, { description })
    return (own: Attributes) => instrument.add(1, { ...attributes, ...own })
  }
  const [hits, misses] = [counter('hits', 'Valid entries handed out'), counter('misses', 'Calls without one')]
  const standIns = counter('stand_ins', "Stale entries handed out in the place of a generator's result")
  const [stores, evictions] = [counter('stores', 'Entries stored'), counter('evictions', 'Made room')]
  const [errors, corruptions] = [
    counter('errors', 'Reading or storing failed'),
    counter('corruptions', 'Stored data that could not be read'),
  ]
  const duration = meter.createHistogram('stagcache.generation.duration', {
    description: 'How long generators ran',
    unit: 's',
  })
  const saved = meter.createObservableCounter('stagcache.time_saved', {
    description: 'What hits did not have to spend',
    unit: 's',
  })
  const size = meter.createObservableGauge('stagcache.memory.size', {
    description: 'What the entries in memory take',
  })
  return all([
    events.on('hit', ({ tier, stale = false, standsIn }) =>
      standsIn ? standIns({ tier }) : hits({ tier, stale }),
    ),
    events.on('miss', ({ tier, reason }) => misses({ tier, reason })),
    events.on('store', ({ tier }) => stores({ tier })),
    events.on('evict', ({ tier }) => evictions({ tier })),
    events.on('error', () => errors({})),
    events.on('corrupt', () => corruptions({})),
    events.on('generate', event => {
      const failure = 'error' in event ? { 'error.type': typeOf(event.error) } : {}
      duration.record(event.duration / 1000, { ...attributes, tier: event.tier, ...failure })
    }),
    observed(saved, result => result.observe(cache.stats().timeSaved / 1000, attributes)),
    observed(size, result => {
      const { bytes } = cache.stats()
      if (bytes !== undefined) result.observe(bytes, attributes)
    }),
  ])
}

/**
 * Makes a span `stagcache.generate` of each generator that finishes, or fails, with the name and tier of its entry, until the
 * returned function is called. Its parent is what is active when the generator has ended.
 *
 * @example
 * recordSpans(cache, trace.getTracer('my-service'))
 */
export function recordSpans(
  { events }: Watched,
  tracer: TracerLike,
  { attributes }: WatchOptions = {},
): () => void {
  refuseWithout(tracer, 'startSpan', 'recordSpans() needs a tracer of OpenTelemetry as its second argument')
  return events.on('generate', ({ name, tier, duration, ...outcome }) => {
    const end = Date.now()
    const own = { ...attributes, 'stagcache.name': name, 'stagcache.tier': tier }
    const span = tracer.startSpan('stagcache.generate', { startTime: end - duration, attributes: own })
    if ('error' in outcome) {
      const { error } = outcome
      span.recordException(error instanceof Error ? error : String(error), end)
      span.setStatus({ code: failed, message: String(error) })
    }
    span.end(end)
  })
}

/** `SpanStatusCode.ERROR` of OpenTelemetry. */
const failed = 2

function typeOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}

function observed(instrument: ObservableLike, observe: Observe): () => void {
  instrument.addCallback(observe)
  return () => instrument.removeCallback(observe)
}

function all(stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop()
  }
}

function refuseWithout(given: object | undefined, method: string, need: string): void {
  if (typeof (given as Record<string, unknown> | undefined)?.[method] !== 'function')
    throw new InvalidOptionError(`${need}.`)
}
