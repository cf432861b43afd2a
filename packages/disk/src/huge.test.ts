import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'
import type { Huge } from '../test/huge.ts'
import { patience, rounds } from '../test/rounds.ts'

const program = new URL('../test/huge.ts', import.meta.url)
// The long form is more than fits into one read, one write and one comparison.
const mebibytes = rounds(300, 2600)
// Of a process that does nothing of the kind.
const usualMemory = 200

test(
  `a value of ${mebibytes} MiB is stored without a copy, read into one, and must not change meanwhile`,
  async () => {
    const child = inProcess(program, temporaryDirectory(), String(mebibytes))
    const huge = await child.result<Huge>()
    expect(huge.isEqual).toBe(true)
    expect(huge.memoryToStore).toBeLessThan(usualMemory)
    expect(huge.memoryToRead).toBeLessThan(usualMemory + mebibytes)
    expect(huge.refusal).toContain('the value was changed while it was being stored')
  },
  patience,
)
