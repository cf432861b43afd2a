import type { Signal } from '@stagcache/core'
import { CacheComponent } from '../src/index.ts'

/** A component whose handlers do what the test says, and take down that they were called. */
export class View extends CacheComponent {
  readonly calls: string[] = []
  signal: Signal | undefined
  onLoad: ((signal: Signal) => unknown) | undefined
  onUnloading: (() => unknown) | undefined

  protected override handleLoad(signal: Signal): void | PromiseLike<void> {
    super.handleLoad(signal)
    this.calls.push('load')
    this.signal = signal
    return this.onLoad?.(signal) as void | PromiseLike<void>
  }

  protected override handleUnload(): void | PromiseLike<void> {
    this.calls.push('unload')
    super.handleUnload()
    return this.onUnloading?.() as void | PromiseLike<void>
  }
}

/** A promise that the test settles. */
export class Deferred<T = void> {
  resolve!: (value: T) => void
  reject!: (error: unknown) => void
  readonly promise: Promise<T> = new Promise((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })
}
