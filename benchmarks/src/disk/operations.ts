import type { Name, OpenStore } from './store.ts'

/*
 * One loop of each operation, for all stores: what a store hands out is awaited only where it is a promise.
 */

/** Gets one after the other. @returns The sum of the marks of what was found. */
export async function getEach(
  store: OpenStore,
  names: readonly Name[],
  markOf: (value: unknown) => number,
): Promise<number> {
  store.load?.()
  let sum = 0
  for (const name of names) {
    const answer = store.get(name)
    const value = answer instanceof Promise ? await answer : answer
    if (value !== undefined) sum += markOf(value)
  }
  return sum
}

/** Sets one after the other, each awaited. */
export async function setEach(
  store: OpenStore,
  names: readonly Name[],
  values: readonly unknown[],
): Promise<void> {
  for (const [index, name] of names.entries()) {
    const done = store.set(name, values[index])
    if (done instanceof Promise) await done
  }
}

/** Sets all in one tick, awaited together. */
export async function setTogether(
  store: OpenStore,
  names: readonly Name[],
  values: readonly unknown[],
): Promise<void> {
  if (store.setTogether) await store.setTogether(names, values)
  else await Promise.all(names.map((name, index) => store.set(name, values[index])))
}

/** Deletes one after the other, each awaited. */
export async function deleteEach(store: OpenStore, names: readonly Name[]): Promise<void> {
  for (const name of names) {
    const done = store.delete?.(name)
    if (done instanceof Promise) await done
  }
}

// So many files may be written at once everywhere.
const mostTogether = 500

/** Sets however many, a few hundred in each tick. */
export async function fill(
  store: OpenStore,
  names: readonly Name[],
  values: readonly unknown[],
): Promise<void> {
  for (let start = 0; start < names.length; start += mostTogether) {
    const end = start + mostTogether
    await setTogether(store, names.slice(start, end), values.slice(start, end))
  }
}
