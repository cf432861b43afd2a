import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Cache, defineType, isCacheError } from '@stagcache/core'
import { storeContract } from '@stagcache/core/testing'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { leaves } from '../test/check-directory.ts'
import { difference } from '../test/difference.ts'
import { hookedFiles, type Operation, systemError } from '../test/hooked-files.ts'
import { LogProcess } from '../test/log-process.ts'
import { headWith } from '../test/logs.ts'
import { needsPermissions } from '../test/needs.ts'
import { blobPaths, entryOf, largeValue, logBytes, logNumbers, logPath, openStore } from '../test/stores.ts'
import { DiskStore } from './disk-store.ts'
import { startHash } from './hash.ts'
import { emptyLog } from './log.ts'
import { signRecord } from './record.ts'
import { keepAll } from './successor.ts'
import { valueRecord } from './value-record.ts'

describe('the store contract', () => {
  storeContract({
    test,
    create: () => new DiskStore({ dir: temporaryDirectory() }),
    reopen: closed => new DiskStore({ dir: (closed as DiskStore).dir }),
    sibling: store => new DiskStore({ dir: (store as DiskStore).dir }),
    values: 'structured-clone',
  })
})

describe('operations that nobody awaits', () => {
  test('take effect in the order in which they were called, before the store has started', async () => {
    const store = openStore()
    store.put('a', 1)
    store.put('a', largeValue(2))
    store.put('a', 3)
    store.remove('a')
    store.put('a', 4)
    store.put('b', largeValue(5))
    expect(await store.value('a')).toBe(4)
    expect(await store.value('b')).toEqual(largeValue(5))
  })

  test('take effect in order however large their values are', async () => {
    const store = openStore()
    await store.put('warm', 0)
    const model = new Map<string, unknown>()
    const reads: Promise<void>[] = []
    for (let step = 0; step < 300; step++) {
      const name = `n${(step * 7) % 5}`
      if (step % 41 === 40) {
        model.clear()
        store.clear()
      } else if (step % 7 === 6) {
        model.delete(name)
        store.remove(name)
      } else {
        const value = step % 3 === 0 ? largeValue(step % 250, 70_000) : step
        model.set(name, value)
        store.put(name, value)
      }
      const expected = model.get(name)
      reads.push(store.value(name).then(value => expect(value, `step ${step}`).toEqual(expected)))
    }
    await Promise.all(reads)
  }, 30_000)

  test.each<[string, (store: ReturnType<typeof openStore>) => unknown]>([
    ['nothing else', () => {}],
    ['a large write of another name', store => store.put('other', largeValue(1))],
    ['a large write of the same name', store => store.put('a', largeValue(1))],
    ['a clear', store => store.clear()],
  ])('a read sees nothing that was called after it, beside %s', async (_, before) => {
    for (const warm of [true, false]) {
      const store = openStore()
      await store.put('a', 'first')
      const again = warm ? store : openStore({ dir: store.dir })
      before(again)
      const read = again.value('a')
      again.put('a', 'later')
      expect(await read).not.toBe('later')
      expect(await again.value('a')).toBe('later')
      const last = again.value('a')
      again.clear()
      expect(await last).toBe('later')
    }
  })

  test('a large value is read whole even if it is replaced while it is being read', async () => {
    const store = openStore()
    await store.put('a', largeValue(1, 3_000_000))
    const read = store.value('a')
    store.put('a', 2)
    expect(await read).toEqual(largeValue(1, 3_000_000))
    expect(await store.value('a')).toBe(2)
  })

  test('values are taken as they are when write is called', async () => {
    const store = openStore()
    const small = { list: [1] }
    const large = largeValue(1)
    store.put('small', small)
    store.put('large', large)
    small.list.push(2)
    large.fill(9)
    expect(await store.value('small')).toEqual({ list: [1] })
    expect(await store.value('large')).toEqual(largeValue(1))
  })

  test('close waits for them', async () => {
    const dir = temporaryDirectory()
    const store = new DiskStore({ dir })
    store.write('small', entryOf(1))
    store.write('large', entryOf(largeValue(2)))
    await store.close()
    const again = openStore({ dir })
    expect(await again.value('small')).toBe(1)
    expect(await again.value('large')).toEqual(largeValue(2))
  })
})

