import type { Workload } from '../../accesses/workload.ts'

/** A bounded cache of keys without values. */
export interface Simulated {
  /**
   * Asks for a key, as `cache(key, generate)` does: where it is not there, it is stored, unless the policy prefers what it
   * has. Answers whether it was there.
   */
  request(key: number): boolean
}

/** A policy, in a cache with room for so many bytes of the keys of a workload. */
export type PolicyOf = (workload: Workload, room: number) => Simulated

/** What a replay came to. Both are parts, from 0 to 1. */
export interface Outcome {
  /** Of the requests. */
  readonly hits: number
  /** Of the time to generate every value that was asked for. */
  readonly saved: number
}

/** Asks for one key of the workload after the other. What is larger than the whole room is never kept. */
export function replay(workload: Workload, room: number, policyOf: PolicyOf): Outcome {
  const { requests, costs, bytes } = workload
  const cache = policyOf(workload, room)
  let [hits, saved, total] = [0, 0, 0]
  for (const key of requests) {
    const cost = costs[key] as number
    total += cost
    if ((bytes[key] as number) > room || !cache.request(key)) continue
    hits++
    saved += cost
  }
  return { hits: hits / requests.length, saved: saved / total }
}
