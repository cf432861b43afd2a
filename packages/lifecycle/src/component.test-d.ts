import type { Cache, Signal } from '@stagcache/core'
import { describe, expectTypeOf, test } from 'vitest'
import { CacheComponent, type LifecycleError, type LifecycleReason } from './index.ts'

describe('a component', () => {
  test('is a cache, with its typed schema', () => {
    const view = new CacheComponent<{ rows: number[] }>({ version: 5 })
    expectTypeOf(view).toExtend<Cache<{ rows: number[] }>>()
    expectTypeOf(view.get('rows')).toEqualTypeOf<number[] | undefined>()
    // @ts-expect-error a key that the schema does not have
    view.get('row')
  })

  test('answers load() and unload() with promises, and its state is read-only', () => {
    const view = new CacheComponent()
    expectTypeOf(view.load()).toEqualTypeOf<Promise<void>>()
    expectTypeOf(view.unload()).toEqualTypeOf<Promise<void>>()
    expectTypeOf(view.loaded).toEqualTypeOf<boolean>()
    expectTypeOf(view.isLoading).toEqualTypeOf<boolean>()
    // @ts-expect-error read-only
    view.loaded = true
  })

  test('does not let others call its handlers', () => {
    const view = new CacheComponent()
    // @ts-expect-error protected
    view.handleLoad
    // @ts-expect-error protected
    view.handleUnload
  })
})

describe('an override of handleLoad', () => {
  test('may be synchronous or asynchronous, with the runtime’s own AbortSignal or without', () => {
    class Synchronous extends CacheComponent {
      protected override handleLoad(signal: Signal): void {
        super.handleLoad(signal)
      }
      protected override handleUnload(): void {
        super.handleUnload()
      }
    }
    class Asynchronous extends CacheComponent {
      protected override async handleLoad(signal: AbortSignal) {
        super.handleLoad(signal)
        await fetch('http://127.0.0.1/', { signal })
      }
      protected override async handleUnload() {
        super.handleUnload()
      }
    }
    expectTypeOf<Synchronous | Asynchronous>().toExtend<CacheComponent>()
  })

  test('has to give the signal to its ancestor', () => {
    class Forgetful extends CacheComponent {
      protected override handleLoad() {
        // @ts-expect-error the signal is missing
        super.handleLoad()
      }
    }
    expectTypeOf<Forgetful>().toExtend<CacheComponent>()
  })
})

test('the reasons of lifecycle errors are a closed union', () => {
  expectTypeOf<LifecycleError['reason']>().toEqualTypeOf<LifecycleReason>()
  expectTypeOf<LifecycleReason>().toEqualTypeOf<
    'loaded-twice' | 'unloaded-twice' | 'no-super-load' | 'no-super-unload' | 'superseded'
  >()
})
