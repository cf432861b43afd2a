import { platform } from './platform.ts'

// What the timers of all runtimes count to; a longer time would be over at once.
const longest = 2 ** 31 - 1

/**
 * Calls `task` once after a time of any length; the returned function cancels it. One that is idle does not keep the program
 * running, where the runtime can do that: nobody waits for what it does.
 */
export function after(milliseconds: number, task: () => void, isIdle = false): () => void {
  let timer: unknown
  const start = (left: number) => {
    timer = platform.setTimeout(
      () => (left > longest ? start(left - longest) : task()),
      Math.min(left, longest),
    )
    if (isIdle) (timer as { unref?(): void }).unref?.()
  }
  if (milliseconds !== Number.POSITIVE_INFINITY) start(milliseconds)
  return () => platform.clearTimeout(timer)
}
