import { expect, test, vi } from 'vitest'
import { MemoryLogFile } from '../test/logs.ts'
import { LogPages } from './log-pages.ts'

const slabBytes = 4 << 20
// More than the pages kept, each byte telling its place.
const bytes = Buffer.alloc(5 * slabBytes)
for (let place = 0; place < bytes.length; place += 4) bytes.writeUInt32LE(place, place)

function check(pages: LogPages, position: number, length: number): void {
  const {
    bytes: found,
    start,
    end,
  } = pages.read(position, length, bytes.length) ?? { bytes, start: 0, end: 0 }
  expect(Buffer.compare(found.subarray(start, end), bytes.subarray(position, position + length))).toBe(0)
}

test('the pages of a log are what the file holds, at any place', () => {
  const pages = new LogPages(new MemoryLogFile(bytes))
  for (let position = 0; position < bytes.length - 9000; position += 8999) check(pages, position, 9000)
  for (let border = slabBytes; border < bytes.length; border += slabBytes) check(pages, border - 100, 200)
  check(pages, 0, bytes.length)
})

test('the last 16 MiB are kept', () => {
  const file = new MemoryLogFile(bytes)
  const pages = new LogPages(file)
  const places = Array.from({ length: 40 }, (_, index) => 500 + index * 409_600)
  for (const place of places) check(pages, place, 300)
  const read = vi.spyOn(file, 'read')
  for (const place of places) check(pages, place, 300)
  expect(read).not.toHaveBeenCalled()
  for (const place of places) check(pages, (place + 4 * slabBytes) % bytes.length, 300)
  expect(read).toHaveBeenCalled()
})

test('a record is verified in the memory in which it lies', () => {
  const pages = new LogPages(new MemoryLogFile(bytes))
  const places = [0, 1, 2, 3].map(slab => slab * slabBytes + 4096)
  for (const place of places) {
    check(pages, place, 300)
    expect(pages.wasVerified(place, 300)).toBe(false)
    pages.noteVerified(place, 300)
  }
  expect(places.every(place => pages.wasVerified(place, 300))).toBe(true)
  check(pages, 4096 + 4 * slabBytes, 300)
  expect(places.map(place => pages.wasVerified(place, 300))).toEqual([false, true, true, true])
})
