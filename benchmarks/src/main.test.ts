import { readdirSync } from 'node:fs'
import { inProcess, inProcessWith, temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'

const main = new URL('main.ts', import.meta.url)

test.each([
  { args: ['nonsense'], text: 'There are no benchmarks of nonsense.', code: 1 },
  { args: ['disk-large', '--quick'], text: 'Nothing of disk-large is quick.', code: 1 },
  { args: ['memory', '--readme'], text: 'The README has the figures of a full run.', code: 1 },
  { args: ['--quick', '--readme'], text: 'The README has the figures of a full run.', code: 1 },
  { args: ['--help'], text: 'npm run bench -- [disk|disk-large|retention|memory|eviction]', code: 0 },
])('$args measures nothing and says why', async ({ args, text, code }) => {
  const outcome = await inProcess(main, ...args).outcome
  expect(outcome).toMatchObject({ code, stderr: '' })
  expect(outcome.stdout).toContain(text)
})

test('what was stored is removed when the run is interrupted', async () => {
  const TMPDIR = temporaryDirectory()
  const run = inProcessWith({ env: { TMPDIR } }, main, 'disk')
  await expect.poll(() => readdirSync(TMPDIR), { timeout: 10_000 }).toHaveLength(1)
  run.kill('SIGINT')
  expect(await run.outcome).toMatchObject({ code: 1 })
  expect(readdirSync(TMPDIR)).toEqual([])
}, 20_000)
