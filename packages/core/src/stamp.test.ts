import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkVersion, partsOf, resolveStamp, type Stamp } from './stamp.ts'

test.each([
  { major: 5, minor: 4, stamp: '5.4' },
  { major: 5, minor: 0, stamp: '5.s1' },
  { major: 5, minor: '0', stamp: '5.s1' },
  { major: 5, minor: -0, stamp: '5.s1' },
  { major: 5, minor: '00', stamp: '5.00' },
  { major: 5, minor: -2, stamp: '-2' },
  { major: 6, minor: -2, stamp: '-2' },
  { major: 5, minor: '-beta', stamp: '-beta' },
  { major: 5, minor: '4.1', stamp: '5.4.1' },
  { major: '5.4', minor: 1, stamp: '5\\.4.1' },
  { major: 5.5, minor: 1, stamp: '5\\.5.1' },
  { major: 0, minor: 1, stamp: '0.1' },
  { major: -5, minor: 4, stamp: '\\-5.4' },
  { major: 'a-b', minor: 'c-d', stamp: 'a-b.c-d' },
  { major: '5#6', minor: '7#8', stamp: '5\\#6.7\\#8' },
  { major: '\\', minor: '\\', stamp: '\\\\.\\\\' },
  { major: 5, minor: 's1', stamp: '5.\\=s1' },
])('major $major with minor $minor stamps $stamp', ({ major, minor, stamp }) => {
  expect(resolveStamp(major, minor, 's1')).toBe(stamp)
})

test.each([
  { minor: 4, stamp: '5.4#f00d' },
  { minor: 0, stamp: '5.s1#f00d' },
  { minor: -2, stamp: '-2#f00d' },
])('a fingerprint joins the stamp: $stamp', ({ minor, stamp }) => {
  expect(resolveStamp(5, minor, 's1', 'f00d')).toBe(stamp)
})

test('a session cannot pass for a fingerprint', () => {
  expect(resolveStamp(5, 0, 's#f00d')).not.toBe(resolveStamp(5, 's', 's#f00d', 'f00d'))
})

describe('within one session', () => {
  const version = fc.oneof(
    fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...'\\.#-=01s') }),
    fc.string({ minLength: 1 }),
    fc.integer({ min: -3, max: 3 }),
  )
  const hash = fc.option(fc.constantFrom('0', '1', 's', 'f00d'), { nil: undefined })
  // What a pair says: the major does not count with a minor of its own, numbers count as text.
  const meaning = (major: unknown, minor: unknown, fingerprint: unknown) =>
    String(minor).startsWith('-')
      ? JSON.stringify([String(minor), fingerprint])
      : JSON.stringify([String(major), String(minor), fingerprint])

  test('two different pairs never give one stamp', () => {
    const pair = fc.tuple(version, version, hash)
    const session = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom(...'\\.#-=01s') })
    fc.assert(
      fc.property(pair, pair, session, (one, other, id) => {
        const stamps = [one, other].map(([major, minor, print]) => resolveStamp(major, minor, id, print))
        expect(stamps[0] === stamps[1]).toBe(meaning(...one) === meaning(...other))
      }),
      { numRuns: 3000 },
    )
  })
})

test.each([
  { stamp: '5.4', parts: { major: '5', minor: '4' } },
  { stamp: '5.4.1', parts: { major: '5', minor: '4.1' } },
  { stamp: '5\\.4.1', parts: { major: '5\\.4', minor: '1' } },
  { stamp: '\\-5.4#f00d', parts: { major: '\\-5', minor: '4', fingerprint: 'f00d' } },
  { stamp: '-2', parts: { minor: '-2' } },
  { stamp: '-2.5#f00d', parts: { minor: '-2.5', fingerprint: 'f00d' } },
  { stamp: '5\\#6.7\\#8', parts: { major: '5\\#6', minor: '7\\#8' } },
  { stamp: '5.\\=s1#', parts: { major: '5', minor: '\\=s1', fingerprint: '' } },
  { stamp: '5.a\nb', parts: { major: '5', minor: 'a\nb' } },
  { stamp: '', parts: { minor: '' } },
  { stamp: 'foreign', parts: { minor: 'foreign' } },
  { stamp: '5.4\\', parts: { minor: '5.4\\' } },
])('$stamp has the parts $parts', ({ stamp, parts }) => {
  expect(partsOf(stamp as Stamp)).toEqual(parts)
})

test.each([
  { version: 4, text: '4' },
  { version: -2.5, text: '-2.5' },
  { version: 1e21, text: '1e+21' },
  { version: 'β@/ ', text: 'β@/ ' },
])('$version is a version', ({ version, text }) => {
  expect(checkVersion('The version', version)).toBe(text)
})

test.each([
  { version: '', shown: '""' },
  { version: Number.NaN, shown: 'NaN' },
  { version: Number.POSITIVE_INFINITY, shown: 'Infinity' },
  { version: undefined, shown: 'undefined' },
  { version: null, shown: 'null' },
  { version: 4n, shown: '4' },
  { version: true, shown: 'true' },
  { version: {}, shown: 'object' },
  { version: Symbol('v'), shown: 'Symbol(v)' },
])('$version is no version', ({ version, shown }) => {
  const attempt = () => checkVersion('The major version', version)
  expect(attempt).toThrow(expect.objectContaining({ code: 'invalid-version' }))
  expect(attempt).toThrow('The major version is ')
  expect(attempt).toThrow(shown)
})