describe('writes', () => {
  test('of one tick are one append', async () => {
    let appends = 0
    const files = hookedFiles({ before: operation => void (operation === 'append' && appends++) })
    const store = openStore({ dir: temporaryDirectory(), files })
    await store.put('first', 0)
    appends = 0
    await Promise.all([
      ...Array.from({ length: 100 }, (_, index) => store.put(`n${index}`, index)),
      store.remove('n5'),
    ])
    expect(appends).toBe(1)
    expect(await store.value('n99')).toBe(99)
    expect(await store.value('n5')).toBeUndefined()
    await store.put('next', 1)
    expect(appends).toBe(2)
  })

  test('up to 64 KiB lie in the log, larger ones in a file', async () => {
    const store = openStore()
    await store.put('small', 'x'.repeat(65_000))
    expect(() => blobPaths(store.dir)).toThrow('ENOENT')
    await store.put('large', 'x'.repeat(66_000))
    expect(blobPaths(store.dir)).toHaveLength(1)
    expect(await store.value('large')).toBe('x'.repeat(66_000))
  })

  test('remove the file of the value that they replace', async () => {
    const store = openStore()
    for (let seed = 0; seed < 5; seed++) await store.put('a', largeValue(seed))
    await store.put('b', largeValue(1))
    await store.put('c', largeValue(1))
    await store.close()
    expect(blobPaths(store.dir)).toHaveLength(3)
    const again = openStore({ dir: store.dir })
    await again.put('a', 'small')
    await again.remove('b')
    await again.close()
    expect(blobPaths(store.dir)).toHaveLength(1)
    const last = openStore({ dir: store.dir })
    await last.clear()
    await last.close()
    expect(blobPaths(store.dir)).toHaveLength(0)
  })

  test('leave a directory that only its owner can enter, and that backups and git leave alone', async () => {
    const outer = temporaryDirectory()
    const store = openStore({ dir: join(outer, 'made', 'on', 'demand') })
    expect(readdirSync(outer)).toEqual([])
    expect(await store.value('a')).toBeUndefined()
    expect(readdirSync(outer)).toEqual([])
    await store.put('a', largeValue(1))
    await store.close()
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
    const files = readdirSync(store.dir, { recursive: true, withFileTypes: true })
    expect(files.length).toBeGreaterThan(5)
    for (const file of files)
      expect(mode(join(file.parentPath, file.name)), file.name).toBe(file.isFile() ? '600' : '700')
    expect(mode(store.dir)).toBe('700')
    expect(readFileSync(join(store.dir, '.gitignore'), 'utf8')).toMatch(/^\*$/m)
    expect(readFileSync(join(store.dir, 'CACHEDIR.TAG'), 'utf8')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    )
    expect(files.filter(file => file.name.endsWith('.draft'))).toEqual([])
  })
})

describe('names', () => {
  test('of any text are distinct, and never paths', async () => {
    const special = [
      '..',
      '../..',
      '../../etc/passwd',
      '/',
      '\\',
      'C:\\x',
      'a',
      'a/b',
      'a/b/..',
      'A',
      'a ',
      ' a',
      'a.',
      'a\0',
      'a\0b',
      '\0',
      'CON',
      'con',
      'NUL',
      'aux.txt',
      '.',
      '...',
      '~',
      '$HOME',
      '*',
      '?',
      'ä',
      'a\u0308',
      'Ä',
      '\ud800',
      '\udc00',
      '\ud800a',
      '\ufffd',
      '\ufeff',
      '\ufeffa',
      'é',
      'e\u0301',
      'ﬁ',
      'fi',
      'ß',
      'ss',
      '__proto__',
      'constructor',
      'toString',
      'x'.repeat(1 << 20),
      `${'x'.repeat((1 << 20) - 1)}y`,
      '漢'.repeat(100_000),
      '\ud83d',
      '😀',
      '%2e%2e',
      '\n',
      '\r\n',
      '\u2028',
    ]
    const pieces = [
      '..',
      '/',
      '\\',
      '\0',
      'A',
      'a',
      'ä',
      'a\u0308',
      '\ud800',
      '\udfff',
      ' ',
      '.',
      'CON',
      ':',
      '\ufeff',
      '%',
    ]
    const names = new Set(special)
    for (let number = 0; names.size < 10_000; number++) {
      let name = ''
      for (let rest = number; rest > 0; rest = Math.floor(rest / pieces.length))
        name += pieces[rest % pieces.length]
      if (name) names.add(name)
    }
    const store = openStore()
    await Promise.all([...names].map((name, index) => store.put(name, index)))
    const again = openStore({ dir: store.dir })
    for (const reader of [store, again]) {
      let index = 0
      for (const name of names) {
        const value = await reader.value(name)
        if (value !== index++) expect(value, JSON.stringify(name.slice(0, 50))).toBe(index - 1)
      }
    }
    await again.remove('a')
    expect(await store.value('a')).toBeUndefined()
    expect(await store.value('A')).toBe(special.indexOf('A'))
    expect(readdirSync(store.dir).toSorted()).toEqual(['.gitignore', 'CACHEDIR.TAG', 'store-v1'])
    expect(readdirSync(join(store.dir, 'store-v1'))).toEqual(['00000001.log'])
    expect(again.events).toEqual([])
  })
})

