import { randomFrom } from '../data.ts'
import { loop, zigzag, zipf } from './streams.ts'
import type { Workload } from './workload.ts'

/** Accesses that change their nature: a workload in parts, each with keys of its own. */
export interface Phased {
  readonly workload: Workload
  readonly phases: readonly Phase[]
}

export interface Phase {
  readonly name: string
  /** The numbers of its first request, and of the one after its last. */
  readonly from: number
  readonly to: number
}

const natures = {
  loop: (count: number, room: number) => loop(count, 2 * room),
  shifting: (count: number, room: number) => shifting(count, 1.5 * room),
  zipf: (count: number, room: number) => zipf(count, 10 * room, 31),
  sweep: (count: number, room: number) => zigzag(count, 4 * room),
  recent: (count: number, room: number) => recent(count, room / 2),
  'long loop': (count: number, room: number) => loop(count, 4 * room),
  'short loop': (count: number, room: number) => loop(count, Math.ceil(1.1 * room)),
}

const order = [
  'loop',
  'shifting',
  'zipf',
  'sweep',
  'recent',
  'long loop',
  'zipf',
  'loop',
  'short loop',
] as const

/** Phases of so many requests each, made for a cache with room for so many keys of one size and cost. */
export function phased(room: number, length: number): Phased {
  const requests = new Uint32Array(order.length * length)
  let keys = 0
  const phases = order.map((name, index) => {
    const from = index * length
    const own = natures[name](length, room)
    requests.set(
      own.map(key => keys + key),
      from,
    )
    keys += own.reduce((most, key) => Math.max(most, key + 1), 0)
    return { name: `${index + 1} ${name}`, from, to: from + length }
  })
  const ones = new Float64Array(keys).fill(1)
  return { workload: { name: 'phases', requests, costs: ones, bytes: ones }, phases }
}

/** Keys around a place that moves on: what was wanted is not wanted again. */
export function shifting(count: number, width: number): Uint32Array {
  const random = randomFrom(32)
  return new Uint32Array(count).map(
    (_, turn) => Math.floor(turn / 20) + Math.floor(width * random() * random()),
  )
}

/** One of those that were asked for lately, the more likely the more lately, or one request in ten a new one. */
export function recent(count: number, usualDepth: number): Uint32Array {
  const random = randomFrom(33)
  const stack: number[] = []
  let next = 0
  return new Uint32Array(count).map(() => {
    const depth = Math.floor(-Math.log(1 - random()) * usualDepth)
    const [key = next++] = random() < 0.1 ? [] : stack.splice(depth, 1)
    stack.unshift(key)
    if (stack.length > 20 * usualDepth) stack.pop()
    return key
  })
}
