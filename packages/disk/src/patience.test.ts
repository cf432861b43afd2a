import { describe, expect, test } from 'vitest'
import { systemError } from '../test/hooked-files.ts'
import { patiently, pauses } from './patience.ts'

/** Something that fails so many times, and the pauses that were made. */
function failing(times: number, code: string) {
  const made: number[] = []
  let attempts = 0
  const result = patiently(
    async () => {
      if (attempts++ < times) throw systemError(code)
      return 'done'
    },
    async pause => made.push(pause),
  )
  return { result, made, attempts: () => attempts }
}

describe.each(['EBUSY', 'EPERM', 'EACCES'])('what fails with %s', code => {
  test('is tried again after a pause that grows', async () => {
    const { result, made } = failing(3, code)
    expect(await result).toBe('done')
    expect(made).toEqual([10, 20, 40])
  })

  test('fails with it in the end, after a second', async () => {
    const { result, attempts } = failing(Number.POSITIVE_INFINITY, code)
    await expect(result).rejects.toMatchObject({ code })
    expect(attempts()).toBe(pauses.length + 1)
    expect(pauses.reduce((sum, pause) => sum + pause)).toBeLessThan(1100)
  })
})

test('what fails for another reason is not tried again', async () => {
  const { result, attempts } = failing(1, 'ENOSPC')
  await expect(result).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(attempts()).toBe(1)
})
