import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const read = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), 'utf8')

test.each([
  { what: 'code', source: 'core/src/errors.ts', from: 'type CacheErrorCode', row: /^ {2}\| '(.+)'/gm },
  { what: 'event', source: 'core/src/events.ts', from: 'interface CacheEvents', row: /^ {2}(\w+): \{/gm },
  {
    what: 'counter',
    source: 'core/src/ledger.ts',
    from: 'interface CacheStats',
    row: /^ {2}readonly (\w+):/gm,
  },
  {
    what: 'instrument',
    source: 'core/src/diagnostics.ts',
    from: 'Counts and measures',
    row: /`(stagcache\..+?)`/g,
  },
  {
    what: 'reason',
    source: 'lifecycle/src/errors.ts',
    from: 'type LifecycleReason',
    row: /^ {2}\| '(.+)'/gm,
  },
])('the table has each $what that there is', ({ what, source, from, row }) => {
  const [name = ''] = source.split('/')
  const [, declared = ''] = read(`packages/${source}`).split(from)
  const [declaration = ''] = declared.split(/^(?:\}|const|export| \*\/)/m)
  const known = Array.from(declaration.matchAll(row), ([, word]) => word)
  const [, table = ''] = read(`packages/${name}/README.md`).split(`| ${what} |`)
  const [rows = ''] = table.split('\n\n')
  const told = Array.from(rows.matchAll(/^\| (`.+?) \|/gm), ([, cell = '']) =>
    cell.replaceAll('`', '').split(', '),
  )
  expect(told.flat().sort()).toEqual(known.sort())
  expect(known).not.toEqual([])
})
