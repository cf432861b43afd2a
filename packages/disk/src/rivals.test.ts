import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { describe, expect, test } from 'vitest'
import { rivalValues } from '../test/marked.ts'
import { loadedFor, patience } from '../test/rounds.ts'
import { openStore } from '../test/stores.ts'

const program = new URL('../test/rival.ts', import.meta.url)

interface Report {
  readonly count: number
  readonly wrong: number
  readonly events: readonly unknown[]
}

describe('two processes that write one entry', () => {
  test.each(Object.keys(rivalValues))(
    'never mix in what a third one reads: %s',
    async kind => {
      const dir = temporaryDirectory()
      const rivals = ['a', 'b', 'reader'].map(by => inProcess(program, dir, by, kind))
      await Promise.all(rivals.map(rival => rival.line()))
      await new Promise(resolve => setTimeout(resolve, loadedFor / 3))
      for (const rival of rivals) rival.say('stop')
      for (const report of await Promise.all(rivals.map(rival => rival.result<Report>()))) {
        expect(report).toMatchObject({ wrong: 0, events: [] })
        expect(report.count).toBeGreaterThan(0)
      }
      expect(rivalValues[kind]?.isWhole(await openStore({ dir }).value('shared'))).toBe(true)
    },
    patience,
  )

  test.each(Object.keys(rivalValues))('would be found out: %s', kind => {
    const { make, isWhole } = rivalValues[kind] as (typeof rivalValues)[string]
    const [one, other] = [make('a', 1), make('b', 1)] as [never, never]
    expect(isWhole(one)).toBe(true)
    expect(isWhole(mixtureOf(one, other))).toBe(false)
  })
})

function mixtureOf(one: unknown, other: unknown): unknown {
  if (typeof one === 'string') return one.slice(0, 999) + String(other).slice(999)
  if (one instanceof Float32Array)
    return Float32Array.from([...one.slice(0, 99), ...(other as Float32Array).slice(99)])
  const { cells } = one as { cells: Float32Array }
  return { ...(other as object), cells: mixtureOf(cells, (other as { cells: Float32Array }).cells) }
}
