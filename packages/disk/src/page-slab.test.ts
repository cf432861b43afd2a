import { describe, expect, test, vi } from 'vitest'
import { MemoryLogFile } from '../test/logs.ts'
import { PageSlab } from './page-slab.ts'

// More than the pages kept, each byte telling its place.
const bytes = Buffer.alloc(6 << 20)
for (let place = 0; place < bytes.length; place += 4) bytes.writeUInt32LE(place, place)

function check(pages: PageSlab, position: number, length: number, final: number = bytes.length): void {
  const found = pages.read(position, length, final)
  expect(
    found &&
      Buffer.compare(
        found.bytes.subarray(found.start, found.end),
        bytes.subarray(position, position + length),
      ),
  ).toBe(0)
}

describe('pages in a slab', () => {
  test('answer what the file holds, at any place and of any length', () => {
    const pages = new PageSlab(new MemoryLogFile(bytes))
    let random = 1
    const next = (below: number) => {
      random = (random * 48271) % 2147483647
      return random % below
    }
    for (let round = 0; round < 3000; round++) {
      const length = 1 + next([40, 5000, 20_000, 300_000][round % 4] as number)
      check(pages, next(bytes.length - length), length)
    }
    check(pages, 0, bytes.length)
    check(pages, bytes.length - 1, 1)
    check(pages, (4 << 20) - 5, 10)
    check(pages, (4 << 20) - 4096 * 3, 4096 * 6)
  })

  test('are read once', () => {
    const file = new MemoryLogFile(bytes)
    const pages = new PageSlab(file)
    check(pages, 5000, 100)
    const { reads } = file
    for (let position = 4096; position < 8000; position += 96) check(pages, position, 96)
    expect(file.reads).toBe(reads)
  })

  test('are read again where the log had not ended at their end', () => {
    const file = new MemoryLogFile(bytes.subarray(0, 5000))
    const pages = new PageSlab(file)
    check(pages, 4500, 500, 5000)
    file.bytes = bytes.subarray(0, 9000)
    check(pages, 4900, 600, 5500)
    check(pages, 4900, 3000, 9000)
  })

  test('do not keep what was not final', () => {
    const file = new MemoryLogFile(Buffer.concat([bytes.subarray(0, 5000), Buffer.alloc(4000)]))
    const pages = new PageSlab(file)
    check(pages, 4500, 500, 5000)
    file.bytes = bytes.subarray(0, 9000)
    check(pages, 4500, 4000, 9000)
  })

  test('have nothing beyond the end of the file', () => {
    const pages = new PageSlab(new MemoryLogFile(bytes.subarray(0, 5000)))
    expect(pages.read(4990, 11, 9000)).toBeUndefined()
    expect(pages.read(4990, 3_000_000, 9_000_000)).toBeUndefined()
    expect(pages.read(100_000, 11, 200_000)).toBeUndefined()
    check(pages, 4990, 10, 5000)
  })

  test('remember which records were verified, as long as they stay in memory', () => {
    const pages = new PageSlab(new MemoryLogFile(bytes))
    check(pages, 4096, 100)
    expect(pages.wasVerified(4096, 100)).toBe(false)
    pages.noteVerified(4096, 100)
    expect(pages.wasVerified(4096, 100)).toBe(true)
    expect(pages.wasVerified(4128, 68)).toBe(false)
    // Of a page that has the same place in memory.
    expect(pages.wasVerified(4096 + (4 << 20), 100)).toBe(false)
    check(pages, 4096 + (4 << 20), 100)
    expect(pages.wasVerified(4096, 100)).toBe(false)
    check(pages, 4096, 100)
    expect(pages.wasVerified(4096, 100)).toBe(false)
  })

  test('remember a record that reaches over several, until a part of it is read anew', () => {
    const pages = new PageSlab(new MemoryLogFile(bytes))
    const [position, length] = [8100, 10_000]
    check(pages, position, length)
    expect(pages.wasVerified(position, length)).toBe(false)
    pages.noteVerified(position, length)
    check(pages, 3 * 4096, 100)
    expect(pages.wasVerified(position, length)).toBe(true)
    // What else might be taken for a record, inside the one that was verified.
    expect(pages.wasVerified(position + 32, length - 32)).toBe(false)
    for (const page of [1, 2, 3, 4]) {
      pages.noteVerified(position, length)
      check(pages, page * 4096 + (4 << 20), 100)
      expect(pages.wasVerified(position, length)).toBe(false)
      check(pages, position, length)
      expect(pages.wasVerified(position, length)).toBe(false)
    }
  })

  test('do not remember a record that is read anew each time, since its pages do not lie side by side', () => {
    const pages = new PageSlab(new MemoryLogFile(bytes))
    const position = (4 << 20) - 100
    check(pages, position - 100, 50)
    check(pages, 4 << 20, 50)
    check(pages, position, 200)
    pages.noteVerified(position, 200)
    expect(pages.wasVerified(position, 200)).toBe(false)
  })

  test('forget a record that was cut off and grew again', () => {
    const file = new MemoryLogFile(bytes.subarray(0, 9000))
    const pages = new PageSlab(file)
    check(pages, 8100, 900, 9000)
    pages.noteVerified(8100, 900)
    file.bytes = bytes
    check(pages, 8900, 5000)
    expect(pages.wasVerified(8100, 900)).toBe(false)
  })

  test('that follow each other are read at once', () => {
    const file = new MemoryLogFile(bytes)
    const read = vi.spyOn(file, 'read')
    const pages = new PageSlab(file)
    const inOneRead = (position: number, length: number) => {
      read.mockClear()
      check(pages, position, length)
      expect(read).toHaveBeenCalledOnce()
    }
    inOneRead(100, 60_000)
    inOneRead(0, 80_000)
    inOneRead(20_000 + (4 << 20), 20_000)
    // What lies before and behind these is in memory.
    inOneRead(0, 80_000)
  })
})
