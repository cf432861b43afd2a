import { expect, test } from 'vitest'
import { Limit } from './limit.ts'

test('runs so many at once, the others in their order, and goes on after a failure', async () => {
  const limit = new Limit(2)
  const begun: number[] = []
  const ends: ((error?: Error) => void)[] = []
  const runs = [0, 1, 2, 3].map(number =>
    limit.run(() => {
      begun.push(number)
      return new Promise<number>((resolve, reject) => {
        ends[number] = error => (error ? reject(error) : resolve(number))
      })
    }),
  )
  await expect.poll(() => begun).toEqual([0, 1])
  ends[1]?.(new Error('failed'))
  await expect(runs[1]).rejects.toThrow('failed')
  await expect.poll(() => begun).toEqual([0, 1, 2])
  ends[0]?.()
  ends[2]?.()
  await expect.poll(() => begun).toEqual([0, 1, 2, 3])
  ends[3]?.()
  expect(await Promise.all([runs[0], runs[2], runs[3]])).toEqual([0, 2, 3])
})
