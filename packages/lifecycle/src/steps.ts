import { isPromise } from '@stagcache/core'

/**
 * A procedure that waits only where it has to: it yields what may be a promise and goes on with what that holds, at once
 * if it was none. One text thereby serves synchronous and asynchronous handlers; an `async` function would be a turn
 * late even where nothing is asynchronous.
 */
export type Steps<T = void> = Generator<unknown, T, unknown>

/** Runs a procedure that handles its own errors. When this returns, it has got as far as it can without waiting. */
export function run(steps: Steps): void {
  advance(steps, () => steps.next())
}

function advance(steps: Steps, resume: () => IteratorResult<unknown, void>): void {
  let { done, value } = resume()
  while (!done) {
    if (isPromise(value)) {
      Promise.resolve(value).then(
        result => advance(steps, () => steps.next(result)),
        error => advance(steps, () => steps.throw(error)),
      )
      return
    }
    ;({ done, value } = steps.next(value))
  }
}

/** Takes a step whose failure must not keep the next ones from being taken. */
export function* attempt(errors: unknown[], step: () => unknown): Steps {
  try {
    yield step()
  } catch (error) {
    errors.push(error)
  }
}
