import { setTimeout as delay } from 'node:timers/promises'
import { inProcess, temporaryDirectory } from '@stagcache/test-kit'
import { expect, test } from 'vitest'
import { leaves } from '../test/check-directory.ts'

test('a log that is sealed by somebody who dies while a snapshot is due holds nobody up', async () => {
  leaves('unfinished', 'leftover')
  const child = inProcess(new URL('../test/sealed.ts', import.meta.url), temporaryDirectory())
  expect(await Promise.race([child.result(), delay(20_000, 'hangs')])).toBe('written')
}, 30_000)
