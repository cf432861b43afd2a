import { afterEach, describe, expect, test, vi } from 'vitest'
import { platform } from './platform.ts'
import { releaseOf } from './release.ts'

afterEach(() => vi.unstubAllGlobals())

class Closable {
  calls: string[] = []
  close() {
    this.calls.push('close')
  }
}

class Terminable {
  calls: string[] = []
  terminate() {
    this.calls.push('terminate')
  }
}

class Both extends Closable {
  terminate() {
    this.calls.push('terminate')
  }
}

class OwnClose {
  calls: string[] = []
  close = () => this.calls.push('close')
}

type SymbolName = 'dispose' | 'asyncDispose'

/** An object, or the given one, with methods under these symbols, and the list of their calls. */
function withSymbols<T extends object>(value: T, ...names: SymbolName[]): T & { calls: string[] } {
  const calls: string[] = []
  const methods = names.map(name => [platform.Symbol[name] ?? Symbol(name), () => calls.push(name)])
  return Object.assign(value, Object.fromEntries(methods), { calls })
}

const hasSymbols = platform.Symbol.dispose !== undefined && platform.Symbol.asyncDispose !== undefined

describe('what is called to release a value', () => {
  test.each([
    { value: 'an instance with close()', make: () => new Closable(), call: 'close' },
    { value: 'an instance with terminate()', make: () => new Terminable(), call: 'terminate' },
    { value: 'an instance with both', make: () => new Both(), call: 'close' },
    { value: 'an instance with a close of its own', make: () => new OwnClose(), call: 'close' },
  ])('$value: $call', ({ make, call }) => {
    const value = make()
    releaseOf(value)?.()
    expect(value.calls).toEqual([call])
  })

  test.runIf(hasSymbols).each([
    {
      value: 'Symbol.dispose before close()',
      make: () => withSymbols(new Closable(), 'dispose'),
      call: 'dispose',
    },
    {
      value: 'Symbol.asyncDispose before close()',
      make: () => withSymbols(new Closable(), 'asyncDispose'),
      call: 'asyncDispose',
    },
    {
      value: 'Symbol.asyncDispose before Symbol.dispose',
      make: () => withSymbols(new Closable(), 'dispose', 'asyncDispose'),
      call: 'asyncDispose',
    },
    {
      value: 'Symbol.dispose of a plain object',
      make: () => withSymbols({ close: () => 1 }, 'dispose'),
      call: 'dispose',
    },
    {
      value: 'Symbol.asyncDispose of a plain object',
      make: () => withSymbols({}, 'asyncDispose'),
      call: 'asyncDispose',
    },
  ])('$value', ({ make, call }) => {
    const value = make()
    releaseOf(value)?.()
    expect(value.calls).toEqual([call])
  })

  test('Symbol.dispose of a function', () => {
    const symbol = platform.Symbol.dispose
    if (!symbol) return
    const released = vi.fn()
    releaseOf(Object.assign(() => 1, { [symbol]: released }))?.()
    expect(released).toHaveBeenCalledOnce()
  })

  test('an object URL is revoked', () => {
    const revokeObjectURL = vi.fn()
    vi.stubGlobal('URL', { revokeObjectURL })
    releaseOf('blob:http://127.0.0.1/9f3a')?.()
    expect(revokeObjectURL).toHaveBeenCalledExactlyOnceWith('blob:http://127.0.0.1/9f3a')
  })

  test('the runtime really revokes it', async () => {
    const blob = new Blob(['pixels'])
    const url = URL.createObjectURL(blob)
    await expect(fetch(url).then(response => response.text())).resolves.toBe('pixels')
    releaseOf(url)?.()
    await expect(fetch(url)).rejects.toThrow()
  })

  test('what the method returns is handed back, so that it can be waited for', async () => {
    class Slow {
      close = async () => 'closed'
    }
    await expect(releaseOf(new Slow())?.()).resolves.toBe('closed')
  })

  test('in a runtime without the two symbols, the words still count', () => {
    vi.stubGlobal('Symbol', { dispose: undefined, asyncDispose: undefined })
    const found = releaseOf(new Closable())
    vi.unstubAllGlobals()
    expect(found).toBeTypeOf('function')
  })
})

describe('what is not released', () => {
  const unreadable = Object.create(new Closable(), {
    close: {
      get() {
        throw new Error('of another origin')
      },
    },
  })
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()

  test.each([
    { what: 'a plain object of callbacks', value: { close: () => 1, terminate: () => 1 } },
    { what: 'an object without prototype', value: Object.assign(Object.create(null), { close: () => 1 }) },
    { what: 'a price', value: { open: 1, high: 2, low: 1, close: 2 } },
    { what: 'an instance whose close is no function', value: Object.assign(new OwnClose(), { close: 2 }) },
    { what: 'a function with a close', value: Object.assign(() => 1, { close: () => 1 }) },
    { what: 'an array of closables', value: [new Closable()] },
    { what: 'a text', value: 'blob' },
    { what: 'a number', value: 4 },
    { what: 'null', value: null },
    { what: 'what cannot be looked at', value: unreadable },
    { what: 'a revoked proxy', value: revoked.proxy },
  ])('$what', ({ value }) => {
    expect(releaseOf(value)).toBeUndefined()
  })

  test('an object URL where the runtime cannot revoke one', () => {
    vi.stubGlobal('URL', {})
    expect(releaseOf('blob:http://127.0.0.1/9f3a')).toBeUndefined()
  })
})
