import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { hookedFiles } from '../test/hooked-files.ts'
import { rounds } from '../test/rounds.ts'
import { openStore } from '../test/stores.ts'
import { DiskCache } from './disk-cache.ts'

// Processes that end without closing their store leave its socket.
beforeEach(() => leaves('leftover'))

const program = new URL('../test/generator.ts', import.meta.url)

interface Report {
  readonly got: string | null
  readonly generated: number
  readonly errors: readonly string[]
}

/** A process that wants the entry, and what it reports in the end. */
function process(dir: string, by: string, what = 'value', milliseconds = 300, options = {}) {
  const child = inProcess(program, dir, by, what, String(milliseconds), JSON.stringify(options))
  return { ...child, report: () => child.result<Report>() }
}

/** The same, once it has begun to generate. */
async function generating(...parameters: Parameters<typeof process>) {
  const child = process(...parameters)
  expect(await child.line()).toBe('generating')
  return child
}

/** What becomes of an entry whose generation is killed while others wait for it: when the next one begins, and how many do. */
async function takeover(): Promise<{ milliseconds: number; generations: number }> {
  const dir = temporaryDirectory()
  const owner = await generating(dir, 'owner', 'value', 60_000)
  const others = ['1', '2', '3'].map(by => process(dir, by, 'value', 100))
  const first = Promise.race(others.map(other => other.line()))
  // They have to wait by now, or else they begin after the kill: then one of them generates as well.
  await new Promise(resolve => setTimeout(resolve, 700))
  const killedAt = performance.now()
  owner.kill()
  expect(await first).toBe('generating')
  const milliseconds = performance.now() - killedAt
  const reports = await Promise.all(others.map(other => other.report()))
  return { milliseconds, generations: reports.reduce((sum, { generated }) => sum + generated, 0) }
}

describe('processes that want one entry', () => {
  test('run its generator once, however many they are', async () => {
    const dir = temporaryDirectory()
    const names = ['1', '2', '3', '4', '5', '6', '7', '8']
    const reports = await Promise.all(names.map(by => process(dir, by).report()))
    expect(reports.reduce((sum, { generated }) => sum + generated, 0)).toBe(1)
    expect(new Set(reports.map(({ got }) => got)).size).toBe(1)
    expect(reports.flatMap(({ errors }) => errors)).toEqual([])
  }, 60_000)

  test('run it once too where they are threads of one process', async () => {
    const threads = inProcess(new URL('../test/threads.ts', import.meta.url), temporaryDirectory(), '4')
    const { stdout } = await threads.outcome
    const lines = stdout.split('\n').filter(line => line !== 'generating')
    const reports = lines.map(line => JSON.parse(line) as Report)
    expect(reports.map(({ generated }) => generated).sort()).toEqual([0, 0, 0, 1])
    expect(new Set(reports.map(({ got }) => got)).size).toBe(1)
    expect(reports.flatMap(({ errors }) => errors)).toEqual([])
  }, 60_000)

  test('share a large value too', async () => {
    const dir = temporaryDirectory()
    const owner = await generating(dir, 'owner', 'large')
    const reports = await Promise.all([owner, process(dir, 'other')].map(child => child.report()))
    expect(reports.map(({ got, generated }) => [got, generated])).toEqual([
      ['owner', 1],
      ['owner', 0],
    ])
  }, 60_000)

  test('of which the one that generates is killed, have one other that takes over', async () => {
    expect((await takeover()).generations).toBe(1)
  }, 60_000)

  // Where the machine is busy with something else, that may take longer than the store does.
  test('of which the one that generates is killed, have it taken over within a second', {
    timeout: 60_000,
    retry: 2,
  }, async () => {
    expect((await takeover()).milliseconds).toBeLessThan(1000)
  })

  test('do not rob one whose event loop is blocked', async () => {
    const dir = temporaryDirectory()
    const owner = await generating(dir, 'owner', 'block', rounds(3000, 60_000))
    const other = await process(dir, 'other').report()
    expect(other).toMatchObject({ got: 'owner', generated: 0 })
    expect(await owner.report()).toMatchObject({ got: 'owner', generated: 1 })
  }, 180_000)

  test('with little patience generate by themselves, and their result stays', async () => {
    const dir = temporaryDirectory()
    const owner = await generating(dir, 'owner', 'value', 3000)
    expect(await process(dir, 'other', 'value', 0, { maxWait: 50 }).report()).toMatchObject({ got: 'other' })
    expect(await owner.report()).toMatchObject({ got: 'owner' })
    const cache = new DiskCache({ dir })
    expect(await cache.get('./cold')).toMatchObject({ by: 'other' })
    await cache.close()
  }, 60_000)

  test('generate one after the other while the generator throws', async () => {
    const dir = temporaryDirectory()
    const owner = await generating(dir, 'owner', 'throw')
    const reports = await Promise.all([owner, process(dir, 'other')].map(child => child.report()))
    expect(reports.map(({ got }) => got)).toEqual(['Error: no result by owner', 'other'])
  }, 60_000)

  test.each(['nothing', 'unstorable'])(
    'do not wait in line for %s',
    async what => {
      const dir = temporaryDirectory()
      const owner = await generating(dir, 'owner', what, 800)
      const others = ['1', '2', '3'].map(by => process(dir, by, what, 300))
      await owner.report()
      const reports = await Promise.all(others.map(other => other.report()))
      expect(reports.map(({ generated }) => generated)).toEqual([1, 1, 1])
    },
    60_000,
  )
})

