import { expect, test } from 'vitest'
import { SharedSync } from './shared-sync.ts'

function setUp() {
  const begun: { end: () => void; fail: (error: Error) => void }[] = []
  const shared = new SharedSync(() => new Promise((end, fail) => begun.push({ end, fail })))
  return { begun, shared }
}

test('who asks while a sync is under way shares the next one', async () => {
  const { begun, shared } = setUp()
  const first = shared.run()
  const others = [shared.run(), shared.run()]
  expect(begun).toHaveLength(1)
  begun[0]?.end()
  await first
  await Promise.resolve()
  expect(begun).toHaveLength(2)
  const last = shared.run()
  begun[1]?.end()
  await Promise.all(others)
  await Promise.resolve()
  expect(begun).toHaveLength(3)
  begun[2]?.end()
  await last
  void shared.run()
  expect(begun).toHaveLength(4)
})

test('a sync that fails rejects those who share it, and no others', async () => {
  const { begun, shared } = setUp()
  const first = shared.run()
  const second = shared.run()
  begun[0]?.fail(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  await Promise.resolve()
  begun[1]?.end()
  await second
})