describe('two stores on one directory', () => {
  test('see each other at the next read, in one process', async () => {
    const one = openStore()
    const other = openStore({ dir: one.dir })
    for (let round = 0; round < 20; round++) {
      await one.put('a', round)
      expect(await other.value('a')).toBe(round)
      await other.put('b', largeValue(round))
      expect(await one.value('b')).toEqual(largeValue(round))
    }
    await one.remove('a')
    expect(await other.value('a')).toBeUndefined()
    await other.clear()
    expect(await one.value('b')).toBeUndefined()
    expect([...one.events, ...other.events]).toEqual([])
  })

  test('a miss looks anew, even in the same run of the program', async () => {
    const one = openStore()
    const other = openStore({ dir: one.dir })
    await Promise.all([one.put('known', 1), other.put('x', 1)])
    expect(await other.value('known')).toBe(1)
    const hit = other.value('known')
    const write = one.put('new', 2)
    one.value('new')
    expect(await other.value('new')).toBe(2)
    await Promise.all([hit, write])
  })

  test('that begin at once agree on one log', async () => {
    const dir = temporaryDirectory()
    const stores = Array.from({ length: 8 }, () => openStore({ dir }))
    await Promise.all(stores.map((store, index) => store.put(`n${index}`, index)))
    for (const store of stores)
      for (let index = 0; index < 8; index++) expect(await store.value(`n${index}`)).toBe(index)
    expect(readdirSync(join(dir, 'store-v1'))).toEqual(['00000001.log'])
  })

  test('that begin at once in several processes agree on one log', async () => {
    const dir = temporaryDirectory()
    const partners = Array.from({ length: 5 }, () =>
      inProcess(new URL('../test/partner.ts', import.meta.url), dir),
    )
    await Promise.all(partners.map(partner => partner.line()))
    for (const [index, partner] of partners.entries())
      partner.say(JSON.stringify({ put: [`n${index}`, index] }))
    await Promise.all(partners.map(partner => partner.line()))
    const store = openStore({ dir })
    for (const index of partners.keys()) expect(await store.value(`n${index}`)).toBe(index)
    expect(readdirSync(join(dir, 'store-v1'))).toEqual(['00000001.log'])
    expect(store.events).toEqual([])
  }, 30_000)

  test('see each other at the next read, in two processes', async () => {
    leaves('leftover')
    const store = openStore()
    const partner = inProcess(new URL('../test/partner.ts', import.meta.url), store.dir)
    const ask = async (request: object) => {
      partner.say(JSON.stringify(request))
      return JSON.parse(await partner.line()).value
    }
    await partner.line()
    expect(await ask({ get: 'a' })).toBe(null)
    for (let round = 0; round < 10; round++) {
      await store.put('a', round)
      expect(await ask({ get: 'a' })).toBe(round)
      await ask({ put: ['b', 'x'.repeat(round * 20_000)] })
      expect(await store.value('b')).toBe('x'.repeat(round * 20_000))
    }
    await ask({ remove: 'a' })
    expect(await store.value('a')).toBeUndefined()
    await ask({ clear: true })
    expect(await store.value('b')).toBeUndefined()
    expect(store.events).toEqual([])
  }, 30_000)
})

describe('a directory', () => {
  test('that is removed counts as cleared, and is made again by the next write', async () => {
    const store = openStore()
    for (const value of [1, largeValue(2)]) {
      await store.put('a', value)
      await store.put('b', value)
      rmSync(store.dir, { recursive: true })
      expect(await store.value('a')).toBeUndefined()
      await store.put('a', value)
      expect(await store.value('a')).toEqual(value)
      expect(await store.value('b')).toBeUndefined()
      expect(await openStore({ dir: store.dir }).value('a')).toEqual(value)
    }
    expect(store.events).toEqual([])
  })

  test('that is removed loses no write that begins afterwards', async () => {
    const store = openStore()
    for (let round = 0; round < 20; round++) {
      await store.put('a', round)
      rmSync(store.dir, { recursive: true })
      await store.put('a', round)
      expect(await openStore({ dir: store.dir }).value('a')).toBe(round)
    }
  })

  test('that is moved away is noticed within a second', async () => {
    const now = vi.spyOn(performance, 'now')
    try {
      let time = 0
      now.mockImplementation(() => time)
      const store = openStore()
      await store.put('a', 1)
      const elsewhere = join(temporaryDirectory(), 'moved')
      renameSync(store.dir, elsewhere)
      time += 1001
      expect(await store.value('a')).toBeUndefined()
      await store.put('a', 2)
      expect(await store.value('a')).toBe(2)
      expect(await openStore({ dir: elsewhere }).value('a')).toBe(1)
    } finally {
      now.mockRestore()
    }
  })

  test('that is replaced by another is read from its beginning', async () => {
    const store = openStore()
    await store.put('a', 1)
    await store.put('b', 1)
    const other = openStore()
    await other.put('a', 2)
    rmSync(store.dir, { recursive: true })
    renameSync(other.dir, store.dir)
    expect(await store.value('a')).toBe(2)
    expect(await store.value('b')).toBeUndefined()
  })

  test('whose path is a file is a clear error', async () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'mine')
    const store = openStore({ dir: join(path, 'cache') })
    const error = await store.put('a', 1).catch(error => error)
    expect(error.message).toContain('A part of the path is a file')
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })
})

