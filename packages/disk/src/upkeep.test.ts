import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemError } from '../test/hooked-files.ts'
import { stretchOf } from './stretch.ts'
import { Upkeep, type UpkeepContext } from './upkeep.ts'
import type { Use } from './uses-record.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const mebibyte = 1 << 20
const own = 1n
const other = 2n

function recordThatExpires(hasExpired: boolean): Buffer {
  const record = Buffer.alloc(72)
  record.writeDoubleLE(hasExpired ? 1 : 0, 40)
  return record
}

/** What a directory is like around its upkeep, and what that does about it. */
class Surroundings {
  readonly done: string[] = []
  readonly failures: unknown[] = []
  readonly networks: string[] = []
  log = { scanned: 0, writable: true, sealed: false }
  index = {
    recordBytes: 0,
    blobBytes: 0,
    count: 0,
    bytesOf: () => 1,
    placeOf: (row: number) => ({ position: row, length: 72 }),
  }
  /** How many of the entries have expired: the first ones. */
  expired = 0
  wantsSnapshot = false
  hasUnsavedRecords = false
  hasLeftovers = false
  isGarbageDue = false
  /** What this store has pinned. */
  pinned: string[] = []
  /** Numbers of the stores whose drafts lie about, and which of them live. */
  drafts: bigint[] = []
  alive: bigint[] = []
  uses: Use[] = []
  /** Which blobs the log names that everybody follows now. */
  readonly named = new Map([
    ['named', 'named'],
    ['dropped', 'newer'],
  ])
  fileSystem: { type: number | undefined; path: string } = { type: 0xef53, path: '/' }
  /** What reclaiming fails with. */
  fault: unknown

  readonly upkeep: Upkeep

  constructor(maxBytes: number = 100 * mebibyte) {
    const around = this
    const records = { knownRecordAt: (row: number) => stretchOf(recordThatExpires(row < this.expired)) }
    const followed = { log: this.log, contents: { index: this.index, records } }
    const parts = {
      directory: {
        path: '/cache',
        drafts: () => this.drafts.map(writer => ({ path: '', writer })),
        files: { fileSystemOf: async () => this.fileSystem },
      },
      follower: {
        followed,
        load: async () => followed,
        refresh: () => followed,
        refreshByPath: () => followed,
        findAnew: (name: string) => ({ record: { blob: { file: this.named.get(name) } } }),
        takeUses: (enough: number) => this.uses.splice(0, enough),
        get wantsSnapshot() {
          return around.wantsSnapshot
        },
        get hasUnsavedRecords() {
          return around.hasUnsavedRecords
        },
        saveSnapshot: async () => {
          this.wantsSnapshot = false
          this.done.push('snapshot')
        },
      },
      appender: {
        append: async ({ uses }: { uses: readonly Use[] }) => void this.done.push(`${uses.length} uses`),
      },
      reclaimer: { reclaim: async () => this.#reclaim() },
      sweeper: {
        hasLeftovers: async () => this.hasLeftovers,
        sweep: async () => void this.done.push('sweep'),
        outOfUse: async (files: string[]) => files.filter(file => !this.named.has(file)),
      },
      pins: { close: () => this.pinned },
      garbage: {
        get isDue() {
          return around.isGarbageDue
        },
        remove: async (files: string[]) => void (files.length > 0 && this.done.push(`remove ${files}`)),
        retry: async () => {
          if (this.isGarbageDue) this.done.push('retry')
          this.isGarbageDue = false
        },
      },
      liveness: { announce: async () => {}, isAlive: async (writer: bigint) => this.alive.includes(writer) },
    }
    this.upkeep = new Upkeep({
      ...(parts as unknown as UpkeepContext),
      writer: own,
      maxBytes,
      failed: error => this.failures.push(error),
      isOnNetwork: network => this.networks.push(network),
    })
  }

  #reclaim() {
    this.done.push('reclaim')
    if (this.fault !== undefined) throw this.fault
    this.log.scanned = this.index.recordBytes
    const blobs = ['dropped', 'named'].map(file => ({ name: file, file }))
    return { blobs, bytes: this.index.recordBytes + this.index.blobBytes }
  }

  /** Something is written, and whatever comes of it is through; answers what that was. */
  async written(): Promise<string[]> {
    this.done.length = 0
    this.upkeep.written()
    await vi.advanceTimersByTimeAsync(0)
    return [...this.done]
  }

  async closed(): Promise<string[]> {
    this.done.length = 0
    await this.upkeep.close()
    return [...this.done]
  }
}

const reclaimed = ['reclaim', 'remove dropped', 'sweep']

