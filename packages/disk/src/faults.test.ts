import { CacheError } from '@stagcache/core'
import { temporaryDirectory } from '@stagcache/test-kit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { absent, Expectation } from '../test/expectation.ts'
import { FaultyFiles, faults } from '../test/faulty-files.ts'
import { hookedFiles, systemError } from '../test/hooked-files.ts'
import { leftovers, openIn } from '../test/leftovers.ts'
import { patience, rounds } from '../test/rounds.ts'
import { entryOf, largeValue } from '../test/stores.ts'
import { DiskCache, type OpenDiskCache } from './disk-cache.ts'
import { DiskError } from './errors.ts'
import type { Files } from './files.ts'

// What an operation that failed has left behind; none of it is damage.
beforeEach(() => leaves('leftover', 'unfinished'))

/*
 * Each operation on the file system fails in turn, once or from then on, with each error that it can fail with. Whatever
 * fails, `cache()` returns its value, what rejects says what to do, what was stored is found by the same store and by the
 * next one, nothing is left behind, and the store goes on when the trouble is over.
 */

/** A cache on a file system that fails, with what its entries may be. */
class Trial {
  readonly cache: OpenDiskCache
  readonly expected = new Expectation()
  readonly errors: unknown[] = []

  private constructor(cache: OpenDiskCache) {
    this.cache = cache
    cache.events.on('error', ({ error }) => this.errors.push(error))
  }

  static async begin(dir: string, files: Files): Promise<Trial> {
    return new Trial(await DiskCache.open({ dir, files }))
  }

  async set(name: string, value: unknown): Promise<void> {
    await this.#attempt(() => this.expected.change([name], value, () => this.cache.set(name, value)))
  }

  async setNow(name: string, value: unknown): Promise<void> {
    await this.#attempt(() => this.expected.change([name], value, () => this.cache.setSync(name, value)))
  }

  async delete(name: string): Promise<void> {
    await this.#attempt(() => this.expected.change([name], absent, () => this.cache.delete(name)))
  }

  async clear(): Promise<void> {
    const names = [...this.expected.names()]
    await this.#attempt(() => this.expected.change(names, absent, () => this.cache.clear()))
  }

  /** Never fails. */
  async generate(name: string, value: unknown): Promise<void> {
    const may = this.expected.mayBe(name)
    expect([value, ...may]).toContainEqual(await this.cache.cache(name, () => value))
    const now = this.cache.cacheSync(name, () => value)
    expect([value, ...may]).toContainEqual(now)
    // It does not tell whether it could store.
    await this.expected.change([name], value, () => Promise.reject()).catch(() => {})
  }

  async get(name: string): Promise<void> {
    await this.#attempt(async () => this.#expect(name, await this.cache.get(name)))
    await this.#attempt(async () => this.#expect(name, this.cache.getSync(name)))
  }

  async expectAll(cache: OpenDiskCache = this.cache): Promise<void> {
    for (const name of this.expected.names()) {
      this.#expect(name, await cache.get(name))
      this.#expect(name, cache.getSync(name))
    }
  }

  #expect(name: string, value: unknown): void {
    expect(this.expected.mayBe(name), name).toContainEqual(value ?? absent)
  }

  async #attempt(operation: () => Promise<unknown>): Promise<void> {
    try {
      await operation()
    } catch (error) {
      if (!(error instanceof CacheError)) throw error
      this.errors.push(error)
    }
  }
}

const filler = (seed: number) => 'x'.repeat(50_000) + seed

const scenarios: Record<string, (trial: Trial) => Promise<unknown>> = {
  'the first entry': trial => trial.set('./a', 1),

  'many entries at once': trial =>
    Promise.all(['./a', './b', './c', './a'].map((name, index) => trial.set(name, index))),

  async 'large values in the place of each other'(trial) {
    await trial.set('./a', largeValue(1))
    await trial.set('./a', largeValue(2))
    await trial.get('./a')
    await trial.set('./a', 'small')
  },

  async 'a Blob'(trial) {
    await trial.set('./small', 1)
    await trial.cache.set('./blob', new Blob(['bytes'])).catch(error => trial.errors.push(error))
    const blob = await trial.cache.get('./blob').catch(error => void trial.errors.push(error))
    if (blob) await (blob as Blob).text().catch(() => {})
    await trial.get('./small')
  },

  async 'deleting and clearing'(trial) {
    await trial.set('./a', 1)
    await trial.delete('./a')
    await trial.set('./b', largeValue(1))
    await trial.clear()
    await trial.set('./c', 1)
  },

  async generating(trial) {
    await trial.set('./kept', 1)
    await trial.generate('./a', 2)
    await trial.generate('./large', largeValue(3))
  },

  async 'the synchronous twin'(trial) {
    await trial.setNow('./a', 1)
    await trial.setNow('./b', largeValue(1))
    await trial.setNow('./b', largeValue(2))
    await trial.get('./b')
  },

  async reclaiming(trial) {
    await trial.set('./kept', 'first')
    await trial.set('./large', largeValue(7))
    for (let round = 0; round < 24; round++) await trial.set('./changing', filler(round))
    await trial.set('./later', 2)
    await trial.cache.close()
  },

  async 'a snapshot'(trial) {
    await trial.set('./a', 1)
    await trial.cache.store.saveSnapshot().catch(() => {})
    await trial.set('./b', 2)
  },
}

