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
