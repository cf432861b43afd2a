import { inProcess } from '@stagcache/test-kit'
import { expect, test } from 'vitest'

const program = new URL('../test/patient.ts', import.meta.url)

test.each([
  { how: 'background', says: 'old' },
  { how: 'soft', says: 'old' },
])('a process does not go on for a time-out that nobody waits for: $how', async ({ how, says }) => {
  expect(await inProcess(program, how).result()).toBe(says)
})

test('a process goes on for a time-out that somebody waits for', async () => {
  expect(await inProcess(program, 'hard').result()).toBe('generation-timeout')
})
