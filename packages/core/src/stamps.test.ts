import { afterEach, expect, test } from 'vitest'
import { appSessionId, overrideAppSessionId } from './session.ts'
import { resolveStamp } from './stamp.ts'
import { Stamps } from './stamps.ts'

const session = appSessionId()

afterEach(() => overrideAppSessionId(session))

test('remembered stamps are those that would be resolved now, whatever the session was', () => {
  const stamps = new Stamps('5.0')
  for (const id of ['s1', '4', 's1', '0', '-1']) {
    overrideAppSessionId(id)
    for (const minor of ['0', '4', '4', '-1', 's1', '#', '0']) {
      expect(stamps.of(minor, undefined)).toBe(resolveStamp('5.0', minor, id))
      expect(stamps.of(minor, 'f00d')).toBe(resolveStamp('5.0', minor, id, 'f00d'))
    }
    expect(stamps.ofSession.stamp).toBe(resolveStamp('5.0', 0, id))
  }
})

test('more versions than are remembered have their stamps', () => {
  const stamps = new Stamps(1)
  for (let minor = 1; minor < 3000; minor++) expect(stamps.of(String(minor), undefined)).toBe(`1.${minor}`)
  expect(stamps.of('1', undefined)).toBe('1.1')
})

test('the stamp of a session is one object until the session changes', () => {
  const stamps = new Stamps(1)
  const before = stamps.ofSession
  expect(stamps.ofSession).toBe(before)
  overrideAppSessionId('s2')
  expect(stamps.ofSession).not.toBe(before)
})