describe('a log', () => {
  test('that is cut off keeps what lies before, and goes on', async () => {
    leaves('torn-record')
    const store = openStore()
    await store.put('a', 1)
    const { size } = statSync(logPath(store.dir))
    await store.put('b', 2)
    truncateSync(logPath(store.dir), size + 11)
    expect(await store.value('a')).toBe(1)
    expect(await store.value('b')).toBeUndefined()
    expect(store.events).toEqual([])
    await store.put('c', 3)
    expect(await store.value('c')).toBe(3)
    const again = openStore({ dir: store.dir })
    expect(await again.value('a')).toBe(1)
    expect(await again.value('c')).toBe(3)
    expect(again.events).toMatchObject([{ type: 'corrupt' }])
  })

  test.each<[string, (path: string) => void]>([
    ['an empty file', path => writeFileSync(path, '')],
    ['a foreign file', path => writeFileSync(path, 'a photo album'.repeat(100))],
    ['a short file', path => writeFileSync(path, 'StagLog\n')],
    ['a directory', path => mkdirSync(path)],
    ['a link to a file', path => symlinkSync(join(dirname(path), '00000001.log'), path)],
    ['a link to nothing', path => symlinkSync('/nowhere/at/all', path)],
    ['a pipe', path => execFileSync('mkfifo', [path])],
    ['a log of a future format', path => writeFileSync(path, futureLog())],
    ['a log with a damaged head', path => writeFileSync(path, damagedLog())],
  ])(
    'in whose place stands %s is a miss and one event, and the next write makes another',
    async (_, plant) => {
      leaves('outdated-log')
      await startHash()
      const store = openStore()
      await store.put('a', 1)
      await store.close()
      plant(logPath(store.dir, 2))
      const before = describeFile(logPath(store.dir, 2))
      const again = openStore({ dir: store.dir })
      expect(await again.value('a')).toBeUndefined()
      expect(await again.value('a')).toBeUndefined()
      expect(again.events).toMatchObject([{ type: 'corrupt', place: logPath(store.dir, 2) }])
      await again.put('a', 2)
      expect(await again.value('a')).toBe(2)
      expect(await openStore({ dir: store.dir }).value('a')).toBe(2)
      expect(describeFile(logPath(store.dir, 2))).toBe(before)
      expect(again.events).toHaveLength(1)
    },
  )

  test('with the highest number that there is does not hold up anybody', async () => {
    leaves('bad-log', 'unknown-name')
    const store = openStore()
    await store.put('a', 1)
    await store.close()
    for (const number of ['99999999', '999999999999999', '9999999999999999'])
      writeFileSync(join(store.dir, 'store-v1', `${number}.log`), 'planted')
    const again = openStore({ dir: store.dir })
    expect(await again.value('a')).toBeUndefined()
    const error = await again.put('a', 1).catch(error => error)
    if (error) expect(isCacheError(error, 'store-write')).toBe(true)
  })

  function futureLog(): Buffer {
    const head = emptyLog(headWith(1n))
    head.writeUInt32LE(2, 8)
    return head
  }

  function damagedLog(): Buffer {
    const head = emptyLog(headWith(1n))
    head[20] = 1
    return head
  }

  function describeFile(path: string): string {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats?.isFile() ? readFileSync(path, 'latin1') : String(stats?.mode)
  }
})

describe('any damage to a log', () => {
  const values = new Map<string, unknown>([
    ['./a', { text: 'x', list: [1, 2, 3] }],
    ['./b', new Map([['bytes', new Uint8Array(30).fill(3)]])],
    ['./c', 'last'],
  ])

  async function original(): Promise<{ dir: string; bytes: Buffer }> {
    const store = openStore()
    await store.put('./a', 'earlier')
    for (const [name, value] of values) await store.put(name, value)
    await store.put('./gone', 1)
    await store.remove('./gone')
    await store.close()
    return { dir: store.dir, bytes: logBytes(store.dir) }
  }

  /** What a new store reads: everything stored is what was stored last, what was stored before that, or absent. */
  async function check(dir: string, bytes: Buffer, what: string): Promise<void> {
    writeFileSync(logPath(dir), bytes)
    const store = new DiskStore({ dir })
    for (const [name, value] of values) {
      const entry = await store.read(name)
      if (entry === undefined || (name === './a' && entry.value === 'earlier')) continue
      if (!isDeepStrictEqual(entry, entryOf(value))) expect(entry, `${name}, ${what}`).toEqual(entryOf(value))
    }
    await store.close()
  }

  test('by changing one byte is a miss at worst', async () => {
    leaves('bad-record', 'torn-record', 'torn-tail')
    const { dir, bytes } = await original()
    for (let place = 0; place < bytes.length; place++) {
      const changed = Buffer.from(bytes)
      changed[place] = (changed[place] as number) ^ (1 << (place % 8))
      await check(dir, changed, `byte ${place}`)
    }
  }, 30_000)

  test('by cutting it off, or taking bytes out, is a miss at worst', async () => {
    leaves('bad-record', 'torn-record', 'torn-tail')
    const { dir, bytes } = await original()
    for (let length = 0; length < bytes.length; length++)
      await check(dir, bytes.subarray(0, length), `length ${length}`)
    for (let place = 0; place < bytes.length; place += 5)
      await check(
        dir,
        Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)]),
        `without ${place}`,
      )
  }, 30_000)

  test('below a store that has it open is a miss at worst', async () => {
    leaves('bad-record', 'torn-record', 'torn-tail')
    const { dir, bytes } = await original()
    for (let place = 0; place < bytes.length; place += 7) {
      writeFileSync(logPath(dir), bytes)
      const store = openStore({ dir })
      await store.value('./none')
      const changed = Buffer.from(bytes)
      changed[place] = (changed[place] as number) ^ 0x10
      writeFileSync(logPath(dir), changed)
      for (const [name, value] of values) {
        const found = await store.value(name)
        if (found !== undefined) expect(found).toEqual(value)
      }
      await store.close()
    }
  }, 30_000)
})

