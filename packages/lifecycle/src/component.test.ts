import { Cache, isCacheError } from '@stagcache/core'
import { describe, expect, test, vi } from 'vitest'
import { Deferred, View } from '../test/view.ts'
import { CacheComponent, LifecycleError } from './index.ts'

const lifecycleError = (reason: string) => expect.objectContaining({ code: 'lifecycle', reason })

describe('a component with synchronous handlers', () => {
  test('is a cache that begins unloaded', () => {
    const view = new CacheComponent({ version: 5 })
    expect(view).toBeInstanceOf(Cache)
    expect(view.version).toBe(5)
    expect([view.loaded, view.isLoading]).toEqual([false, false])
  })

  test('is loaded when load() returns, and unloaded when unload() returns', async () => {
    const view = new View()
    const loading = view.load()
    expect([view.loaded, view.isLoading]).toEqual([true, false])
    const unloading = view.unload()
    expect([view.loaded, view.isLoading]).toEqual([false, false])
    await Promise.all([loading, unloading])
  })

  test('is loading while handleLoad runs, and neither while handleUnload does', () => {
    const view = new View()
    const states: boolean[][] = []
    view.onLoad = view.onUnloading = () => void states.push([view.loaded, view.isLoading])
    void view.load()
    void view.unload()
    expect(states).toEqual([
      [false, true],
      [false, false],
    ])
  })

  test('can be loaded and unloaded over and over', () => {
    const view = new View()
    for (let round = 0; round < 3; round++) {
      void view.load()
      void view.unload()
    }
    expect(view.calls).toEqual(['load', 'unload', 'load', 'unload', 'load', 'unload'])
  })

  test('works without any override', async () => {
    const view = new CacheComponent()
    await view.load()
    expect(view.loaded).toBe(true)
    await view.unload()
    expect(view.loaded).toBe(false)
  })
})

describe('the four errors of the seed', () => {
  test('load() after load() rejects, and the component stays loaded', async () => {
    const view = new View()
    await view.load()
    await expect(view.load()).rejects.toThrow(lifecycleError('loaded-twice'))
    expect([view.loaded, view.calls]).toEqual([true, ['load']])
  })

  test('unload() before any load() rejects', async () => {
    const view = new View()
    await expect(view.unload()).rejects.toThrow(lifecycleError('unloaded-twice'))
    expect(view.calls).toEqual([])
  })

  test('unload() after unload() rejects', async () => {
    const view = new View()
    await view.load()
    await view.unload()
    await expect(view.unload()).rejects.toThrow(lifecycleError('unloaded-twice'))
  })

  test('a handleLoad that forgets its ancestor fails the load, and everything is undone', async () => {
    class Forgetful extends View {
      protected override handleLoad() {
        this.set('rows', [1])
      }
    }
    const view = new Forgetful()
    await expect(view.load()).rejects.toThrow(lifecycleError('no-super-load'))
    expect([view.loaded, view.isLoading, view.has('rows'), view.calls]).toEqual([false, false, false, []])
  })

  test('a handleUnload that forgets its ancestor rejects, and the component is unloaded all the same', async () => {
    class Forgetful extends View {
      protected override handleUnload() {}
    }
    const view = new Forgetful()
    view.onLoad = () => view.set('rows', [1])
    await view.load()
    await expect(view.unload()).rejects.toThrow(lifecycleError('no-super-unload'))
    expect([view.loaded, view.has('rows')]).toEqual([false, false])
  })

  test('the ancestor may be called late in an asynchronous handler', async () => {
    class Late extends CacheComponent {
      protected override async handleLoad(signal: AbortSignal) {
        await Promise.resolve()
        await super.handleLoad(signal)
      }
    }
    const view = new Late()
    await view.load()
    expect(view.loaded).toBe(true)
  })

  test('the call of one load does not count for the next', async () => {
    class Once extends CacheComponent {
      first = true
      protected override handleLoad(signal: AbortSignal) {
        if (this.first) super.handleLoad(signal)
        this.first = false
      }
    }
    const view = new Once()
    await view.load()
    await view.unload()
    await expect(view.load()).rejects.toThrow(lifecycleError('no-super-load'))
  })

  test('each names the component, what happened and what to do', async () => {
    const error: unknown = await new View().unload().catch(reason => reason)
    expect(error).toBeInstanceOf(LifecycleError)
    expect(isCacheError(error, 'lifecycle')).toBe(true)
    expect((error as Error).message).toBe(
      'Cannot unload View: there was no load() since the last unload(), or the load failed. Call unload() once per load(); a failed load needs none.',
    )
  })
})

