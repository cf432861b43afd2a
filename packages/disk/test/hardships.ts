// Lives through a trouble that the system itself makes, and says what came of it: `hardships.ts <trouble> <directory>`.
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sourceFlags } from '@stagcache/test-kit/arguments'
import { DiskCache } from '../src/disk-cache.ts'

const [, , trouble = '', dir = ''] = process.argv
const large = (seed: number, bytes = 200_000) => new Uint8Array(bytes).fill(seed)

/** What became of a cache in trouble. */
class Report {
  readonly refusals = new Set<string>()
  readonly events = new Set<string>()
  accepted = 0
  generated = true
  kept = true
  recovered = false

  watch(cache: DiskCache): DiskCache {
    cache.events.on('error', ({ error }) => this.events.add(String(error)))
    return cache
  }

  async set(cache: DiskCache, name: string, value: unknown): Promise<void> {
    try {
      await cache.set(name, value)
      this.accepted++
    } catch (error) {
      this.refusals.add(String(error))
    }
  }

  async generate(cache: DiskCache, name: string): Promise<void> {
    this.generated &&= (await cache.cache(name, () => 'generated')) === 'generated'
  }

  async store(cache: DiskCache): Promise<void> {
    await cache.set('./small', 'kept')
    await cache.set('./large', large(7))
  }

  async look(cache: DiskCache): Promise<void> {
    this.kept &&= (await cache.get('./small')) === 'kept'
    this.kept &&= Buffer.from(large(7)).equals((await cache.get('./large')) as Uint8Array)
  }

  async recover(cache: DiskCache): Promise<void> {
    // A log that could only be read is tried again after a second.
    await delay(1100)
    await cache.set('./later', large(9))
    await this.look(cache)
    this.recovered = (await cache.get('./later')) !== undefined
  }

  print(): void {
    const { refusals, events, ...rest } = this
    console.log(JSON.stringify({ refusals: [...refusals], events: [...events], ...rest }))
  }
}

const report = new Report()
const troubles: Record<string, () => Promise<void>> = {
  async full() {
    mountSmall()
    const cache = report.watch(new DiskCache({ dir: join(dir, 'cache') }))
    await report.store(cache)
    const partner = fork(import.meta.filename, ['partner', dir], { execArgv: [...sourceFlags] })
    await once(partner, 'message')
    fill(join(dir, 'ballast'))
    partner.send('full')
    for (let round = 0; round < 40; round++) {
      // What is replaced becomes garbage, so that there is something to reclaim, and no room to do it.
      await report.set(cache, './changing', 'x'.repeat(40_000) + round)
      await report.set(cache, `./big${round % 3}`, large(round, 300_000))
      await report.generate(cache, `./generated${round}`)
    }
    await report.look(cache)
    partner.send('look')
    const [theirs] = (await once(partner, 'message')) as [Report]
    report.kept &&= theirs.kept
    report.generated &&= theirs.generated
    fs.rmSync(join(dir, 'ballast'))
    await report.recover(cache)
    partner.send('recover')
    const [recovered] = (await once(partner, 'message')) as [Report]
    report.recovered &&= recovered.recovered
    await once(partner, 'exit')
    for (let round = 0; round < 60; round++) await cache.set('./changing', 'x'.repeat(40_000) + round)
    await cache.close()
    const next = new DiskCache({ dir: join(dir, 'cache') })
    await report.look(next)
    await next.close()
  },

  /** Another process on the same disk. */
  async partner() {
    const cache = report.watch(new DiskCache({ dir: join(dir, 'cache') }))
    await report.look(cache)
    process.send?.('ready')
    for await (const [order] of messages()) {
      if (order === 'full') {
        for (let round = 0; round < 40; round++) {
          await report.set(cache, './theirs', large(round, 100_000))
          await report.generate(cache, `./their${round}`)
        }
      }
      if (order === 'look') await report.look(cache)
      if (order === 'recover') await report.recover(cache)
      if (order !== 'full') process.send?.({ ...report })
      if (order === 'recover') break
    }
    await cache.close()
    process.disconnect()
  },

  async 'read-only'() {
    mountSmall()
    const first = new DiskCache({ dir: join(dir, 'cache') })
    await report.store(first)
    await first.close()
    execFileSync('mount', ['-o', 'remount,ro', dir])
    const cache = report.watch(new DiskCache({ dir: join(dir, 'cache') }))
    await useInTrouble(cache)
    execFileSync('mount', ['-o', 'remount,rw', dir])
    await report.recover(cache)
    await cache.close()
  },

  async 'lost permission'() {
    const path = join(dir, 'cache')
    if (process.getuid?.() === 0) {
      fs.chmodSync(dir, 0o777)
      process.seteuid?.(65534)
    }
    const first = new DiskCache({ dir: path })
    await report.store(first)
    await first.close()
    const modes = fs.readdirSync(path, { recursive: true, withFileTypes: true }).map(entry => {
      const each = join(entry.parentPath, entry.name)
      return [each, fs.statSync(each).mode] as const
    })
    for (const [each, mode] of [...modes].reverse()) fs.chmodSync(each, mode & 0o555)
    const cache = report.watch(new DiskCache({ dir: path }))
    await useInTrouble(cache)
    for (const [each, mode] of modes) fs.chmodSync(each, mode)
    await report.recover(cache)
    await cache.close()
  },

  async 'no descriptors'() {
    const cache = report.watch(new DiskCache({ dir: join(dir, 'cache') }))
    await report.store(cache)
    // What goes on in the background would give some back.
    await delay(500)
    const held: number[] = []
    try {
      for (;;) held.push(fs.openSync('/dev/null', 'r'))
    } catch {}
    const other = report.watch(new DiskCache({ dir: join(dir, 'cache') }))
    await report.set(cache, './a', large(1))
    await report.set(other, './a', 1)
    await report.generate(cache, './b')
    await report.generate(other, './c')
    report.kept &&= (await cache.get('./small')) === 'kept'
    for (const descriptor of held) fs.closeSync(descriptor)
    await report.recover(cache)
    await report.look(other)
    await Promise.all([cache.close(), other.close()])
  },
}

async function useInTrouble(cache: DiskCache): Promise<void> {
  await report.look(cache)
  await report.set(cache, './a', 1)
  await report.set(cache, './a', large(1))
  await report.generate(cache, './b')
  await report.look(cache)
}

function mountSmall(): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dir])
}

function fill(path: string): void {
  const file = fs.openSync(path, 'w')
  try {
    for (let bytes = 1 << 20; bytes >= 4096; ) {
      try {
        if (fs.writeSync(file, Buffer.alloc(bytes)) < bytes) bytes >>= 1
      } catch {
        bytes >>= 1
      }
    }
  } finally {
    fs.closeSync(file)
  }
}

async function* messages(): AsyncGenerator<unknown[]> {
  const queue: unknown[][] = []
  let wake = () => {}
  process.on('message', message => {
    queue.push([message])
    wake()
  })
  for (;;) {
    while (queue.length > 0) yield queue.shift() as unknown[]
    await new Promise<void>(resolve => (wake = resolve))
  }
}

await troubles[trouble]?.()
if (trouble !== 'partner') report.print()
