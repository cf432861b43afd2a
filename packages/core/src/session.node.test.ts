import { inProcessWith } from '@stagcache/test-kit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { appSessionId, overrideAppSessionId } from './session.ts'

const original = appSessionId()
const place = Symbol.for('stagcache.session')

afterEach(() => overrideAppSessionId(original))

const program = new URL('../test/session-id.ts', import.meta.url)
const sessionWith = (value: string | undefined) =>
  inProcessWith({ env: { STAGCACHE_SESSION: value } }, program).result<string>()

describe('a process', () => {
  test('begins a session of its own', async () => {
    const [one, other] = await Promise.all([sessionWith(undefined), sessionWith('')])
    expect(one).toMatch(/^s[0-9a-f]{24}$/)
    expect(other).toMatch(/^s[0-9a-f]{24}$/)
    expect(one).not.toBe(other)
  })

  test('takes over the session of its environment', async () => {
    expect(await sessionWith('from before')).toBe('from before')
  })
})

async function reloaded(): Promise<typeof import('./session.ts')> {
  vi.resetModules()
  return import('./session.ts')
}

test('a hot reload of the module goes on with the same session', async () => {
  const copy = await reloaded()
  expect(copy.appSessionId()).toBe(original)
})

test('two copies of the package share one session', async () => {
  const copy = await reloaded()
  copy.overrideAppSessionId('from the copy')
  expect(appSessionId()).toBe('from the copy')
})

test('a new program begins a new session', async () => {
  const shared = globalThis as { [place]?: unknown }
  const held = shared[place]
  try {
    delete shared[place]
    const one = (await reloaded()).appSessionId()
    delete shared[place]
    const other = (await reloaded()).appSessionId()
    expect(new Set([original, one, other]).size).toBe(3)
  } finally {
    shared[place] = held
  }
})
