import { type Entry, persistentKey, type Store } from '@stagcache/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Deferred, View } from '../test/view.ts'

let released: string[]

beforeEach(() => {
  released = []
})

afterEach(() => vi.restoreAllMocks())

/** A value that takes down its release. */
class Resource {
  readonly label: string
  readonly #release: () => unknown

  constructor(label: string, release: () => unknown = () => {}) {
    this.label = label
    this.#release = release
  }

  close(): unknown {
    released.push(this.label)
    return this.#release()
  }
}

/** Loads and unloads a view whose handleLoad does what is given. */
async function loaded(onLoad: (view: View) => unknown): Promise<View> {
  const view = new View()
  view.onLoad = () => onLoad(view)
  await view.load()
  view.onLoad = undefined
  return view
}

describe('a memory entry first set while loading', () => {
  test('is gone after unload', async () => {
    const view = await loaded(view => view.set('rows', [1]))
    expect(view.get('rows')).toEqual([1])
    await view.unload()
    expect([view.has('rows'), view.get('rows')]).toEqual([false, undefined])
  })

  test.each([
    { how: 'set', fill: (view: View) => view.set('rows', [1]) },
    { how: 'generated', fill: (view: View) => void view.cache('rows', () => [1]) },
    { how: 'set under another version', fill: (view: View) => view.set('rows@7', [1]) },
    { how: 'set as an object key', fill: (view: View) => view.set({ name: 'rows', version: 3 }, [1]) },
    { how: 'overwritten', fill: (view: View) => [1, 2].map(row => view.set('rows', [row])) },
    {
      how: 'set anew after being deleted',
      fill: (view: View) => [view.set('rows', 1), view.delete('rows'), view.set('rows', 2)],
    },
  ])('is volatile when $how', async ({ fill }) => {
    const view = await loaded(view => void fill(view))
    const keys = ['rows', 'rows@7', 'rows@3']
    expect(keys.some(key => view.has(key))).toBe(true)
    await view.unload()
    expect(keys.some(key => view.has(key))).toBe(false)
  })

  test('may have any name', async () => {
    const key = { name: 'http://127.0.0.1/a@b', tier: 'memory' } as const
    const view = await loaded(view => view.set(key, 'page'))
    expect(view.get(key)).toBe('page')
    await view.unload()
    expect(view.has(key)).toBe(false)
  })

  test('is volatile too when somebody else sets it, or the handler does later', async () => {
    const view = new View()
    const handler = new Deferred()
    view.onLoad = async () => {
      await handler.promise
      view.set('late', 2)
    }
    const loading = view.load()
    view.set('foreign', 1)
    handler.resolve()
    await loading
    expect([view.has('foreign'), view.has('late')]).toEqual([true, true])
    await view.unload()
    expect([view.has('foreign'), view.has('late')]).toEqual([false, false])
  })

  test('stays volatile when it is overwritten while loaded', async () => {
    const view = await loaded(view => view.set('rows', 'old'))
    view.set('rows', 'new')
    await view.unload()
    expect(view.has('rows')).toBe(false)
  })

  test('is another entry when it was deleted and set again while loaded', async () => {
    const view = await loaded(view => view.set('rows', 'old'))
    view.delete('rows')
    view.set('rows', 'new')
    await view.unload()
    expect(view.get('rows')).toBe('new')
  })

  test('is gone after clear() as well, and one set later stays', async () => {
    const view = await loaded(view => view.set('rows', 'old'))
    await view.clear()
    view.set('rows', 'new')
    await view.unload()
    expect(view.get('rows')).toBe('new')
  })

  test('is there while handleUnload and the onUnload functions run', async () => {
    const view = await loaded(view => view.set('rows', [1]))
    const seen: unknown[] = []
    view.onUnloading = () => seen.push(view.get('rows'))
    view.onUnload(() => seen.push(view.get('rows')))
    await view.unload()
    expect(seen).toEqual([[1], [1]])
  })
})

