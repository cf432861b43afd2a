import { randomFrom } from '../data.ts'
import { plain, type Workload, workloadOf } from './workload.ts'

const length = 100_000

/** Streams of requests that are the same in every run. */
export function generated(): Workload[] {
  const popular = workloadOf('zipf', zipf(length, 10_000))
  return [
    workloadOf('loops', loop(length, 5_000)),
    workloadOf('sweeps', zigzag(length, 5_000)),
    popular,
    plain(popular),
    workloadOf('yesterday', moving(length)),
    plain(workloadOf('yesterday', moving(length))),
    workloadOf('mixture', mixture(length)),
    // What takes long is large: by byte, everything is worth the same.
    { ...popular, name: 'by size', costs: popular.bytes.map(bytes => bytes / 40) },
  ]
}

/** Again and again over the same keys. */
export function loop(count: number, keys: number): Uint32Array {
  return new Uint32Array(count).map((_, turn) => turn % keys)
}

/** Up and down the same keys. */
export function zigzag(count: number, keys: number): Uint32Array {
  return new Uint32Array(count).map((_, turn) => {
    const place = turn % (2 * keys)
    return place < keys ? place : 2 * keys - 1 - place
  })
}

/** The nth key is asked for 1/n^`steepness` as often as the first one. */
export function zipf(count: number, keys: number, seed = 21, steepness = 1): Uint32Array {
  const random = randomFrom(seed)
  const sums = new Float64Array(keys)
  let sum = 0
  for (let key = 0; key < keys; key++) {
    sum += 1 / (key + 1) ** steepness
    sums[key] = sum
  }
  return new Uint32Array(count).map(() => lowest(sums, random() * sum))
}

/** Others are popular on each of five days; the popular ones of the day before are hardly wanted any more. */
export function moving(count: number): Uint32Array {
  const days = 5
  const day = Math.ceil(count / days)
  const popular = zipf(count, 4_000, 22)
  const random = randomFrom(23)
  return popular.map((key, turn) => {
    const today = Math.floor(turn / day)
    const of = random() < 0.02 ? Math.max(0, today - 1) : today
    return of * 4_000 + key
  })
}

/** Popular keys, then loops, then keys that nobody asks for again in between, then both kinds at once. */
export function mixture(count: number): Uint32Array {
  const random = randomFrom(24)
  const popular = zipf(count, 5_000, 25)
  const loops = loop(count, 3_000)
  let once = 8_000
  return popular.map((key, turn) => {
    const phase = Math.floor((4 * turn) / count)
    const looped = 5_000 + (loops[turn] as number)
    if (phase === 0) return key
    if (phase === 1) return looped
    if (phase === 2) return random() < 0.5 ? key : once++
    return random() < 0.5 ? key : looped
  })
}

function lowest(sums: Float64Array, wanted: number): number {
  let [from, to] = [0, sums.length - 1]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sums[middle] as number) > wanted) to = middle
    else from = middle + 1
  }
  return from
}
