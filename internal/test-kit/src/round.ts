import { onTestFinished } from 'vitest'

type Closing = () => unknown

let closings: Closing[] | undefined

/** Calls something when the present round is over, or the test, where it has none: what was given last comes first. */
export function whenOver(close: Closing): void {
  if (closings) closings.push(close)
  else onTestFinished(async () => void (await close()))
}

/**
 * Something that is tried many times in one test: what it opens is closed before the next time, so that thousands of them
 * need no more memory and files than one.
 *
 * @example
 * await fc.assert(fc.asyncProperty(fc.nat(), eachRound(async number => { … })))
 */
export function eachRound<A extends readonly unknown[]>(
  task: (...args: A) => unknown,
): (...args: A) => Promise<void> {
  return async (...args) => {
    const own: Closing[] = []
    closings = own
    try {
      await task(...args)
    } finally {
      closings = undefined
      for (const close of own.reverse()) await close()
    }
  }
}