describe('a blob', () => {
  async function stored() {
    const store = openStore()
    await store.put('a', largeValue(1))
    await store.put('b', largeValue(2))
    await store.close()
    return { store: openStore({ dir: store.dir }), dir: store.dir }
  }

  test.each<[string, (path: string) => void]>([
    ['missing', path => rmSync(path)],
    ['empty', path => writeFileSync(path, '')],
    ['cut off', path => truncateSync(path, 1000)],
    ['too long', path => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(1)]))],
    ['damaged', path => writeFileSync(path, readFileSync(path).fill(7, 5000, 5001))],
    [
      'a directory',
      path => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
    [
      'a link to a good one',
      path => {
        renameSync(path, `${path}.moved`)
        symlinkSync(`${path}.moved`, path)
      },
    ],
    [
      'a pipe',
      path => {
        rmSync(path)
        execFileSync('mkfifo', [path])
      },
    ],
  ])('that is %s is a miss and an event, and can be written again', async (_, harm) => {
    leaves('missing-blob', 'bad-blob', 'unnamed-blob', 'foreign')
    const { store, dir } = await stored()
    for (const path of blobPaths(dir)) harm(path)
    expect(await store.value('a')).toBeUndefined()
    expect(await store.value('b')).toBeUndefined()
    expect(store.events).toMatchObject([
      { type: 'corrupt', name: 'a' },
      { type: 'corrupt', name: 'b' },
    ])
    await store.put('a', largeValue(3))
    expect(await store.value('a')).toEqual(largeValue(3))
  })

  test('that stands in the place of another is a miss', async () => {
    leaves('bad-blob')
    const { store, dir } = await stored()
    const [one, other] = blobPaths(dir) as [string, string]
    renameSync(one, `${one}.x`)
    renameSync(other, one)
    renameSync(`${one}.x`, other)
    expect(await store.value('a')).toBeUndefined()
    expect(await store.value('b')).toBeUndefined()
  })

  test('is never looked for outside its folder, whatever a record says', async () => {
    leaves('unreadable-value', 'open-permissions')
    await startHash()
    const dir = temporaryDirectory()
    const outside = join(dir, 'outside')
    writeFileSync(outside, 'mine')
    const hostile = [
      '../../../outside',
      '../outside',
      '/etc/passwd',
      outside,
      '..',
      '.',
      '',
      'a/b',
      '\0',
      'con',
      `${'0'.repeat(18)}-../x`,
      `${'0'.repeat(18)}-0\n`,
      `${'0'.repeat(18)}-0/../../../../outside`,
    ]
    mkdirSync(join(dir, 'cache', 'store-v1', 'blobs'), { recursive: true })
    const records = hostile.map((file, sequence) => {
      const { stamp, params, storedAt, cost } = entryOf(0)
      const record = valueRecord(
        { writer: 1n, sequence },
        `n${sequence}`,
        { stamp, params, storedAt, cost },
        { file, size: 4, checksum: 1n },
      )
      signRecord(record, 5n)
      return record
    })
    const plant = () =>
      writeFileSync(logPath(join(dir, 'cache')), Buffer.concat([emptyLog(headWith(5n)), ...records]))
    plant()
    const paths: string[] = []
    const files = hookedFiles({
      before: (operation, path) => void (['readWhole', 'remove'].includes(operation) && paths.push(path)),
    })
    const store = openStore({ dir: join(dir, 'cache'), files })
    for (const index of hostile.keys()) {
      expect(await store.value(`n${index}`)).toBeUndefined()
      await store.remove(`n${index}`)
    }
    plant()
    const again = openStore({ dir: join(dir, 'cache'), files })
    for (const index of hostile.keys()) await again.put(`n${index}`, 1)
    plant()
    await openStore({ dir: join(dir, 'cache'), files }).clear()
    expect(paths).toEqual([])
    expect(readFileSync(outside, 'utf8')).toBe('mine')
    expect(store.events).toHaveLength(hostile.length)
  })
})

test.each([true, false])(
  'an entry of a class that one process does not know stays for those that do (reclaimed: %s)',
  async reclaimed => {
    const types = [
      defineType({ tag: 'url', class: URL, encode: url => url.href, decode: href => new URL(href) }),
    ]
    const dir = temporaryDirectory()
    const knowing = openStore({ dir, types })
    await knowing.put('a', new URL('https://example.org/'))
    const other = openStore({ dir })
    expect(await other.value('a')).toBeUndefined()
    expect(await other.value('a')).toBeUndefined()
    expect(other.events).toHaveLength(1)
    if (reclaimed) for (let round = 0; round < 24; round++) await other.put('b', 'x'.repeat(60_000) + round)
    else await other.saveSnapshot()
    await other.close()
    expect(await openStore({ dir, types }).value('a')).toEqual(new URL('https://example.org/'))
    expect(await knowing.value('a')).toEqual(new URL('https://example.org/'))
  },
)