describe('other entries stay', () => {
  test.each([
    {
      when: 'before loading',
      make: async () => {
        const view = new View()
        view.set('rows', [1])
        await view.load()
        return view
      },
    },
    {
      when: 'while loaded',
      make: async () => {
        const view = new View()
        await view.load()
        view.set('rows', [1])
        return view
      },
    },
    {
      when: 'before loading, and overwritten while loading',
      make: async () => {
        const view = new View()
        view.set('rows', [0])
        view.onLoad = () => view.set('rows', [1])
        await view.load()
        return view
      },
    },
    {
      when: 'in handleUnload',
      make: async () => {
        const view = new View()
        view.onUnloading = () => view.set('rows', [1])
        await view.load()
        return view
      },
    },
  ])('set $when', async ({ make }) => {
    const view = await make()
    await view.unload()
    expect(view.get('rows')).toEqual([1])
  })

  test('persistent ones, also when set while loading', async () => {
    const view = new View({ store: new MapStore() })
    view.onLoad = async () => {
      await view.set('./rows', [1])
      await view.cache(persistentKey<string>('texture'), () => 'pixels')
    }
    await view.load()
    await view.unload()
    expect([await view.get('./rows'), await view.get('./texture')]).toEqual([[1], 'pixels'])
  })

  test('what one load set is nothing to the next', async () => {
    const view = await loaded(view => view.set('rows', 'first'))
    await view.unload()
    view.set('rows', 'between')
    await view.load()
    await view.unload()
    expect(view.get('rows')).toBe('between')
  })
})

describe('a volatile member', () => {
  class Textured extends View {
    texture: string | undefined
  }

  test('is undefined after each unload', async () => {
    const view = new Textured()
    view.addVolatileMember('texture')
    for (let round = 0; round < 2; round++) {
      view.onLoad = () => {
        view.texture = 'pixels'
      }
      await view.load()
      expect(view.texture).toBe('pixels')
      await view.unload()
      expect(view.texture).toBeUndefined()
      expect('texture' in view).toBe(true)
    }
  })

  test('is cleared after a failed load too', async () => {
    const view = new Textured()
    view.addVolatileMember('texture')
    view.onLoad = () => {
      view.texture = 'pixels'
      throw new Error('no network')
    }
    await expect(view.load()).rejects.toThrow('no network')
    expect(view.texture).toBeUndefined()
  })

  test('is still there in handleUnload', async () => {
    const view = new Textured()
    let seen: unknown
    view.addVolatileMember('texture')
    view.onLoad = () => {
      view.texture = 'pixels'
    }
    view.onUnloading = () => {
      seen = view.texture
    }
    await view.load()
    await view.unload()
    expect(seen).toBe('pixels')
  })

  test('may be an accessor', async () => {
    class Guarded extends View {
      #texture: string | undefined = 'pixels'
      get texture() {
        return this.#texture
      }
      set texture(value) {
        this.#texture = value
      }
    }
    const view = new Guarded()
    view.addVolatileMember('texture')
    await view.load()
    await view.unload()
    expect(view.texture).toBeUndefined()
  })

  test('that does not exist is not made', async () => {
    const view = new View()
    view.addVolatileMember('texture')
    await view.load()
    await view.unload()
    expect('texture' in view).toBe(false)
  })

  test('does not have its value released', async () => {
    const view = Object.assign(new View(), { texture: new Resource('texture') })
    view.addVolatileMember('texture')
    await view.load()
    await view.unload()
    expect([view.texture, released]).toEqual([undefined, []])
  })
})

describe('an onUnload function', () => {
  test('runs once, at the next unload', async () => {
    const view = new View()
    const fn = vi.fn()
    view.onUnload(fn)
    await view.load()
    expect(fn).not.toHaveBeenCalled()
    await view.unload()
    await view.load()
    await view.unload()
    expect(fn).toHaveBeenCalledOnce()
  })

  test('runs after handleUnload, the last registered first, each after the one before', async () => {
    const view = new View()
    view.onUnload(() => view.calls.push('first'))
    view.onUnload(async () => {
      await Promise.resolve()
      view.calls.push('second')
    })
    await view.load()
    await view.unload()
    expect(view.calls).toEqual(['load', 'unload', 'second', 'first'])
  })

  test('registered twice runs twice', async () => {
    const view = new View()
    const fn = vi.fn()
    view.onUnload(fn)
    view.onUnload(fn)
    await view.load()
    await view.unload()
    expect(fn).toHaveBeenCalledTimes(2)
  })

  test('registered in handleUnload runs in the same unload', async () => {
    const view = new View()
    view.onUnloading = () => view.onUnload(() => view.calls.push('function'))
    await view.load()
    await view.unload()
    expect(view.calls).toEqual(['load', 'unload', 'function'])
  })

  test('that registers itself runs again at the next unload', async () => {
    const view = new View()
    const again = vi.fn(() => view.onUnload(again))
    view.onUnload(again)
    await view.load()
    await view.unload()
    expect(again).toHaveBeenCalledTimes(1)
    await view.load()
    await view.unload()
    expect(again).toHaveBeenCalledTimes(2)
  })
})

