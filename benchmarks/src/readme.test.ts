import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withMeasured } from './readme.ts'

const readme = '# Title\n\n<!-- measured -->\n\n```\nold\n```\n\n<!-- /measured -->\n\nMore.\n'

test('what was measured takes the place of what was measured before', () => {
  const renewed = withMeasured(readme, 'new\n\n  figures\n')
  expect(renewed).toBe(readme.replace('old', 'new\n\n  figures'))
  expect(withMeasured(renewed, 'old')).toBe(readme)
})

test('a README without a place for it is refused', () => {
  expect(() => withMeasured('# Title\n', 'new')).toThrow('has no part')
  expect(() => withMeasured('# Title\n<!-- measured -->\n', 'new')).toThrow('has no part')
})

test('the README of the benchmarks has a place for it, and shows the charts', () => {
  const own = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(withMeasured(own, 'new')).toContain('new')
  for (const chart of ['disk.svg', 'eviction.svg']) expect(own).toContain(`](${chart})`)
  expect(own).toContain('\nHits, recorded accesses\n')
})