describe('a log', () => {
  test.each([
    { garbage: 1, live: 0, is: 'reclaimed' },
    { garbage: 0.9, live: 0, is: 'left alone' },
    { garbage: 3.1, live: 3, is: 'reclaimed' },
    { garbage: 2.9, live: 3, is: 'left alone' },
  ])('with $garbage MiB of garbage beside $live MiB is $is', async ({ garbage, live, is }) => {
    const around = new Surroundings()
    await around.written()
    around.index.recordBytes = live * mebibyte
    around.log.scanned = (live + garbage) * mebibyte + 64
    expect(await around.written()).toEqual(is === 'reclaimed' ? reclaimed : [])
  })

  test('is reclaimed when it has grown beyond what the directory may have, together with the blobs', async () => {
    const around = new Surroundings(10 * mebibyte)
    around.index = Object.assign(around.index, { recordBytes: 4 * mebibyte, blobBytes: 6 * mebibyte })
    around.log.scanned = 4 * mebibyte
    expect(await around.written()).toEqual([])
    around.log.scanned += 1
    expect(await around.written()).toEqual(reclaimed)
  })

  test.each([
    { expired: 6, mebibytes: 9, is: 'reclaimed' },
    { expired: 5, mebibytes: 10, is: 'left alone' },
    { expired: 10, mebibytes: 0.45, is: 'left alone' },
  ])('of $mebibytes MiB, $expired tenths of which have expired, is $is', async row => {
    const around = new Surroundings()
    Object.assign(around.index, {
      count: 1000,
      recordBytes: row.mebibytes * mebibyte,
      blobBytes: mebibyte * row.mebibytes,
    })
    around.log.scanned = row.mebibytes * mebibyte
    around.expired = row.expired * 100
    expect(await around.written()).toEqual(row.is === 'reclaimed' ? reclaimed : [])
    // What is there now may not have expired.
    around.log.scanned += mebibyte / 2
    expect(await around.written()).toEqual([])
  })

  test('that reclaiming could not make smaller is not tried again before there is something new', async () => {
    const around = new Surroundings(mebibyte)
    const grow = (bytes: number) => {
      around.index.recordBytes += bytes
      around.log.scanned += bytes
    }
    grow(2 * mebibyte)
    expect(await around.written()).toEqual(reclaimed)
    grow(60 << 10)
    expect(await around.written()).toEqual([])
    grow(60 << 10)
    expect(await around.written()).toEqual(reclaimed)
  })

  test('that has grown again to what it was is reclaimed again', async () => {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    expect(await around.written()).toEqual(reclaimed)
    around.log.scanned = 50 * mebibyte
    expect(await around.written()).toEqual(reclaimed)
  })

  test('that can only be read is left alone', async () => {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    around.log.writable = false
    around.uses = [{ position: 1, hash: 1, uses: 1, usedAt: 1 }]
    expect(await around.written()).toEqual([])
    expect(await around.closed()).toEqual([])
  })

  test('is reclaimed once, whatever is written meanwhile', async () => {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    around.upkeep.written()
    expect(await around.written()).toEqual(reclaimed)
  })

  test('that wants a snapshot gets one, but not right after it was reclaimed with one', async () => {
    const around = new Surroundings()
    around.wantsSnapshot = true
    expect(await around.written()).toEqual(['snapshot'])
    around.wantsSnapshot = true
    around.log.scanned = 50 * mebibyte
    expect((await around.written())[0]).toBe('reclaim')
  })
})

describe('while another process reclaims', () => {
  function busy(): Surroundings {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    around.drafts = [other]
    around.alive = [other]
    return around
  }

  test('this one does not, and looks again a tenth of a second later', async () => {
    const around = busy()
    expect(await around.written()).toEqual([])
    around.drafts = []
    expect(await around.written()).toEqual([])
    await vi.advanceTimersByTimeAsync(101)
    expect(await around.written()).toEqual(reclaimed)
  })

  test('and has been dead for long, or is this one, that is no reason', async () => {
    const around = busy()
    around.drafts = [other, own]
    around.alive = [own]
    expect(await around.written()).toEqual(reclaimed)
  })

  test('and goes on with it for half a minute, this one begins too', async () => {
    const around = busy()
    for (let seconds = 0; seconds < 30; seconds++) {
      expect(await around.written()).toEqual([])
      await vi.advanceTimersByTimeAsync(1000)
    }
    await vi.advanceTimersByTimeAsync(1000)
    expect(await around.written()).toEqual(reclaimed)
  })
})

