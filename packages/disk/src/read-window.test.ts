import { expect, test } from 'vitest'
import { MemoryLogFile } from '../test/logs.ts'
import { ReadWindow } from './read-window.ts'

const bytes = Buffer.alloc(3 << 20)
for (let place = 0; place < bytes.length; place += 4) bytes.writeUInt32LE(place, place)

test('a window answers what the file holds, forwards, back again, and of any length', () => {
  const window = new ReadWindow(new MemoryLogFile(bytes), bytes.length)
  for (const [position, length] of [
    [0, 1],
    [0, 100],
    [1_048_570, 20],
    [2_000_000, 5],
    [5, 2_500_000],
    [100, 3],
    [1_048_575, 2],
    [3_145_000, 728],
  ] as const)
    expect(window.bytes(position, length).equals(bytes.subarray(position, position + length))).toBe(true)
})

test('reading forwards in small steps reads the file once', () => {
  const file = new MemoryLogFile(bytes)
  const window = new ReadWindow(file, bytes.length)
  for (let position = 0; position + 1000 <= bytes.length; position += 1000) window.bytes(position, 1000)
  expect(file.reads).toBeLessThan(bytes.length * 1.01)
})

test('what lies behind the end of the log is not shown', () => {
  const window = new ReadWindow(new MemoryLogFile(bytes), 1000)
  expect(window.bytes(990, 50)).toHaveLength(10)
  expect(window.bytes(1000, 50)).toHaveLength(0)
})

test('a file that is shorter than it was said to be answers less', () => {
  const window = new ReadWindow(new MemoryLogFile(bytes.subarray(0, 500)), 1000)
  expect(window.bytes(490, 50)).toHaveLength(10)
  expect(window.bytes(10, 20).equals(bytes.subarray(10, 30))).toBe(true)
})
