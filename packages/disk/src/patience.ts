import { setTimeout } from 'node:timers/promises'

// What the system answers while a virus scanner or an indexer of Windows looks at a file that was just written.
const momentary: ReadonlySet<unknown> = new Set(['EBUSY', 'EPERM', 'EACCES'])

// Each of them takes somebody who removes the folder right between two steps.
const mostRemovals = 50
const nothing = (): void => {}

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
      if (!momentary.has(codeOf(error))) throw error
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
      if (!momentary.has(codeOf(error))) throw error
    }
    wait(pause)
  }
  return attempt()
}

/** Does nothing for so long, and lets nothing else happen. */
export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/**
 * Does something in a folder that somebody may remove at any moment, as often as that happens. Each attempt has to
 * make it; `remake` lets go of the knowledge that it is there.
 */
export async function despiteRemoval<T>(attempt: () => Promise<T>, remake: () => void = nothing): Promise<T> {
  for (let left = mostRemovals; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0 || !wasRemoved(error)) throw error
      remake()
    }
  }
}

/** The same without leaving the program's run. */
export function despiteRemovalNow<T>(attempt: () => T, remake: () => void = nothing): T {
  for (let left = mostRemovals; ; left--) {
    try {
      return attempt()
    } catch (error) {
      if (left === 0 || !wasRemoved(error)) throw error
      remake()
    }
  }
}

/** Whether something failed since a file or folder was not there. */
export function wasRemoved(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code
}