test('a large one that turns out to be of such a class when its log has got a successor hides no other entry', async () => {
  const types = [
    defineType({ tag: 'url', class: URL, encode: url => url.href, decode: href => new URL(href) }),
  ]
  const dir = temporaryDirectory()
  let reclaim = () => {}
  const files = hookedFiles({ before: operation => void (operation === 'readWhole' && reclaim()) })
  const other = await openStore({ dir, files }).open()
  const knowing = openStore({ dir, types })
  // Their records have the same size, so that each gets the place of the one before it.
  await knowing.put('a', largeValue(1))
  await knowing.put('b', [largeValue(2), new URL('https://example.org/')])
  await knowing.put('c', largeValue(3))
  await knowing.remove('a')
  reclaim = () => {
    reclaim = () => {}
    const { follower, reclaimer } = new LogProcess(dir)
    follower.loadNow()
    reclaimer.reclaimNow(keepAll)
    other.removeSync('nothing')
  }
  expect(await other.value('b')).toBeUndefined()
  expect(logNumbers(dir)).toEqual([2])
  expect(difference(largeValue(3), await other.value('c'))).toBeUndefined()
})

test('a snapshot that is too large to be one is not read', async () => {
  leaves('bad-snapshot', 'open-permissions')
  const store = openStore()
  await store.put('a', 1)
  await store.close()
  const path = join(store.dir, 'store-v1', '00000001.idx')
  writeFileSync(path, '')
  truncateSync(path, 2 ** 42)
  expect(await openStore({ dir: store.dir }).value('a')).toBe(1)
})

