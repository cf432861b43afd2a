import { expect, test } from 'vitest'
import {
  CacheError,
  GenerationCycleError,
  InvalidKeyError,
  InvalidOptionError,
  InvalidValueError,
  InvalidVersionError,
  isCacheError,
  MissingEntryError,
  NoStoreError,
  quote,
  UnfingerprintableValueError,
  UnserializableValueError,
  WaitTimeoutError,
} from './errors.ts'

test.each([
  {
    error: new InvalidKeyError('4', 'its name is wrong'),
    code: 'invalid-key',
    says: '"4" is not a valid key: its name is wrong.',
  },
  {
    error: new InvalidVersionError('The version', ''),
    code: 'invalid-version',
    says: 'The version is "": a version is',
  },
  { error: new InvalidOptionError('No.'), code: 'invalid-option', says: 'No.' },
  {
    error: new InvalidValueError('table', undefined),
    code: 'invalid-value',
    says: 'Cannot store undefined under "table"',
  },
  {
    error: new UnfingerprintableValueError('a function', 'hashVal.f'),
    code: 'unfingerprintable',
    says: 'hashVal.f is a function',
  },
  {
    error: new UnfingerprintableValueError('an instance of Repo', 'hashVal'),
    code: 'unfingerprintable',
    says: 'or give the cache types: [defineType({ … })] for its class; a subclass',
  },
  {
    error: new UnserializableValueError('a function', 'value.f', './t'),
    code: 'unserializable',
    says: 'Cannot store a function at "value.f" under "./t"',
  },
  { error: new NoStoreError('./t'), code: 'no-store', says: '"@stagcache/disk"' },
  {
    error: new MissingEntryError('t', 'it is gone'),
    code: 'missing-entry',
    says: 'no valid entry "t": it is gone.',
  },
  {
    error: new GenerationCycleError(['a', 'b', 'a']),
    code: 'generation-cycle',
    says: '("a" -> "b" -> "a")',
  },
  {
    error: new WaitTimeoutError('t', 50),
    code: 'wait-timeout',
    says: `Waited 50 ms for another caller's generation of "t"`,
  },
])('$error.name has the code $code', ({ error, code, says }) => {
  expect(error).toBeInstanceOf(CacheError)
  expect(error.code).toBe(code)
  expect(error.name).toBe(error.constructor.name)
  expect(error.message).toContain(says)
  expect(isCacheError(error)).toBe(true)
  expect(isCacheError(error, error.code)).toBe(true)
  expect(isCacheError(error, 'closed')).toBe(false)
})

test("an error of a store of one's own may be called by its own name", () => {
  class RemoteError extends CacheError {
    constructor() {
      super('store-read', 'It hung up.')
      this.name = 'RemoteError'
    }
  }
  expect(`${new RemoteError()}`).toBe('RemoteError: It hung up.')
})

test('an error keeps its cause', () => {
  const cause = new Error('disk full')
  expect(new CacheError('store-write', 'Cannot store.', { cause }).cause).toBe(cause)
})

test('an error of a second copy of the package is recognised', () => {
  const foreign = Object.assign(new Error('x'), {
    code: 'closed',
    [Symbol.for('stagcache.error')]: true,
  })
  expect(isCacheError(foreign, 'closed')).toBe(true)
})

test.each([Object.assign(new Error('x'), { code: 'closed' }), { code: 'closed' }, 'closed', null, undefined])(
  '%s is none of ours',
  error => {
    expect(isCacheError(error)).toBe(false)
  },
)

test.each([
  { text: 'a"b\n', quoted: '"a\\"b\\n"' },
  { text: '\uD800', quoted: '"\\ud800"' },
  { text: 'x'.repeat(120), quoted: `"${'x'.repeat(120)}"` },
  { text: 'x'.repeat(121), quoted: `"${'x'.repeat(119)}…"` },
  { text: Object.create(null), quoted: '"an unprintable object"' },
])('$text is quoted', ({ text, quoted }) => {
  expect(quote(text)).toBe(quoted)
})
