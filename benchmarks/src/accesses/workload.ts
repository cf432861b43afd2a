import { randomFrom } from '../data.ts'

/** A sequence of requests, with what each key costs to generate and how many bytes it takes. */
export interface Workload {
  readonly name: string
  /** The keys in the order in which they are asked for, numbered from 0. */
  readonly requests: Uint32Array
  /** Milliseconds to generate, by key. */
  readonly costs: Float64Array
  /** By key. */
  readonly bytes: Float64Array
}

/** What is known of a workload's keys besides their order; what is absent is drawn. */
export interface Known {
  readonly costs?: Float64Array
  readonly bytes?: Float64Array
}

/** A workload of requests whose costs and bytes are drawn, where they are not known: log-normal, with a heavy tail. */
export function workloadOf(name: string, requests: Uint32Array, known: Known = {}): Workload {
  const keys = requests.reduce((most, key) => Math.max(most, key + 1), 0)
  return {
    name,
    requests,
    costs: known.costs ?? logNormal(keys, { seed: 11, median: 100, sigma: 2 }),
    bytes: known.bytes ?? logNormal(keys, { seed: 12, median: 4000, sigma: 1.5 }),
  }
}

/** The same requests, but every key costs the same and is of the same size. */
export function plain({ name, requests, costs }: Workload): Workload {
  const keys = costs.length
  return {
    name: `${name}, plain`,
    requests,
    costs: new Float64Array(keys).fill(100),
    bytes: new Float64Array(keys).fill(4000),
  }
}

/** The same requests, but every key costs one and takes one byte: what is saved are hits, and room is a number of keys. */
export function counted(workload: Workload): Workload {
  const ones = new Float64Array(workload.costs.length).fill(1)
  return { ...workload, costs: ones, bytes: ones }
}

/** The beginning of a workload. */
export function beginningOf(workload: Workload, share: number): Workload {
  const { requests } = workload
  return { ...workload, requests: requests.subarray(0, Math.ceil(share * requests.length)) }
}

/** The bytes of all keys that are asked for at least once. */
export function bytesOfAll({ requests, bytes }: Workload): number {
  return [...new Set(requests)].reduce((sum, key) => sum + (bytes[key] as number), 0)
}

function logNormal(
  count: number,
  { seed, median, sigma }: { seed: number; median: number; sigma: number },
): Float64Array {
  const random = randomFrom(seed)
  // Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return new Float64Array(count).map(() => Math.ceil(median * Math.exp(sigma * normal())))
}