describe('when the disk fails', () => {
  test.each(['EACCES', 'EROFS', 'ENOSPC', 'EMFILE'])(
    'with %s at every write, cache() returns its value and set() says what to do',
    async code => {
      let failing = false
      const files = hookedFiles({
        before(operation) {
          if (
            failing &&
            ['append', 'makeDirectory', 'publish', 'createDraft', 'writeWhole'].includes(operation)
          )
            throw systemError(code)
        },
      })
      const dir = temporaryDirectory()
      const store = openStore({ dir, files })
      const cache = new Cache({ store })
      const errors: unknown[] = []
      cache.events.on('error', ({ error }) => errors.push(error))
      await cache.set('./earlier', 'kept')
      await cache.set('./large', largeValue(1))
      failing = true
      expect(await cache.cache('./a', () => 1)).toBe(1)
      expect(errors).toMatchObject([{ code: 'store-write', cause: { code } }])
      for (const value of [2, largeValue(2)]) {
        const error = await cache.set('./a', value).catch(error => error)
        expect(isCacheError(error, 'store-write')).toBe(true)
        expect(error.message).toContain(JSON.stringify(dir))
        expect(error.message).toMatch(/give the cache another directory|raise its limit/)
        await expect(cache.delete('./earlier')).rejects.toMatchObject({ code: 'store-write' })
        await expect(store.clear()).rejects.toMatchObject({ code: 'store-write' })
      }
      expect(await cache.get('./earlier')).toBe('kept')
      expect(await cache.get('./large')).toEqual(largeValue(1))
      failing = false
      await cache.set('./a', 3)
      expect(await cache.get('./a')).toBe(3)
      expect(await openStore({ dir }).value('./earlier')).toBe('kept')
    },
  )

  test('a directory that was never writable lets cache() return its value too', async () => {
    const files = hookedFiles({
      before(operation) {
        if (['makeDirectory', 'publish'].includes(operation)) throw systemError('EROFS')
      },
    })
    const cache = new Cache({ store: openStore({ dir: temporaryDirectory(), files }) })
    const errors: unknown[] = []
    cache.events.on('error', ({ error }) => errors.push(error))
    expect(await cache.cache('./a', () => 1)).toBe(1)
    expect(errors).toHaveLength(1)
    await expect(cache.set('./a', 1)).rejects.toThrow('read-only')
  })

  test('a log that can only be read is read, and writes say so', async () => {
    const first = openStore()
    await first.put('a', 1)
    const store = openStore({ dir: first.dir, files: hookedFiles({ writable: false }) })
    expect(await store.value('a')).toBe(1)
    const error = await store.put('a', 2).catch(error => error)
    expect(error).toMatchObject({ code: 'store-write' })
    expect(error.message).toContain('permission')
    expect(await store.value('a')).toBe(1)
  })

  test('a directory without permission to write is read', async context => {
    needsPermissions(context)
    const first = openStore()
    await first.put('a', 1)
    chmodSync(logPath(first.dir), 0o400)
    chmodSync(join(first.dir, 'store-v1'), 0o500)
    const store = openStore({ dir: first.dir })
    expect(await store.value('a')).toBe(1)
    await expect(store.put('a', 2)).rejects.toMatchObject({ code: 'store-write' })
  })

  test('a read that fails rejects, and cache() generates all the same', async () => {
    let failing = false
    const files = hookedFiles({
      before(operation) {
        if (failing && operation === 'status') throw systemError('EIO')
      },
    })
    const store = openStore({ dir: temporaryDirectory(), files })
    await store.put('./a', 1)
    failing = true
    await expect(store.read('./a')).rejects.toMatchObject({ code: 'store-read' })
    await expect(store.read('./a')).rejects.toMatchObject({ code: 'store-read' })
    const cache = new Cache({ store })
    expect(await cache.cache('./a', () => 2)).toBe(2)
    failing = false
    // Whatever reached the log counts, even if that could not be seen at the time.
    expect([1, 2]).toContain(await store.value('./a'))
  })

  test.each([
    'append',
    'status',
    'read',
    'writeWhole',
    'createDraft',
    'makeDirectory',
    'publish',
    'openLog',
    'remove',
  ] as const)('once, at whatever %s, nothing stored is lost and later writes work', async failing => {
    leaves('leftover')
    for (let nth = 1; nth <= 6; nth++) {
      let count = 0
      let armed = true
      const files = hookedFiles({
        before(operation: Operation) {
          if (armed && operation === failing && ++count === nth) throw systemError('EIO')
        },
      })
      const dir = temporaryDirectory()
      const store = openStore({ dir, files })
      const held = new Map<string, unknown>()
      for (const [name, value] of [
        ['a', 1],
        ['b', largeValue(2)],
        ['a', 3],
        ['c', 4],
        ['b', largeValue(5)],
        ['d', 6],
      ] as const) {
        const outcome = await store.put(name, value).then(
          () => 'stored',
          error => error,
        )
        if (outcome === 'stored') held.set(name, value)
        else {
          expect(outcome).toMatchObject({ code: 'store-write' })
          held.delete(name)
        }
      }
      armed = false
      for (const reader of [store, openStore({ dir })])
        for (const [name, value] of held) expect(await reader.value(name)).toEqual(value)
      await store.put('last', 1)
      expect(await openStore({ dir }).value('last')).toBe(1)
    }
  })

  test('after a short write, whole records stand and the others are written again', async () => {
    leaves('torn-record')
    for (const part of [0, 1, 31, 100, 150, 200, 290, 1000]) {
      let short = true
      const files = hookedFiles({
        append(bytes, append) {
          if (!short) return append(bytes)
          short = false
          return part === 0 ? 0 : append(bytes.subarray(0, part))
        },
      })
      const dir = temporaryDirectory()
      const store = openStore({ dir, files })
      await Promise.all(Array.from({ length: 5 }, (_, index) => store.put(`n${index}`, `value ${index}`)))
      const again = openStore({ dir })
      for (const reader of [store, again])
        for (let index = 0; index < 5; index++) expect(await reader.value(`n${index}`)).toBe(`value ${index}`)
    }
  })

  test('a disk that fills up during a write refuses what did not fit, and only that', async () => {
    leaves('torn-record')
    let room = 700
    const files = hookedFiles({
      append(bytes, append) {
        if (room === 0) throw systemError('ENOSPC')
        const fits = Math.min(room, bytes.length)
        room -= fits
        return append(bytes.subarray(0, fits))
      },
    })
    const dir = temporaryDirectory()
    const store = openStore({ dir, files })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => store.put(`n${index}`, index)),
    )
    const stored = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
    expect(stored.length).toBeGreaterThan(2)
    expect(stored.length).toBeLessThan(10)
    room = Number.POSITIVE_INFINITY
    await store.put('later', 'works')
    for (const reader of [store, openStore({ dir })]) {
      for (let index = 0; index < 10; index++)
        expect(await reader.value(`n${index}`)).toBe(stored.includes(index) ? index : undefined)
      expect(await reader.value('later')).toBe('works')
    }
  })

  test('an append that always comes to nothing is given up', async () => {
    const store = openStore({ dir: temporaryDirectory(), files: hookedFiles({ append: () => 0 }) })
    await expect(store.put('a', 1)).rejects.toThrow('less was written than was given')
  })
})

