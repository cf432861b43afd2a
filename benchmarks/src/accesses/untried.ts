import { randomFrom } from '../data.ts'
import { zipf } from './streams.ts'
import { counted, type Workload, workloadOf } from './workload.ts'

const length = 100_000

/** Streams of requests by which no constant of any policy here was chosen; all keys cost the same. */
export function untried(): Workload[] {
  return Object.entries(natures).map(([name, requests]) => counted(workloadOf(name, requests())))
}

const natures = {
  flat: () => zipf(length, 20_000, 41, 0.6),
  steep: () => zipf(length, 20_000, 42, 1.2),
  'half once': () => among(popular(43), 0.5, turn => turn),
  drifting: () => popular(44).map((key, turn) => key + Math.floor(turn / 20)),
  jumping: () => popular(45).map((key, turn) => key + most * Math.floor(turn / 10_000)),
  'by turns': () => popular(46).map((key, turn) => key + most * (Math.floor(turn / 12_000) % 2)),
  scans: () => popular(47).map((key, turn) => (turn % 4_500 < 3_000 ? key : most + turn)),
  'beside a loop': () => among(popular(48), 0.4, turn => turn % 1_500),
  twice: () => twice(),
}

const most = 3_000

function popular(seed: number): Uint32Array {
  return zipf(length, most, seed, 0.9)
}

/** The same keys, and a part of other ones among them. */
function among(keys: Uint32Array, part: number, otherOf: (turn: number) => number): Uint32Array {
  const random = randomFrom(49)
  return keys.map((key, turn) => (random() < part ? most + otherOf(turn) : key))
}

/** Each key two times, the second time when some hundreds of others have begun. */
function twice(): Uint32Array {
  const random = randomFrom(50)
  const waiting: number[] = []
  let next = 0
  return new Uint32Array(length).map(() => {
    if (waiting.length < 300 || random() < 0.5) return waiting[waiting.push(next++) - 1] as number
    return waiting.splice(Math.floor(random() * waiting.length), 1)[0] as number
  })
}