describe('a component with asynchronous handlers', () => {
  test('is loading until handleLoad has settled', async () => {
    const { view, handler } = asynchronous()
    const loading = view.load()
    expect([view.loaded, view.isLoading]).toEqual([false, true])
    handler.resolve()
    await loading
    expect([view.loaded, view.isLoading]).toEqual([true, false])
  })

  test('is unloading until handleUnload has settled', async () => {
    const view = new View()
    const handler = new Deferred()
    view.onLoad = () => view.set('rows', [1])
    view.onUnloading = () => handler.promise
    await view.load()
    const unloading = view.unload()
    expect([view.loaded, view.has('rows')]).toEqual([false, true])
    handler.resolve()
    await unloading
    expect(view.has('rows')).toBe(false)
  })

  test('load() while it is loading rejects', async () => {
    const { view, handler } = asynchronous()
    const loading = view.load()
    await expect(view.load()).rejects.toThrow(lifecycleError('loaded-twice'))
    handler.resolve()
    await loading
  })

  test('unload() during loading aborts the signal, and nothing is loading any more', async () => {
    const { view, handler } = asynchronous()
    const loading = view.load()
    const unloading = view.unload()
    expect(view.signal?.aborted).toBe(true)
    expect(view.signal?.reason).toEqual(lifecycleError('superseded'))
    expect([view.loaded, view.isLoading]).toEqual([false, false])
    handler.reject(view.signal?.reason)
    await expect(loading).rejects.toThrow(lifecycleError('superseded'))
    await unloading
    expect([view.loaded, view.calls]).toEqual([false, ['load']])
  })

  test('a handleLoad that finishes although it was aborted gets its handleUnload', async () => {
    const { view, handler } = asynchronous()
    const loading = view.load()
    const unloading = view.unload()
    handler.resolve()
    await expect(loading).rejects.toThrow(lifecycleError('superseded'))
    await unloading
    expect(view.calls).toEqual(['load', 'unload'])
  })

  test('an aborted handleLoad that fails otherwise tells so as the cause', async () => {
    const { view, handler } = asynchronous()
    const loading = view.load()
    const unloading = view.unload()
    const broken = new Error('broken')
    handler.reject(broken)
    await expect(loading).rejects.toMatchObject({ reason: 'superseded', cause: broken })
    await unloading
  })

  test('a load that was overtaken need not be waited for', async () => {
    const unhandled = vi.fn()
    const { view, handler } = asynchronous()
    const stop = onUnhandled(unhandled)
    void view.load()
    const unloading = view.unload()
    handler.resolve()
    await unloading
    await new Promise(resolve => setTimeout(resolve, 20))
    stop()
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('the signal of a finished load is not aborted by its unload', async () => {
    const view = new View()
    await view.load()
    await view.unload()
    expect(view.signal?.aborted).toBe(false)
  })

  test('load() after unload() during loading begins when the aborted handler has settled', async () => {
    const { view, handler } = asynchronous()
    const first = view.load()
    const unloading = view.unload()
    view.onLoad = () => view.set('rows', 'second')
    const second = view.load()
    expect(view.calls).toEqual(['load'])
    handler.reject(view.signal?.reason)
    await expect(first).rejects.toThrow(lifecycleError('superseded'))
    await Promise.all([unloading, second])
    expect([view.loaded, view.get('rows')]).toEqual([true, 'second'])
  })

  test('load() during unloading loads again afterwards', async () => {
    const view = new View()
    const handler = new Deferred()
    view.onUnloading = () => handler.promise
    await view.load()
    const unloading = view.unload()
    const loading = view.load()
    expect([view.loaded, view.isLoading, view.calls]).toEqual([false, false, ['load', 'unload']])
    handler.resolve()
    await Promise.all([unloading, loading])
    expect([view.loaded, view.calls]).toEqual([true, ['load', 'unload', 'load']])
  })

  test('a load that was overtaken before it began never begins', async () => {
    const view = new View()
    const handler = new Deferred()
    view.onUnloading = () => handler.promise
    await view.load()
    const first = view.unload()
    const overtaken = view.load()
    const second = view.unload()
    await expect(overtaken).rejects.toThrow(lifecycleError('superseded'))
    handler.resolve()
    await Promise.all([first, second])
    expect([view.loaded, view.calls]).toEqual([false, ['load', 'unload']])
  })

  test('legality is judged by the last request, not by the state', async () => {
    const view = new View()
    const handler = new Deferred()
    view.onUnloading = () => handler.promise
    await view.load()
    const unloading = view.unload()
    await expect(view.unload()).rejects.toThrow(lifecycleError('unloaded-twice'))
    const loading = view.load()
    await expect(view.load()).rejects.toThrow(lifecycleError('loaded-twice'))
    handler.resolve()
    await Promise.all([unloading, loading])
  })
})

describe('a load that fails', () => {
  test.each([
    {
      kind: 'synchronously',
      fail: (error: Error) => {
        throw error
      },
    },
    { kind: 'asynchronously', fail: (error: Error) => Promise.reject(error) },
  ])('$kind rejects with the error of handleLoad, and everything is undone', async ({ fail }) => {
    const view = new View()
    const error = new Error('no network')
    const undone = vi.fn()
    view.onLoad = () => {
      view.set('rows', [1])
      view.onUnload(undone)
      return fail(error)
    }
    await expect(view.load()).rejects.toBe(error)
    expect([view.loaded, view.isLoading, view.has('rows'), view.calls]).toEqual([
      false,
      false,
      false,
      ['load'],
    ])
    expect(undone).toHaveBeenCalledOnce()
  })

  test('synchronously has been undone when load() returns', async () => {
    const view = new View()
    view.onLoad = () => {
      throw new Error('no network')
    }
    const loading = view.load()
    expect([view.loaded, view.isLoading]).toEqual([false, false])
    await expect(loading).rejects.toThrow('no network')
  })

  test('counts as unload: the next call is load()', async () => {
    const view = new View()
    view.onLoad = () => Promise.reject(new Error('no network'))
    await expect(view.load()).rejects.toThrow('no network')
    await expect(view.unload()).rejects.toThrow(lifecycleError('unloaded-twice'))
    view.onLoad = undefined
    await view.load()
    expect(view.loaded).toBe(true)
  })

  test('may be loaded again while it is still being undone', async () => {
    const view = new View()
    const release = new Deferred()
    view.onLoad = () => {
      view.onUnload(() => release.promise)
      throw new Error('no network')
    }
    const failed = view.load()
    view.onLoad = undefined
    const loading = view.load()
    expect(view.isLoading).toBe(false)
    release.resolve()
    await expect(failed).rejects.toThrow('no network')
    await loading
    expect(view.loaded).toBe(true)
  })

  test('may be asked to load and unload again while it is still being undone', async () => {
    const view = new View()
    const release = new Deferred()
    view.onLoad = () => {
      view.onUnload(() => release.promise)
      throw new Error('no network')
    }
    const failed = view.load()
    const overtaken = view.load()
    const unloading = view.unload()
    release.resolve()
    await expect(failed).rejects.toThrow('no network')
    await expect(overtaken).rejects.toThrow(lifecycleError('superseded'))
    await unloading
    expect([view.loaded, view.calls]).toEqual([false, ['load']])
  })
})

describe('calls from within the handlers', () => {
  test('load() in handleLoad is a second load', async () => {
    const view = new View()
    let inner: Promise<void> | undefined
    view.onLoad = () => {
      inner = view.load()
      inner.catch(() => {})
    }
    await view.load()
    await expect(inner).rejects.toThrow(lifecycleError('loaded-twice'))
    expect(view.loaded).toBe(true)
  })

  test('unload() in handleLoad undoes the load', async () => {
    const view = new View()
    let inner: Promise<void> | undefined
    view.onLoad = () => {
      view.set('rows', [1])
      inner = view.unload()
    }
    const loading = view.load()
    expect([view.loaded, view.has('rows')]).toEqual([false, false])
    await expect(loading).rejects.toThrow(lifecycleError('superseded'))
    await inner
    expect(view.calls).toEqual(['load', 'unload'])
  })

  test('load() in handleUnload loads again afterwards', async () => {
    const view = new View()
    let inner: Promise<void> | undefined
    await view.load()
    view.onUnloading = () => {
      inner = view.load()
    }
    const unloading = view.unload()
    expect(view.loaded).toBe(true)
    await Promise.all([unloading, inner])
    expect(view.calls).toEqual(['load', 'unload', 'load'])
  })

  test('unload() in handleUnload is a second unload', async () => {
    const view = new View()
    let inner: Promise<void> | undefined
    await view.load()
    view.onUnloading = () => {
      inner = view.unload()
      inner.catch(() => {})
    }
    await view.unload()
    await expect(inner).rejects.toThrow(lifecycleError('unloaded-twice'))
  })

  test('load() in a listener of the abort loads again afterwards', async () => {
    const { view, handler } = asynchronous()
    const first = view.load()
    let again: Promise<void> | undefined
    view.signal?.addEventListener('abort', () => {
      view.onLoad = undefined
      again = view.load()
    })
    const unloading = view.unload()
    handler.reject(view.signal?.reason)
    await expect(first).rejects.toThrow(lifecycleError('superseded'))
    await Promise.all([unloading, again])
    expect(view.loaded).toBe(true)
  })
})

describe('an error on the way down', () => {
  test('of handleUnload rejects, and everything else is undone', async () => {
    const view = new View()
    const error = new Error('no disk')
    const undone = vi.fn()
    view.onLoad = () => {
      view.set('rows', [1])
      view.onUnload(undone)
    }
    view.onUnloading = () => Promise.reject(error)
    await view.load()
    await expect(view.unload()).rejects.toBe(error)
    expect([view.loaded, view.has('rows')]).toEqual([false, false])
    expect(undone).toHaveBeenCalledOnce()
    await view.load()
    expect(view.loaded).toBe(true)
  })

  test('several reject together, in the order in which they occurred', async () => {
    const view = new View()
    const [first, second, third] = ['handler', 'function', 'member'].map(text => new Error(text))
    view.onUnload(() => Promise.reject(second))
    view.onUnloading = () => {
      throw first
    }
    view.addVolatileMember('stubborn')
    Object.defineProperty(view, 'stubborn', {
      set() {
        throw third
      },
    })
    await view.load()
    const error: unknown = await view.unload().catch(reason => reason)
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as AggregateError).errors).toEqual([first, second, third])
    expect((error as AggregateError).message).toContain('handler')
  })

  test('while a failed load is undone stands behind the error of the load', async () => {
    const view = new View()
    const [first, second] = [new Error('no network'), new Error('no disk')]
    view.onUnload(() => {
      throw second
    })
    view.onLoad = () => {
      throw first
    }
    await expect(view.load()).rejects.toMatchObject({ errors: [first, second], cause: first })
  })

  test('while an aborted load is undone is for whoever called unload()', async () => {
    const { view, handler } = asynchronous()
    const error = new Error('no disk')
    view.onUnload(() => {
      throw error
    })
    const loading = view.load()
    const unloading = view.unload()
    handler.reject(view.signal?.reason)
    await expect(loading).rejects.toThrow(lifecycleError('superseded'))
    await expect(unloading).rejects.toBe(error)
  })
})

function asynchronous(): { view: View; handler: Deferred } {
  const view = new View()
  const handler = new Deferred()
  view.onLoad = () => handler.promise
  return { view, handler }
}

function onUnhandled(listener: () => void): () => void {
  if (typeof process !== 'undefined' && typeof process.on === 'function') {
    process.on('unhandledRejection', listener)
    return () => process.off('unhandledRejection', listener)
  }
  const page = globalThis as unknown as EventTarget
  page.addEventListener('unhandledrejection', listener)
  return () => page.removeEventListener('unhandledrejection', listener)
}