describe('with durability: "power"', () => {
  test('a large value that could not be made safe is there nevertheless, in the place of the one before it', async () => {
    leaves('unnamed-blob')
    let failing = false
    const files = hookedFiles({
      before(operation) {
        if (failing && operation === 'sync') throw systemError('EIO')
      },
    })
    const store = openStore({ dir: temporaryDirectory(), files, durability: 'power' })
    await store.put('a', largeValue(1))
    failing = true
    await expect(store.put('a', largeValue(2))).rejects.toMatchObject({ code: 'store-write' })
    expect(await store.value('a')).toEqual(largeValue(2))
    expect(await openStore({ dir: store.dir }).value('a')).toEqual(largeValue(2))
    // The loss of power would bring back the first one.
    await store.close()
    expect(blobPaths(store.dir)).toHaveLength(2)
  })

  test('a snapshot appears after the log that it tells of is safe', async () => {
    const done: Operation[] = []
    const files = hookedFiles({ before: operation => void done.push(operation) })
    const store = openStore({ dir: temporaryDirectory(), files, durability: 'power' })
    await store.put('a', 1)
    done.length = 0
    await store.saveSnapshot()
    expect(done).toContain('sync')
    expect(done.indexOf('sync')).toBeLessThan(done.indexOf('draft replace'))
  })

  test('all directories above are made safe, however many there were to be made', async () => {
    const root = temporaryDirectory()
    const synced = new Set<string>()
    const files = hookedFiles({
      before: (operation, path) => void (operation === 'syncDirectory' && synced.add(path)),
    })
    await openStore({ dir: join(root, 'a', 'b'), files, durability: 'power' }).put('x', 1)
    expect([...synced]).toEqual(
      expect.arrayContaining([root, ...['a', 'a/b', 'a/b/store-v1'].map(path => join(root, path))]),
    )
  })
})

describe('listeners', () => {
  test('that use the store while it reads on disturb nothing', async () => {
    leaves('bad-record')
    const first = openStore()
    await first.put('a', largeValue(1))
    await first.put('b', 1)
    const bytes = logBytes(first.dir)
    const damaged = Buffer.concat([bytes, Buffer.from('garbage that is no record')])
    writeFileSync(logPath(first.dir), damaged)
    const store = openStore({ dir: first.dir })
    const seen: unknown[] = []
    store.observe(() => {
      seen.push(store.value('a'), store.put('c', 3), store.value('c'))
    })
    await store.put('a', largeValue(2))
    expect(await Promise.all(seen)).toEqual([largeValue(2), undefined, 3])
    expect(await store.value('a')).toEqual(largeValue(2))
    expect(await openStore({ dir: first.dir }).value('a')).toEqual(largeValue(2))
    expect(store.events).toHaveLength(1)
  })

  test('stop hearing when they are told to', async () => {
    leaves('bad-log')
    const store = openStore()
    await store.put('a', 1)
    writeFileSync(logPath(store.dir, 2), 'foreign')
    const again = openStore({ dir: store.dir })
    const heard: unknown[] = []
    again.observe(event => heard.push(event))()
    await again.value('a')
    expect(again.events).toHaveLength(1)
    expect(heard).toEqual([])
  })

  test('an accept that reads another entry does not change what is read', async () => {
    const store = openStore()
    await store.put('a', 'the value of a')
    await store.put('b', 'the value of b')
    let other: Promise<unknown> | undefined
    const entry = await store.read('a', () => {
      other = store.value('b')
      return true
    })
    expect(entry?.value).toBe('the value of a')
    expect(await other).toBe('the value of b')
  })
})

describe('processes that are killed', () => {
  test('leave every entry whose write had resolved', async () => {
    leaves('leftover')
    for (const [largest, milliseconds] of [
      ['300', 150],
      ['300', 311],
      ['200000', 250],
    ] as const) {
      const dir = temporaryDirectory()
      const children = ['x', 'y'].map(name =>
        inProcess(new URL('../test/writer.ts', import.meta.url), dir, name, largest),
      )
      // One line when it is ready, then one for each write.
      for (const child of children) for (let line = 0; line < 5; line++) await child.line()
      await new Promise(resolve => setTimeout(resolve, milliseconds))
      for (const child of children) child.kill()
      const outcomes = await Promise.all(children.map(child => child.outcome))
      const store = openStore({ dir })
      let count = 0
      for (const { stdout, signal } of outcomes) {
        expect(signal).toBe('SIGKILL')
        for (const name of stdout.split('\n').slice(1)) {
          count++
          const round = Number(name.match(/\/(\d+)-/)?.[1])
          const value = (await store.value(name)) as { name: string; bytes: Uint8Array } | undefined
          expect(value?.name).toBe(name)
          expect(value?.bytes.every(byte => byte === round % 256)).toBe(true)
        }
      }
      expect(count).toBeGreaterThanOrEqual(8)
      await store.put('after', 1)
      expect(await openStore({ dir }).value('after')).toBe(1)
    }
  }, 30_000)
})

test('a closed store says so', async () => {
  const store = openStore()
  await store.put('a', 1)
  await store.close()
  for (const call of [
    () => store.read('a'),
    () => store.put('a', 2),
    () => store.remove('a'),
    () => store.clear(),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'closed' })
  expect(basename(logPath(store.dir))).toBe('00000001.log')
})

test('close waits until what was set is safe', async () => {
  const store = openStore({ dir: temporaryDirectory(), durability: 'power' })
  await store.put('x', 1)
  let isSettled = false
  void store.put('a', 1).then(() => {
    isSettled = true
  })
  await store.close()
  expect(isSettled).toBe(true)
})

test('uses by synchronous reads are told in time, as those of others', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const store = await openStore().open()
  store.writeSync('a', entryOf(1))
  const before = vi.getTimerCount()
  store.readSync('a')
  expect(vi.getTimerCount()).toBe(before + 1)
})