describe('a volatile value that can be released', () => {
  test('is released at unload, and has been when a synchronous unload() returns', async () => {
    const view = await loaded(view => view.set('texture', new Resource('texture')))
    expect(released).toEqual([])
    const unloading = view.unload()
    expect(released).toEqual(['texture'])
    await unloading
  })

  test('is released when the load fails, or is aborted', async () => {
    const failing = new View()
    failing.onLoad = () => {
      failing.set('texture', new Resource('failed'))
      throw new Error('no network')
    }
    await expect(failing.load()).rejects.toThrow('no network')
    const aborted = new View()
    aborted.onLoad = async signal => {
      aborted.set('texture', new Resource('aborted'))
      await Promise.resolve()
      signal.throwIfAborted()
    }
    aborted.load().catch(() => {})
    await aborted.unload()
    expect(released).toEqual(['failed', 'aborted'])
  })

  test('is released when what it is in is gone: nobody can get it any more', async () => {
    const view = await loaded(view =>
      view.set('texture', new Resource('texture', () => released.push(String(view.has('texture'))))),
    )
    await view.unload()
    expect(released).toEqual(['texture', 'false'])
  })

  test('is released in reverse order, after handleUnload and the functions', async () => {
    const view = await loaded(view => {
      for (const name of ['a', 'b', 'c']) view.set(name, new Resource(name))
      view.onUnload(() => released.push('function'))
    })
    view.onUnloading = () => released.push('handler')
    await view.unload()
    expect(released).toEqual(['handler', 'function', 'c', 'b', 'a'])
  })

  test('is released only when the release of the one before has finished', async () => {
    const slow = new Deferred()
    const view = await loaded(view => {
      view.set('device', new Resource('device'))
      view.set('texture', new Resource('texture', () => slow.promise))
    })
    const unloading = view.unload()
    await Promise.resolve()
    expect([released, view.loaded, view.has('device')]).toEqual([['texture'], false, false])
    slow.resolve()
    await unloading
    expect(released).toEqual(['texture', 'device'])
  })

  test('keeps the next load waiting until it is released', async () => {
    const slow = new Deferred()
    const view = await loaded(view => view.set('port', new Resource('port', () => slow.promise)))
    const unloading = view.unload()
    const loading = view.load()
    expect(view.calls).toEqual(['load', 'unload'])
    slow.resolve()
    await Promise.all([unloading, loading])
    expect(view.calls).toEqual(['load', 'unload', 'load'])
  })

  test('is released by Symbol.dispose and Symbol.asyncDispose, and object URLs are revoked', async () => {
    const revokeObjectURL = vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
    const symbols = [Symbol.dispose, Symbol.asyncDispose].filter(symbol => symbol !== undefined)
    const view = await loaded(view => {
      for (const [index, symbol] of symbols.entries())
        view.set(`a${index}`, { [symbol]: () => released.push(String(symbol)) })
      view.set('url', 'blob:http://127.0.0.1/9f3a')
    })
    await view.unload()
    expect(released).toEqual(symbols.map(String).reverse())
    expect(revokeObjectURL).toHaveBeenCalledExactlyOnceWith('blob:http://127.0.0.1/9f3a')
  })

  test('that was overwritten or deleted is released at unload, not before: somebody may still use it', async () => {
    const view = await loaded(view => {
      view.set('texture', new Resource('overwritten'))
      view.set('shader', new Resource('deleted'))
    })
    view.set('texture', new Resource('last'))
    view.delete('shader')
    expect(released).toEqual([])
    await view.unload()
    expect(released).toEqual(['last', 'deleted', 'overwritten'])
  })

  test('held under two volatile names is released once', async () => {
    const view = await loaded(view => {
      const texture = new Resource('texture')
      view.set('texture', texture)
      view.set('alias', texture)
    })
    await view.unload()
    expect(released).toEqual(['texture'])
  })

  test('held under another name that stays is not released', async () => {
    const view = await loaded(view => view.set('texture', new Resource('texture')))
    const texture = view.get('texture')
    view.set('keep', texture)
    await view.unload()
    expect([view.has('texture'), view.get('keep'), released]).toEqual([false, texture, []])
    view.delete('keep')
    await view.load()
    await view.unload()
    expect(released).toEqual([])
  })

  test('that is an object URL, held under another name that stays, is not revoked', async () => {
    const revokeObjectURL = vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
    const view = await loaded(view => view.set('url', 'blob:http://127.0.0.1/9f3a'))
    view.set('keep', view.get('url'))
    await view.unload()
    expect([view.has('url'), revokeObjectURL.mock.calls]).toEqual([false, []])
  })

  test('held under a name that stays only for a while is released', async () => {
    const view = await loaded(view => view.set('texture', new Resource('texture')))
    view.set('keep', view.get('texture'))
    view.set('keep', 'other')
    await view.unload()
    expect(released).toEqual(['texture'])
  })

  test('held before the load is not released', async () => {
    const view = new View()
    const texture = new Resource('texture')
    view.set('keep', texture)
    view.onLoad = () => view.set('texture', texture)
    await view.load()
    await view.unload()
    expect([view.get('keep'), released]).toEqual([texture, []])
  })

  test('that is set again while unloading is not released', async () => {
    const view = new View()
    const device = new Resource('device')
    const texture = new Resource('texture', () => view.set('saved', device))
    view.onLoad = () => {
      view.set('device', device)
      view.set('texture', texture)
    }
    await view.load()
    await view.unload()
    expect([view.get('saved'), released]).toEqual([device, ['texture']])
  })

  test('is released once by each load that it was set in', async () => {
    const view = new View()
    const pool = new Resource('pool')
    view.onLoad = () => view.set('pool', pool)
    for (let round = 0; round < 2; round++) {
      await view.load()
      await view.unload()
    }
    expect(released).toEqual(['pool', 'pool'])
  })

  test('is not released when it was set while loaded', async () => {
    const view = await loaded(() => {})
    view.set('texture', new Resource('texture'))
    await view.unload()
    expect(released).toEqual([])
  })

  test('is released also when the release of another throws or rejects', async () => {
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
    const view = await loaded(view => {
      view.set('a', new Resource('a'))
      view.set('b', new Resource('b', () => Promise.reject(rejected)))
      view.set(
        'c',
        new Resource('c', () => {
          throw thrown
        }),
      )
    })
    await expect(view.unload()).rejects.toMatchObject({ errors: [thrown, rejected] })
    expect([released, view.loaded]).toEqual([['c', 'b', 'a'], false])
  })
})

