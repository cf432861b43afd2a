import { item } from '../data.ts'
import type { OpenSuite, Row, Suite } from '../row.ts'
import { Field, Holding } from './holding.ts'
import type { Setting } from './memory-rival.ts'
import { stagCache } from './rivals/stagcache.ts'
import { everybody } from './rivals.ts'
import { evictRow, generateRow, getRow, missRow, replaceRow, setRow } from './rows.ts'

const few = 1_000
const many = 1_000_000

type Rows = (holdings: readonly Holding[], share: number) => readonly Row[]

/** What a program pays for asking the cache each time instead of keeping the value in a variable of its own. */
export const hitSuites: readonly Suite[] = [few, many].flatMap(entries => [
  ...suitesOf('', entries, { entries }, plainRows),
  ...suitesOf(', each for an hour', entries, { entries, ttl: true }, (holdings, share) => [
    getRow('get', holdings, share),
  ]),
  // A quarter of the names finds room.
  ...suitesOf(' at most', entries, { entries: entries / 4, bounded: true }, (holdings, share) => [
    evictRow(holdings, share),
  ]),
])

function plainRows(holdings: readonly Holding[], share: number): readonly Row[] {
  return [
    getRow('get', holdings, share),
    generateRow('cache(key, generate)', 'generate', holdings, share),
    generateRow('cache(key, async generate)', 'generateLater', holdings, share),
    missRow(holdings, share),
    replaceRow(holdings, share),
    setRow(holdings, share),
  ]
}

// Nobody is compared with a cache that has no such rules.
function suitesOf(rule: string, entries: number, setting: Setting, rows: Rows): readonly Suite[] {
  if (!stagCache.open?.(setting, () => item(0))) return []
  const title = `${setting.entries.toLocaleString('en')} entries in memory${rule}`
  return [
    {
      topics: ['memory'],
      title,
      quick: entries === few,
      open: (_dir, share) => openSuite(title, entries, setting, rows, share),
    },
  ]
}

async function openSuite(
  title: string,
  entries: number,
  setting: Setting,
  rows: Rows,
  share: number,
): Promise<OpenSuite> {
  const part = Math.max(share, few / entries)
  const field = new Field(entries * part)
  const holdings = everybody
    .map(rival => Holding.of(rival, { ...setting, entries: setting.entries * part }, field))
    .filter(holding => holding !== undefined)
  for (const holding of holdings) await holding.fill()
  return { tables: [{ title, rows: rows(holdings, share) }], close: async () => {} }
}
