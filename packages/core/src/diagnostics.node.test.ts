import * as channels from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { Cache } from './cache.ts'
import { publishEvents } from './diagnostics.ts'

test('events come by the channels of Node', () => {
  const cache = new Cache()
  const seen: unknown[] = []
  const listener = (message: unknown) => seen.push(message)
  channels.subscribe('stagcache:miss', listener)
  onTestFinished(() => void channels.unsubscribe('stagcache:miss', listener))
  const stop = publishEvents(cache, channels, { attributes: { cache: 'mine' } })
  cache.get('a')
  stop()
  cache.get('a')
  expect(seen).toEqual([
    { cache: 'mine', name: 'a', tier: 'memory', stamp: expect.any(String), reason: 'absent' },
  ])
})