describe('a value that is generated for memory', () => {
  test('in a load that is over is released, and not kept; who waits for it receives it', async () => {
    const texture = new Resource('texture')
    const generation = new Deferred<Resource>()
    let waiting: unknown
    const view = await loaded(view => {
      waiting = view.cache('texture', () => generation.promise)
    })
    await view.unload()
    generation.resolve(texture)
    expect(await waiting).toBe(texture)
    expect([released, view.has('texture')]).toEqual([['texture'], false])
  })

  test('in a load that is over, but which an entry holds, is not released', async () => {
    const texture = new Resource('texture')
    const generation = new Deferred<Resource>()
    let waiting: unknown
    const view = await loaded(view => {
      waiting = view.cache('texture', () => generation.promise)
    })
    await view.unload()
    view.set('keep', texture)
    generation.resolve(texture)
    await waiting
    expect(released).toEqual([])
  })

  test('in a load that is over and has released it already is not released again', async () => {
    const texture = new Resource('texture')
    const generation = new Deferred<Resource>()
    let waiting: unknown
    const view = await loaded(view => {
      view.set('early', texture)
      waiting = view.cache('texture', () => generation.promise)
    })
    await view.unload()
    generation.resolve(texture)
    await waiting
    expect(released).toEqual(['texture'])
  })

  test('reports the error of a late release as an event', async () => {
    const error = new Error('lost')
    const errors = vi.fn()
    const generation = new Deferred<Resource>()
    let waiting: unknown
    const view = await loaded(view => {
      waiting = view.cache('texture', () => generation.promise)
    })
    view.events.on('error', errors)
    await view.unload()
    generation.resolve(new Resource('texture', () => Promise.reject(error)))
    await waiting
    await vi.waitFor(() => expect(errors).toHaveBeenCalledExactlyOnceWith({ error, name: 'texture' }))
  })

  test('is volatile when it arrives after the load has finished', async () => {
    const generation = new Deferred<Resource>()
    let waiting: unknown
    const view = await loaded(view => {
      waiting = view.cache('texture', () => generation.promise)
    })
    generation.resolve(new Resource('texture'))
    await waiting
    expect(view.has('texture')).toBe(true)
    await view.unload()
    expect([view.has('texture'), released]).toEqual([false, ['texture']])
  })

  test('is not volatile when its generation began before the load', async () => {
    const view = new View()
    const [generation, handler] = [new Deferred<Resource>(), new Deferred()]
    const waiting = view.cache('texture', () => generation.promise)
    view.onLoad = () => handler.promise
    const loading = view.load()
    generation.resolve(new Resource('texture'))
    await waiting
    handler.resolve()
    await loading
    await view.unload()
    expect([view.has('texture'), released]).toEqual([true, []])
  })

  test('while loaded stays, also when it arrives after unload', async () => {
    const view = await loaded(() => {})
    const generation = new Deferred<Resource>()
    const waiting = view.cache('texture', () => generation.promise)
    await view.unload()
    generation.resolve(new Resource('texture'))
    await waiting
    expect([view.has('texture'), released]).toEqual([true, []])
  })

  test('while loaded under a volatile name is volatile', async () => {
    const view = await loaded(view => view.set('texture', new Resource('first')))
    const generation = new Deferred<Resource>()
    const waiting = view.cache('texture@2', () => generation.promise)
    await view.unload()
    generation.resolve(new Resource('second'))
    await waiting
    expect([view.has('texture@2'), released]).toEqual([false, ['first', 'second']])
  })

  test('for an entry that was there before the load stays', async () => {
    const view = new View()
    view.set('texture', new Resource('first'))
    const generation = new Deferred<Resource>()
    let waiting: unknown
    view.onLoad = () => {
      waiting = view.cache('texture@2', () => generation.promise)
    }
    await view.load()
    await view.unload()
    generation.resolve(new Resource('second'))
    await waiting
    expect([view.has('texture@2'), released]).toEqual([true, []])
  })

  test('and deleted in the meantime is released at unload', async () => {
    const generation = new Deferred<Resource>()
    let waiting: unknown
    const view = await loaded(view => {
      waiting = view.cache('texture', () => generation.promise)
    })
    view.delete('texture')
    generation.resolve(new Resource('texture'))
    await waiting
    expect([view.has('texture'), released]).toEqual([false, []])
    await view.unload()
    expect(released).toEqual(['texture'])
  })

  test('and that nobody receives, since another generator was first, is released at unload', async () => {
    const view = await loaded(async view => {
      const first = view.cache('texture', async () => new Resource('first'))
      const second = view.cache('texture', () => Promise.resolve(new Resource('second')))
      expect(await second).toBe(await first)
    })
    expect(released).toEqual([])
    await view.unload()
    expect(released.toSorted()).toEqual(['first', 'second'])
  })

  test('is generated anew by the next load, and not shared with the one that is over', async () => {
    const view = new View()
    const generations: Deferred<Resource>[] = []
    const generate = () => {
      const generation = new Deferred<Resource>()
      generations.push(generation)
      return generation.promise
    }
    let waiting: unknown
    view.onLoad = () => {
      waiting = view.cache('texture', generate)
    }
    await view.load()
    const first = waiting
    await view.unload()
    await view.load()
    expect(generations).toHaveLength(2)
    generations[0]?.resolve(new Resource('first'))
    await first
    expect([released, view.has('texture')]).toEqual([['first'], false])
    const second = new Resource('second')
    generations[1]?.resolve(second)
    expect(await waiting).toBe(second)
    expect([released, view.get('texture')]).toEqual([['first'], second])
  })
})

class MapStore implements Store {
  readonly #entries = new Map<string, Entry>()

  async read(name: string, accept: (info: Entry) => boolean = () => true) {
    const entry = this.#entries.get(name)
    return entry && accept(entry) ? entry : undefined
  }

  async write(name: string, entry: Entry) {
    this.#entries.set(name, entry)
  }

  async remove(name: string) {
    return this.#entries.delete(name)
  }

  async clear() {
    this.#entries.clear()
  }

  async close() {}
}
