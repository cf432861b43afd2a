import { performance } from 'node:perf_hooks'
import type { MissReason } from '@stagcache/core'
import { DiskCache, fileFingerprint } from '@stagcache/disk'
import { type CoastDistances, measureCoastDistances, type Pole } from './coast-distances.ts'

/** What is asked of the cache. */
export interface Question {
  /** The directory of the cache. */
  readonly dir: string
  /** The version of the entry, which a programmer raises after changing the computation. */
  readonly version: number
  /** The path of the coastline file. */
  readonly coastline: string
  /** The width of the map in pixels. */
  readonly width: number
}

/** How the cache answered. */
export interface Answer {
  readonly outcome: 'computed' | 'read'
  /** Why there was nothing to read. */
  readonly reason?: MissReason
  /** What the entry had to be stored under: version and fingerprint of the `hashVal`. */
  readonly stamp: string
  /** How long it took to get the result, the fingerprint of the coastline file included. */
  readonly milliseconds: number
  /** Of that, what the computation took; for a result that was read, what it once took and was saved now. */
  readonly computing: number
  readonly computed: { readonly at: string; readonly process: number }
  readonly sea: Pole
  readonly land: Pole
  /** What the cache could not do. */
  readonly troubles: readonly string[]
}

/** The entries of the demo's cache. */
export interface Entries {
  './coast-distances': CoastDistances
}

/** Everything the distances depend on besides the program: the content of the coastline file, and the map's width. */
export async function dependencies({ coastline, width }: Question): Promise<object> {
  return { coastline: await fileFingerprint(coastline), width }
}

/** Gets the distances from the cache, which computes them if it has to, and tells what happened. */
export async function ask(question: Question, onProgress: (fraction: number) => void): Promise<Answer> {
  const { dir, version, coastline, width } = question
  const cache = new DiskCache<Entries>({ dir })
  const seen: { outcome: Answer['outcome']; stamp: string; reason?: MissReason } = {
    outcome: 'computed',
    stamp: '',
  }
  const troubles: string[] = []
  cache.events.on('hit', ({ stamp }) => Object.assign(seen, { outcome: 'read', stamp }))
  cache.events.on('miss', ({ stamp, reason }) => Object.assign(seen, { stamp, reason }))
  cache.events.on('progress', ({ fraction }) => onProgress(fraction))
  cache.events.on('corrupt', ({ reason }) => troubles.push(reason))
  cache.events.on('error', ({ error }) => troubles.push(error instanceof Error ? error.message : `${error}`))

  const began = performance.now()
  const hashVal = await dependencies(question)
  const distances = await cache.cache(
    './coast-distances',
    { version, hashVal },
    measureCoastDistances,
    coastline,
    width,
  )
  const milliseconds = performance.now() - began
  await cache.close()

  const { timeSpent, timeSaved } = cache.stats()
  const { sea, land, computed } = distances
  return {
    ...seen,
    milliseconds,
    computing: timeSpent + timeSaved,
    computed: { ...computed, at: computed.at.toISOString() },
    sea,
    land,
    troubles,
  }
}