describe('what another process changes during a generation', () => {
  const changes: [string, (cache: DiskCache) => Promise<unknown>, unknown][] = [
    ['a delete', cache => cache.delete('./cold'), undefined],
    ['a set', cache => cache.set('./cold', 'set'), 'set'],
    ['a clear', cache => cache.clear(), undefined],
  ]

  test.each(changes)(
    '%s wins over the result',
    async (_, change, left) => {
      const dir = temporaryDirectory()
      const cache = new DiskCache({ dir })
      const owner = await generating(dir, 'owner', 'value', 500)
      await change(cache)
      expect(await owner.report()).toMatchObject({ got: 'owner', errors: [] })
      expect(await cache.get('./cold')).toEqual(left)
      await cache.close()
    },
    60_000,
  )

  test('a generation of another version wins over the earlier one', async () => {
    const dir = temporaryDirectory()
    const owner = await generating(dir, 'owner', 'value', 1500)
    expect(await process(dir, 'other', 'value', 0, { version: 2 }).report()).toMatchObject({ got: 'other' })
    expect(await owner.report()).toMatchObject({ got: 'owner' })
    const cache = new DiskCache({ dir })
    expect(await cache.get('./cold@2')).toMatchObject({ by: 'other' })
    await cache.close()
  }, 60_000)
})

test('a cache that is closed at any moment of a call generates by itself, and touches nothing afterwards', async () => {
  const dir = temporaryDirectory()
  const holder = openStore({ dir })
  const [name, stamp] = DiskCache.keyAndVersion('./held', 1)
  await holder.claim(name, { stamp, params: undefined }, {})
  let afterwards = 0
  for (const key of ['./held', './free'] as const) {
    for (let microtasks = 0; microtasks < 100; microtasks++) {
      let isOver = false
      const cache = new DiskCache({
        dir,
        files: hookedFiles({ before: () => void (isOver && afterwards++) }),
      })
      cache.events.on('error', () => {})
      if (microtasks % 2) await cache.get('./warm')
      const call = cache.cache(key, () => 'own')
      for (let passed = 0; passed < microtasks / 2; passed++) await null
      await cache.close()
      expect(await call).toBe('own')
      isOver = true
    }
  }
  // What is waited for is looked at every few milliseconds.
  await delay(50)
  expect(afterwards).toBe(0)
}, 20_000)

describe('who waits for a claim', () => {
  const wanted = { stamp: '1.1' as never, params: undefined }

  test('is answered in time although others keep coming', async () => {
    const dir = temporaryDirectory()
    const [owner, other] = [openStore({ dir }), openStore({ dir })]
    const names = Array.from({ length: 300 }, (_, index) => `${index}`)
    const claims = await Promise.all(names.map(name => owner.claim(name, wanted, {})))
    await other.read('x')
    let isAnswered = false
    const first = other.claim('0', wanted, {}).then(() => {
      isAnswered = true
    })
    await owner.put('0', 1)
    const later: Promise<unknown>[] = []
    for (const name of names.slice(1)) {
      if (isAnswered) break
      later.push(other.claim(name, wanted, {}))
      await delay(1)
    }
    expect(isAnswered).toBe(true)
    for (const claim of claims) if (typeof claim === 'object') void claim.release('unstored')
    await Promise.all([first, ...later])
  })

  test('goes on alone when it was replaced, and what replaced it could not be stored', async () => {
    const dir = temporaryDirectory()
    const [one, two, three] = [openStore({ dir }), openStore({ dir }), openStore({ dir })]
    await three.read('x')
    await one.claim('n', wanted, {})
    const waiting = two.claim('n', wanted, {})
    await delay(100)
    const taken = await three.claim('n', wanted, { maxWait: 1 })
    if (typeof taken === 'object') await taken.release('unstored')
    expect(await waiting).toBe('alone')
  })

  test('of its own store, left in a directory that was moved away and has come back, claims anew', async () => {
    leaves('unfinished', 'leftover')
    const top = temporaryDirectory()
    const [dir, away] = [join(top, 'cache'), join(top, 'away')]
    const store = openStore({ dir })
    await store.put('old', 1)
    const claim = await store.claim('n', wanted, {})
    renameSync(dir, away)
    const entry = { value: 1, stamp: wanted.stamp, params: undefined, storedAt: 1, cost: 1 }
    // It notices within a second that the directory is not there any more.
    await vi.waitFor(async () => expect(await store.value('old')).toBeUndefined(), { timeout: 5000 })
    await store.put('new', 1)
    if (typeof claim === 'object') expect(await claim.write(entry)).toBe(false)
    rmSync(dir, { recursive: true })
    renameSync(away, dir)
    await vi.waitFor(async () => expect(await store.value('old')).toBe(1), { timeout: 5000 })
    expect(typeof (await store.claim('n', wanted, { maxWait: 20_000 }))).toBe('object')
  }, 15_000)
})
