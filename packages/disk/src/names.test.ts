import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { patience, rounds } from '../test/rounds.ts'
import { largeValue, openStore, type TestStore } from '../test/stores.ts'

const stems = [
  ...[
    '',
    '.',
    '..',
    '../',
    '../../etc/passwd',
    '/etc/passwd',
    '/',
    '//',
    '\\',
    '..\\..\\x',
    'C:\\x',
    'a/b',
    'a',
  ],
  ...[
    'CON',
    'con',
    'NUL',
    'AUX.txt',
    'COM1',
    'LPT1.',
    'x.',
    'x ',
    ' ',
    '~',
    '-rf',
    '*',
    '?',
    '%2e%2e',
    '|',
    '"',
  ],
  ...[
    '\0',
    'a\0b',
    '\n',
    '\r\n',
    '\u202e',
    '\u200b',
    '\ufeff',
    '\ufffe',
    '\ud800',
    '\udc00',
    '\udc00\ud800',
    'x\ud83d',
  ],
  ...[
    '\u00e9',
    'e\u0301',
    '\u212b',
    '\u00c5',
    'A\u030a',
    '\uac00',
    '\u1100\u1161',
    'stra\u00dfe',
    'STRASSE',
    '\u0130',
    'i',
    'I',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '0',
    '-0',
    'store-v1',
    '00000001.log',
    'live',
    '3f0123456789abcdef-a',
  ],
]
const ways: readonly ((stem: string, count: number) => string)[] = [
  stem => stem,
  (stem, count) => `${stem}${count}`,
  (stem, count) => `${count}/${stem}`,
  (stem, count) => stem.repeat(2 + (count % 50)),
  (stem, count) => `${stem}\0${count}`,
  (stem, count) => `\ud800${stem}${count}`,
  (stem, count) => `${stem.toUpperCase()}${count}`,
  (stem, count) => `${stem.normalize('NFD')}/../${count}`,
]

/** Different names, of which none is to be trusted. */
function hostileNames(count: number, ofMegabyte: number): string[] {
  const names = new Set<string>()
  for (let round = 0; names.size < count - ofMegabyte; round++)
    for (const way of ways) for (const stem of stems) names.add(way(stem, round))
  const long = Array.from({ length: ofMegabyte }, (_, index) => `${'../\ud800é'.repeat(200_000)}${index}`)
  return [...[...names].slice(0, count - ofMegabyte), ...long]
}

const ours =
  /^(CACHEDIR\.TAG|\.gitignore|store-v1(\/(\d{8}\.(log|idx)(\.[0-9a-f]{16}-[0-9a-f]{8}\.draft)?|live(\/[0-9a-f]{16})?|blobs(\/[0-9a-f]{2}(\/[0-9a-f]{18}-[0-9a-z]+)?)?))?)$/

function expectNothingElse(outer: string): void {
  expect(readdirSync(outer)).toEqual(['cache'])
  const found = readdirSync(join(outer, 'cache'), { recursive: true }).map(path =>
    String(path).replaceAll('\\', '/'),
  )
  expect(found.filter(path => !ours.test(path))).toEqual([])
}

const storedAs = (index: number) => (index % 100 === 0 ? largeValue(index % 256) : index)

async function expectAll(
  store: TestStore,
  names: readonly string[],
  isThere: (index: number) => boolean,
): Promise<void> {
  for (const [index, name] of names.entries())
    expect(await store.value(name), JSON.stringify(name.slice(0, 40))).toEqual(
      isThere(index) ? storedAs(index) : undefined,
    )
}

describe('names that somebody hostile has chosen', () => {
  test(
    'are stored, found by another store, and deleted, each by itself, and lead nowhere',
    async () => {
      const outer = temporaryDirectory()
      const dir = join(outer, 'cache')
      const names = hostileNames(rounds(500, 10_000), rounds(4, 40))
      expect(new Set(names).size).toBe(names.length)
      const store = openStore({ dir })
      for (const [index, name] of names.entries()) await store.put(name, storedAs(index))
      await store.saveSnapshot()
      expectNothingElse(outer)
      const other = openStore({ dir })
      await expectAll(other, names, () => true)
      for (const [index, name] of names.entries())
        if (index % 2 === 0) expect(await other.remove(name)).toBe(true)
      await expectAll(store, names, index => index % 2 === 1)
      for (const [index, name] of names.entries()) expect(await store.remove(name)).toBe(index % 2 === 1)
      await store.close()
      await expectAll(openStore({ dir }), names, () => false)
      expectNothingElse(outer)
      expect([store.events, other.events]).toEqual([[], []])
    },
    patience,
  )
})
