import { temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { absent, Expectation } from '../test/expectation.ts'
import type { Operation } from '../test/hooked-files.ts'
import { MortalFiles } from '../test/mortal-files.ts'
import { type Scenario, scenarios } from '../test/scenarios.ts'
import { entryOf } from '../test/stores.ts'
import { DiskStore } from './disk-store.ts'

// What the dead have left; none of it is damage.
beforeEach(() => leaves('leftover', 'unfinished'))

/*
 * A process is killed before each of its operations on the file system in turn. Whatever the operation, the next process
 * finds what had resolved, and of what was still under way either everything or nothing.
 */

const allScenarios: Record<string, Scenario> = {
  ...scenarios,

  async 'a Blob in the place of one that is pinned'(store, expected) {
    for (const text of ['first', 'second']) {
      await expected.change(['a'], text, () => store.write('a', entryOf(new Blob([text]))))
      await store.read('a')
    }
  },
}

async function live(scenario: Scenario, dir: string, files: MortalFiles): Promise<Expectation> {
  const expected = new Expectation()
  const store = new DiskStore({ dir, files: files.files })
  try {
    await scenario(store, expected)
  } catch (error) {
    if (!files.dead) throw error
  }
  await store.close().catch(() => {})
  return expected
}

async function expectWhatResolved(dir: string, expected: Expectation): Promise<void> {
  const store = new DiskStore({ dir })
  try {
    for (const name of expected.names()) {
      const entry = await store.read(name)
      const value = entry?.value instanceof Blob ? await entry.value.text() : entry?.value
      expect(expected.mayBe(name), name).toContainEqual(entry ? value : absent)
    }
    await store.write('next', entryOf('works'))
    expect((await store.read('next'))?.value).toBe('works')
  } finally {
    await store.close()
  }
}

const onlyLooks: ReadonlySet<Operation> = new Set([
  'list',
  'identityAt',
  'status',
  'read',
  'openToRead',
  'readNow',
  'readWhole',
  'modifiedAt',
  'isSocket',
  'fileSystemOf',
  'draft read',
])

describe.each(Object.entries(allScenarios))('killed during %s', (_, scenario) => {
  test('the next process finds what had resolved', async () => {
    const whole = new MortalFiles(Number.POSITIVE_INFINITY)
    await live(scenario, temporaryDirectory(), whole)
    expect(whole.operations.length).toBeGreaterThan(5)
    for (const [index, operation] of whole.operations.entries()) {
      // Who is killed before it looks has done the same as who is killed before it changes something next.
      if (onlyLooks.has(operation)) continue
      const dir = temporaryDirectory()
      await expectWhatResolved(dir, await live(scenario, dir, new MortalFiles(index + 1)))
    }
  }, 60_000)

  // Where a single byte is missing, the next record may happen to begin with it.
  test.each([0.01, 0.5, 0.9])(
    'also where the last write is cut off at %d',
    async lastWords => {
      const whole = new MortalFiles(Number.POSITIVE_INFINITY)
      await live(scenario, temporaryDirectory(), whole)
      for (const [index, operation] of whole.operations.entries()) {
        if (operation !== 'append') continue
        const dir = temporaryDirectory()
        await expectWhatResolved(dir, await live(scenario, dir, new MortalFiles(index + 1, lastWords)))
      }
    },
    60_000,
  )
})

test('each way in which the store changes something is one in the middle of which somebody was killed', async () => {
  const done = new Set<Operation>()
  for (const scenario of Object.values(allScenarios)) {
    const whole = new MortalFiles(Number.POSITIVE_INFINITY)
    await live(scenario, temporaryDirectory(), whole)
    for (const operation of whole.operations) done.add(operation)
  }
  const changes: Operation[] = [
    ...(['append', 'makeDirectory', 'mark', 'publish', 'writeWhole', 'createDraft', 'draft write'] as const),
    ...(['draft sync', 'draft publish', 'draft replace', 'syncDirectory', 'remove'] as const),
    ...(['draft syncNow', 'draft publishNow', 'draft replaceNow', 'syncDirectoryNow', 'removeNow'] as const),
  ]
  expect([...done]).toEqual(expect.arrayContaining(changes))
})
