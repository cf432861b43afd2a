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
      if (!momentary.has((error as { code?: unknown } | undefined)?.code)) throw error
    }
    await wait(pause)
  }
  return attempt()
}
