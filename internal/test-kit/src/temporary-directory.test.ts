import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

let earlier = ''

test('a temporary directory is new and empty', () => {
  earlier = temporaryDirectory()
  expect(readdirSync(earlier)).toEqual([])
  expect(temporaryDirectory()).not.toBe(earlier)
})

test('it is gone after its test, read-only folders included', () => {
  expect(existsSync(earlier)).toBe(false)
  earlier = temporaryDirectory()
  mkdirSync(join(earlier, 'closed'))
  writeFileSync(join(earlier, 'closed', 'file'), '')
  chmodSync(join(earlier, 'closed'), 0o500)
})

test('nor are those left', () => {
  expect(existsSync(earlier)).toBe(false)
})