const rejected: unknown[] = []
const note = (reason: unknown) => rejected.push(reason)

beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(rejected.splice(0)).toEqual([])
})

async function expectHelpfulErrors(errors: readonly unknown[], code: string): Promise<void> {
  for (const error of errors) {
    expect(error).toBeInstanceOf(DiskError)
    expect((error as DiskError).message).toMatch(faults[code]?.advice as RegExp)
  }
}

async function expectToGoOn(trial: Trial, dir: string): Promise<void> {
  await trial.expectAll()
  await trial.cache.set('./after', 'works')
  expect(await trial.cache.get('./after')).toBe('works')
  await trial.cache.close()
  await expectInNextStore(trial, dir)
}

async function expectInNextStore(trial: Trial, dir: string): Promise<void> {
  const next = await DiskCache.open({ dir })
  await trial.expectAll(next)
  await next.set('./next', 'works')
  expect(await next.get('./next')).toBe('works')
  await next.close()
  // The runtime closes the file of a Blob when it collects that.
  // A thread closes what may take long.
  const open = () => openIn(dir).filter(path => !path.includes('blobs'))
  await vi.waitFor(() => expect(open()).toEqual([]), { interval: 1, timeout: 10_000 })
  expect(await leftovers(dir)).toEqual([])
}

/** Answers how many operations could have failed. */
async function run(name: string, code: string, nth: number, lasts: boolean): Promise<number> {
  const dir = temporaryDirectory()
  const faulty = new FaultyFiles(code, nth, lasts)
  const trial = await Trial.begin(dir, faulty.files)
  await scenarios[name]?.(trial)
  const { count } = faulty
  const isClosed = name === 'reclaiming'
  if (!isClosed && lasts && ['ENOSPC', 'EDQUOT', 'EROFS'].includes(code)) await trial.expectAll()
  faulty.end()
  await expectHelpfulErrors(trial.errors, code)
  await (isClosed ? expectInNextStore(trial, dir) : expectToGoOn(trial, dir))
  return count
}

describe.each(Object.keys(scenarios))('%s', name => {
  test.each(Object.keys(faults))(
    'survives %s at every operation',
    async code => {
      const count = await run(name, code, Number.POSITIVE_INFINITY, false)
      expect(count).toBeGreaterThan(2)
      const step = rounds(Math.ceil(count / 3), 1)
      const first = Object.keys(faults).indexOf(code) % step
      for (let index = first; index < count; index += step) {
        const nth = index + 1
        for (const lasts of rounds(0, 1) ? [false, true] : [index % 2 === 0]) {
          await run(name, code, nth, lasts).catch(error => {
            throw new Error(`${code} at operation ${nth}${lasts ? ' and later' : ''}`, { cause: error })
          })
        }
      }
    },
    patience,
  )
})

test.each(['goes on', 'fails'])(
  'an append that falls short, and then %s, leaves whole records and nothing else',
  async what => {
    const whole = 600
    for (let part = 0; part <= whole; part += rounds(29, 1)) {
      const dir = temporaryDirectory()
      let isShort = false
      let failing = false
      const files = hookedFiles({
        append(bytes, append) {
          if (failing) throw systemError('ENOSPC')
          if (!isShort) return append(bytes)
          isShort = false
          failing = what === 'fails'
          return part === 0 ? 0 : append(bytes.subarray(0, part))
        },
      })
      const trial = await Trial.begin(dir, files)
      await trial.set('./earlier', 'kept')
      isShort = true
      await Promise.all([1, 2, 3, 4].map(number => trial.set(`./${number}`, number)))
      if (what === 'goes on') expect(trial.errors).toEqual([])
      failing = false
      await expectHelpfulErrors(trial.errors, 'ENOSPC')
      await expectToGoOn(trial, dir)
    }
  },
  patience,
)

test('a claim that could not be released on a full disk is released when there is room again', async () => {
  let isFull = false
  const dir = temporaryDirectory()
  const files = hookedFiles({
    before(operation) {
      if (isFull && operation === 'append') throw systemError('ENOSPC')
    },
  })
  const [owner, other] = [await DiskCache.open({ dir, files }), await DiskCache.open({ dir })]
  const wanted = { stamp: entryOf(0).stamp, params: undefined }
  const claim = await owner.store.claim('a', wanted, {})
  if (typeof claim !== 'object') throw new Error('not granted')
  isFull = true
  await expect(claim.release('failed')).rejects.toMatchObject({ code: 'store-write' })
  const waiting = other.store.claim('a', wanted, {})
  isFull = false
  expect(typeof (await waiting)).toBe('object')
  await Promise.all([owner.close(), other.close()])
})
