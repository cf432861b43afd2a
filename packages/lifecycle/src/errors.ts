import { CacheError } from '@stagcache/core'

/** What went against the order of a component's life. */
export type LifecycleReason =
  /** `load()` was called although loading is what was asked for last. */
  | 'loaded-twice'
  /** `unload()` was called although unloading is what was asked for last, or nothing ever was. */
  | 'unloaded-twice'
  /** An override of `handleLoad` did not call its ancestor. */
  | 'no-super-load'
  /** An override of `handleUnload` did not call its ancestor. */
  | 'no-super-unload'
  /** `unload()` came before the load was finished. This is also the reason of the signal that `handleLoad` gets. */
  | 'superseded'

const messages: Record<LifecycleReason, (component: string) => string> = {
  'loaded-twice': component =>
    `Cannot load ${component}: load() has already been called, and no unload() since. Call it once per unload(); loaded and isLoading tell the state.`,
  'unloaded-twice': component =>
    `Cannot unload ${component}: there was no load() since the last unload(), or the load failed. Call unload() once per load(); a failed load needs none.`,
  'no-super-load': component =>
    `${component} is not loaded: its handleLoad() did not call the one it overrides, so a part of it may be missing. Begin it with super.handleLoad(signal).`,
  'no-super-unload': component =>
    `${component} is unloaded, but its handleUnload() did not call the one it overrides, so a part of it may be left. End it with super.handleUnload().`,
  superseded: component =>
    `${component} is not loaded: unload() was called before loading was finished. If that is expected, catch this error where load() is awaited.`,
}

/** A component's `load()` or `unload()` was out of turn or incomplete. Code `lifecycle`. */
export class LifecycleError extends CacheError {
  override readonly name: string = 'LifecycleError'
  readonly reason: LifecycleReason

  constructor(reason: LifecycleReason, component: string, options?: { cause?: unknown }) {
    super('lifecycle', messages[reason](component), options)
    this.reason = reason
  }
}
