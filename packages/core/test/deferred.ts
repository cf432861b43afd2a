/** A promise that is settled from outside, for tests that decide when something ends. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

export function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...(settle as Omit<Deferred<T>, 'promise'>) }
}

/** Resolves when all that is pending in microtasks has happened. */
export function settled(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 0))
}

/** Resolves when a condition has come true, which takes a few turns of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !condition(); turn++) await settled()
  if (!condition()) throw new Error('It did not happen.')
}
