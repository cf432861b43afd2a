import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { Entries } from './entries.ts'
import { proveStore } from './gate.ts'
import type { OpenStore, Rival } from './store.ts'

const entries = new Entries({ size: '400 bytes', bytes: 400, kind: 'JSON', entries: 4 })

describe('the gate', () => {
  test('lets a store pass that answers rightly, and leaves nothing behind', async () => {
    const dir = join(temporaryDirectory(), 'proof')
    await proveStore(rival({}), 'JSON', entries, dir)
    expect(existsSync(dir)).toBe(false)
  })

  test.each<{ what: string; fault: string; wrong: Partial<Wrong> }>([
    { what: 'forgets what was set', fault: 'nothing instead of Object', wrong: { set: () => {} } },
    {
      what: 'keeps what was set first',
      fault: 'another instead of Object',
      wrong: { set: (kept, name, value) => void (kept.has(name) || kept.set(name, value)) },
    },
    {
      what: 'answers with another type',
      fault: 'Array instead of Object',
      wrong: { get: (kept, name) => kept.has(name) && Object.entries(kept.get(name) as object) },
    },
    {
      what: 'answers where nothing is',
      fault: 'null instead of nothing',
      wrong: { get: (kept, name) => (name.endsWith('never-set') ? null : kept.get(name)) },
    },
    {
      what: 'loses everything when it is closed',
      fault: 'nothing instead of Object',
      wrong: { close: kept => kept.clear() },
    },
    { what: 'keeps what was deleted', fault: 'Object instead of nothing', wrong: { delete: () => {} } },
  ])('refuses a store that $what', async ({ wrong, fault }) => {
    const dir = join(temporaryDirectory(), 'proof')
    await expect(proveStore(rival(wrong), 'JSON', entries, dir)).rejects.toThrow(fault)
    expect(existsSync(dir)).toBe(false)
  })
})

type Kept = Map<string, unknown>

interface Wrong {
  get(kept: Kept, name: string): unknown
  set(kept: Kept, name: string, value: unknown): void
  delete(kept: Kept, name: string): void
  close(kept: Kept): void
}

function rival(wrong: Partial<Wrong>): Rival {
  const kept: Kept = new Map()
  const store: OpenStore = {
    get: name => (wrong.get ? wrong.get(kept, name) : kept.get(name)),
    set: (name, value) => (wrong.set ? wrong.set(kept, name, value) : kept.set(name, value)),
    delete: name => (wrong.delete ? wrong.delete(kept, name) : kept.delete(name)),
    close: () => wrong.close?.(kept),
  }
  return { name: 'rival', open: () => store }
}
