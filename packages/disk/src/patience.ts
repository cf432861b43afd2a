import { setTimeout } from 'node:timers/promises'

// What the system answers while a virus scanner or an indexer of Windows looks at a file that was just written.
const momentary: ReadonlySet<unknown> = new Set(['EBUSY', 'EPERM', 'EACCES'])

/** Pauses between attempts, in milliseconds: together about a second. */
export const pauses: readonly number[] = [10, 20, 40, 80, 160, 320, 400]

/** Does something that another program may be in the way of for a moment: tries again after each of the pauses. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  wait: (milliseconds: number) => Promise<unknown> = setTimeout,
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await attempt()
    } catch (error) {
      if (!isMomentary(error)) throw error
    }
    await wait(pause)
  }
  return attempt()
}

/** The same without leaving the program's run, which it holds for as long. */
export function patientlyNow<T>(attempt: () => T, wait: (milliseconds: number) => unknown = sleep): T {
  for (const pause of pauses) {
    try {
      return attempt()
    } catch (error) {
      if (!isMomentary(error)) throw error
    }
    wait(pause)
  }
  return attempt()
}

/** Does nothing for so long, and lets nothing else happen. */
export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

function isMomentary(error: unknown): boolean {
  return momentary.has((error as { code?: unknown } | undefined)?.code)
}
