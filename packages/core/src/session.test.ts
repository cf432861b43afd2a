import { afterEach, expect, test } from 'vitest'
import { appSessionId, isMadeSessionId, overrideAppSessionId } from './session.ts'

const original = appSessionId()

afterEach(() => overrideAppSessionId(original))

test('a new session begins with a letter and has 96 random bits', () => {
  expect(original).toMatch(/^s[0-9a-f]{24}$/)
})

test.each([
  { text: original, isMade: true },
  { text: `${original}0`, isMade: false },
  { text: original.slice(1), isMade: false },
  { text: '4', isMade: false },
])('$text was made here: $isMade', ({ text, isMade }) => {
  expect(isMadeSessionId(text)).toBe(isMade)
})

test('an id stays the same until it is overridden', () => {
  expect(appSessionId()).toBe(original)
  overrideAppSessionId('carried over')
  expect(appSessionId()).toBe('carried over')
})

test('a number is a session id as text', () => {
  overrideAppSessionId(1700000000000)
  expect(appSessionId()).toBe('1700000000000')
})

test.each(['', Number.NaN, undefined, null])('%j is no session id', id => {
  expect(() => overrideAppSessionId(id as string)).toThrow('The session id is ')
  expect(appSessionId()).toBe(original)
})
