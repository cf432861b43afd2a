import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { after } from './timer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test.each([
  { milliseconds: 1 },
  { milliseconds: 1000 },
  { milliseconds: 2 ** 31 },
  { milliseconds: 3 * 2 ** 31 },
])('a task is called once, after $milliseconds ms', ({ milliseconds }) => {
  const task = vi.fn()
  after(milliseconds, task)
  vi.advanceTimersByTime(milliseconds - 1)
  expect(task).toHaveBeenCalledTimes(0)
  vi.advanceTimersByTime(1)
  expect(task).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

test.each([{ passed: 0 }, { passed: 2 ** 31 + 5 }])('a task is cancelled after $passed ms', ({ passed }) => {
  const task = vi.fn()
  const cancel = after(2 ** 32, task)
  vi.advanceTimersByTime(passed)
  cancel()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(2 ** 32)
  expect(task).not.toHaveBeenCalled()
})

test('an endless time needs no timer', () => {
  const cancel = after(Number.POSITIVE_INFINITY, () => {})
  expect(vi.getTimerCount()).toBe(0)
  cancel()
})
