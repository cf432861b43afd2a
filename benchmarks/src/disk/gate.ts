import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Entries } from './entries.ts'
import { deleteEach, setEach, setTogether } from './operations.ts'
import type { Kind, Name, OpenStore, Rival } from './store.ts'

const most = 100

/**
 * Rejects unless a store answers like one: what was set last comes back equal in value and type, at once and after the
 * store was opened anew; what was deleted, and what was never set, is absent.
 * @param dir - A directory that does not exist yet, and does not afterwards.
 */
export async function proveStore(rival: Rival, kind: Kind, entries: Entries, dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true })
  try {
    await proveIn(dir, rival, kind, entries)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function proveIn(dir: string, rival: Rival, kind: Kind, entries: Entries): Promise<void> {
  const names = entries.names.slice(0, most)
  const values = entries.values(names.length, 2)
  const half = Math.ceil(names.length / 2)
  const first = await rival.open(dir, kind)
  await setTogether(first, names, entries.values(names.length, 1))
  await setEach(first, names.slice(0, half), values.slice(0, half))
  await setTogether(first, names.slice(half), values.slice(half))
  await expectValues(first, names, values)
  await first.close()

  const second = await rival.open(dir, kind)
  await expectValues(second, names, values)
  if (second.delete) {
    await deleteEach(second, names.slice(0, half))
    await expectValues(second, names, values.fill(undefined, 0, half))
  }
  await second.close()
}

async function expectValues(
  store: OpenStore,
  names: readonly Name[],
  values: readonly unknown[],
): Promise<void> {
  for (const [index, name] of names.entries()) await expectValue(store, name, values[index])
  await expectValue(store, './item/never-set', undefined)
}

// What differs would fill pages; in a table, only that it does is of use.
async function expectValue(store: OpenStore, name: Name, value: unknown): Promise<void> {
  const answer = await store.get(name)
  if (isDeepStrictEqual(answer, value)) return
  const [given, wanted] = [kindOf(answer), kindOf(value)]
  throw new Error(`It answered ${name} with ${given === wanted ? 'another' : given} instead of ${wanted}.`)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  return (value as object | null)?.constructor.name ?? 'null'
}

const proofs = new WeakMap<Rival, Promise<void>>()

/** The same with some entries of 400 bytes, once for each rival: for suites that compare only some of each answer. */
export function proveRival(rival: Rival, dir: string): Promise<void> {
  const entries = new Entries({ size: '400 bytes', bytes: 400, kind: 'JSON', entries: 10 })
  const proof = proofs.get(rival) ?? proveStore(rival, 'JSON', entries, join(dir, `${rival.name} proof`))
  proofs.set(rival, proof)
  return proof
}
