import { setImmediate as nextTurn } from 'node:timers/promises'

const sliceMilliseconds = 2

/** Work in small steps: each `next()` takes well below a millisecond. */
export type Steps = Generator<void, void, void>

/** Does the steps of some work in slices, so that the rest of the program goes on in between. */
export async function inSlices(steps: Steps): Promise<void> {
  let began = performance.now()
  while (!steps.next().done) {
    if (performance.now() - began < sliceMilliseconds) continue
    await nextTurn()
    began = performance.now()
  }
}

/** Does all of some work at once. */
export function atOnce(steps: Steps): void {
  while (!steps.next().done);
}