test('what could not be removed is tried again when it is time for that', async () => {
  const around = new Surroundings()
  expect(await around.written()).toEqual([])
  around.isGarbageDue = true
  expect(await around.written()).toEqual(['retry'])
  expect(await around.written()).toEqual([])
})

describe('what fails', () => {
  test('is told of, and tried again a minute later', async () => {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    around.fault = systemError('ENOSPC')
    expect(await around.written()).toEqual(['reclaim'])
    expect(around.failures).toEqual([around.fault])
    expect(await around.written()).toEqual([])
    await vi.advanceTimersByTimeAsync(60_001)
    around.fault = undefined
    expect(await around.written()).toEqual(reclaimed)
  })

  test('since the directory was removed is nothing to tell of', async () => {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    around.fault = new Error('cannot', { cause: systemError('ENOENT') })
    await around.written()
    expect(around.failures).toEqual([])
  })
})

describe('when the first entry is written', () => {
  test.each([true, false])('what the dead have left (%s) is swept up, once', async hasLeftovers => {
    const around = new Surroundings()
    around.hasLeftovers = hasLeftovers
    expect(await around.written()).toEqual(hasLeftovers ? ['sweep'] : [])
    expect(await around.written()).toEqual([])
  })

  test('what they leave later is, ten minutes after the last look', async () => {
    const around = new Surroundings()
    await around.written()
    around.hasLeftovers = true
    await vi.advanceTimersByTimeAsync(599_000)
    expect(await around.written()).toEqual([])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await around.written()).toEqual(['sweep'])
    expect(around.networks).toEqual([])
  })

  test('a directory on a network is told of', async () => {
    const around = new Surroundings()
    around.fileSystem = { type: 0x6969, path: '/' }
    await around.written()
    expect(around.networks).toEqual(['NFS'])
  })

  test('one of which nobody knows is not', async () => {
    const around = new Surroundings()
    around.fileSystem = { type: undefined, path: '/' }
    await around.written()
    expect(around.networks).toEqual([])
  })
})

describe('uses', () => {
  const use = (position: number): Use => ({ position, hash: position, uses: 1, usedAt: 1 })

  test('are told half a minute after the first of them', async () => {
    const around = new Surroundings()
    around.uses = [use(1), use(2)]
    around.upkeep.used()
    await vi.advanceTimersByTimeAsync(20_000)
    around.upkeep.used()
    await vi.advanceTimersByTimeAsync(9_999)
    expect(around.done).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(around.done).toEqual(['2 uses'])
  })

  test('of many entries are told in parts', async () => {
    const around = new Surroundings()
    around.uses = Array.from({ length: 5000 }, (_, position) => use(position))
    around.upkeep.used()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(around.done).toEqual(['4096 uses'])
    await vi.advanceTimersByTimeAsync(30_000)
    expect(around.done).toEqual(['4096 uses', '904 uses'])
    await vi.advanceTimersByTimeAsync(90_000)
    expect(around.done).toHaveLength(2)
  })

  test('are all told before a log is reclaimed, and when the store is closed', async () => {
    const around = new Surroundings()
    around.index.count = 5000
    around.log.scanned = 50 * mebibyte
    around.uses = Array.from({ length: 5000 }, (_, position) => use(position))
    expect(await around.written()).toEqual(['4096 uses', '904 uses', ...reclaimed])
    around.uses = [use(1)]
    expect(await around.closed()).toEqual(['1 uses'])
  })
})

describe('closing', () => {
  test('reclaims what is wasteful, and leaves a snapshot', async () => {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    around.hasUnsavedRecords = true
    expect(await around.closed()).toEqual([...reclaimed, 'snapshot'])
  })

  test('does nothing where there is nothing to do, and nothing happens afterwards', async () => {
    const around = new Surroundings()
    around.upkeep.used()
    expect(await around.closed()).toEqual([])
    around.log.scanned = 50 * mebibyte
    around.uses = [{ position: 1, hash: 1, uses: 1, usedAt: 1 }]
    around.upkeep.used()
    expect(await around.written()).toEqual([])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(around.done).toEqual([])
  })

  test('removes what was put an end to while it was pinned, and tries again what waits', async () => {
    const around = new Surroundings()
    around.pinned = ['named', 'replaced']
    around.isGarbageDue = true
    expect(await around.closed()).toEqual(['remove replaced', 'retry'])
  })

  test('waits for what is under way', async () => {
    const around = new Surroundings()
    around.log.scanned = 50 * mebibyte
    around.upkeep.written()
    expect(await around.closed()).toEqual(reclaimed)
  })
})
