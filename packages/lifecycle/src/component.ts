import { Cache, type Signal, type Untyped } from '@stagcache/core'
import { LifecycleError, type LifecycleReason } from './errors.ts'
import { attempt, run, type Steps } from './steps.ts'
import { Holdings, Load } from './volatile.ts'

/*
 * The life of a component
 *
 *   unloaded --load()--> loading --handleLoad() done--> loaded --unload()--> unloading --> unloaded
 *                           \-- handleLoad() fails, or unload() comes first --> unloading --> unloaded
 *
 * Two things are kept apart. The *state* is what the component is. What is *wanted* is what was asked for last; it alone
 * decides whether a call is legal, and a failed load sets it to unloaded. One procedure, `#settle`, brings the state to
 * what is wanted, one transition after the other, and looks again after each. Hence "the last request wins", whatever
 * came in between: requests that were overtaken before their transition began cost nothing.
 *
 * What holds:
 *
 * 1. Handlers, onUnload functions and releases never overlap, but for the release of what arrives late (3.). An aborted
 *    handleLoad is waited for: two of them at once could not be told apart in what they set. A handler that never settles
 *    therefore keeps the component where it is; the signal is there to prevent that.
 * 2. handleUnload runs exactly once for each handleLoad that succeeded, also for one that finished although it was
 *    aborted: whatever it opened is closed. It does not run for one that failed; what such a one has done so far it undoes
 *    through volatile values, onUnload and its own `finally`. (So an aborted handleLoad throws, e.g. by
 *    `signal.throwIfAborted()`, rather than return half done.)
 * 3. There is a current load from the beginning of handleLoad until its entries are gone. Entries belong to it if they
 *    are first set while its handleLoad runs, by whomever. A generated entry counts as set when its generation
 *    *begins*: one begun before the load is not volatile; one begun in it is, also if it arrives when the component is
 *    loaded; one that arrives when the load is over is not kept, and released.
 * 4. Undoing is a list of phases, and no error in one keeps the rest from happening:
 *      handleUnload (2.) -> onUnload functions, last first -> entries and members vanish -> values are released, last first
 *    Up to the third phase everything is still there; from it on, nobody can come by a value that is being released.
 * 5. A value is released by the load that owns it at most once, and not while any entry holds it.
 * 6. With synchronous handlers, functions and releases a transition is over before load() or unload() returns.
 *
 * Re-entrancy: load() and unload() may be called at any time, in handlers too, and follow the same rules. unload() in
 * handleLoad aborts that load, load() in handleUnload loads again afterwards; load() in handleLoad is a second load. What
 * must not be done in a handler is to *wait* for the promise: it settles when the handler has.
 */

type State = 'unloaded' | 'loading' | 'loaded' | 'unloading'

interface Pending {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * A cache with a working state: a widget, a view, a session. What its `handleLoad` puts into memory is volatile, gone
 * and released after `unload()`; what it puts under persistent keys stays.
 *
 * Released are values with a `Symbol.asyncDispose` or `Symbol.dispose` method, instances of classes with `close()` or
 * `terminate()`, and object URLs; the last set is released first, each once, and none that is still held by an entry
 * which is not volatile.
 *
 * Not promised: anything about values inside other values, or held in members. Whoever still uses a volatile value
 * after `unload()`, or waits for one that was being generated, has a released one.
 *
 * @example
 * class ImageView extends CacheComponent {
 *   protected override async handleLoad(signal: Signal) {
 *     super.handleLoad(signal)
 *     this.set('image', await createImageBitmap(await fetchImage(signal)))
 *   }
 * }
 * const view = new ImageView()
 * await view.load() // view.get('image') is there
 * await view.unload() // it is gone, and image.close() was called
 *
 * @typeParam S - Optionally the values by name, as for {@link Cache}.
 */
export class CacheComponent<S extends object = Untyped> extends Cache<S> {
  #state: State = 'unloaded'
  #wanted: 'loaded' | 'unloaded' = 'unloaded'
  #settling = false
  #loadRequest: Pending | undefined
  #unloadRequest: Pending | undefined
  #load: Load | undefined
  #handlingLoad = false
  #ancestorCalled = false
  #unloadFunctions: (() => unknown)[] = []
  readonly #volatileMembers = new Set<string>()
  readonly #holdings = new Holdings()

  /** Whether the component is loaded: `handleLoad` has succeeded, and nobody has called `unload()` since. */
  get loaded(): boolean {
    return this.#state === 'loaded'
  }

  /** Whether the component is being loaded: `handleLoad` runs, and nobody has called `unload()`. */
  get isLoading(): boolean {
    return this.#state === 'loading'
  }

  /**
   * Loads the component, after it has unloaded if it is just doing so. With a synchronous `handleLoad` it is loaded when
   * this returns.
   *
   * If loading fails, everything is undone and the component is unloaded: `load()` may be called again. The promise then
   * rejects with the error of `handleLoad`, or an `AggregateError` that begins with it if undoing failed too.
   *
   * @throws LifecycleError as a rejection: `loaded-twice`; `no-super-load`; `superseded` when `unload()` came first (this
   *   one does not count as unhandled if nobody waits for the promise).
   */
  load(): Promise<void> {
    if (this.#wanted === 'loaded') return Promise.reject(this.#error('loaded-twice'))
    this.#wanted = 'loaded'
    const request = pending()
    this.#loadRequest = request
    this.#settle()
    return request.promise
  }

  /**
   * Unloads the component; a load that is not finished is aborted and, when its `handleLoad` has settled, undone. With
   * synchronous handlers and releases everything is gone when this returns.
   *
   * The component is unloaded in any case. The promise rejects with the error that occurred on the way, or with an
   * `AggregateError` of several.
   *
   * @throws LifecycleError as a rejection: `unloaded-twice`; `no-super-unload`.
   */
  unload(): Promise<void> {
    if (this.#wanted === 'unloaded') return Promise.reject(this.#error('unloaded-twice'))
    this.#wanted = 'unloaded'
    this.#unloadRequest ??= pending()
    const request = this.#unloadRequest
    this.#supersedeLoad()
    this.#settle()
    return request.promise
  }

  /**
   * Sets the member of this name to `undefined` at every later unload, so that it keeps nothing alive. What it held is
   * not released: members often refer to things that belong to somebody else. Without a member of that name nothing
   * happens.
   *
   * It is `undefined` and not `null`, SciStag's `None`, because that is how an optional member (`texture?: Texture`)
   * says "not there" everywhere else in this package.
   */
  addVolatileMember(name: string): void {
    this.#volatileMembers.add(name)
  }

  /**
   * Calls `fn` once, at the next unload, after `handleUnload` and while the volatile values are still there; also when
   * the load fails. Functions are called in reverse order, each when the promise of the one before has settled.
   *
   * @example
   * this.onUnload(() => window.removeEventListener('resize', resized))
   */
  onUnload(fn: () => unknown): void {
    this.#unloadFunctions.push(fn)
  }

  /**
   * For subclasses: obtains what the component works with. Overrides begin with `super.handleLoad(signal)`. Memory entries
   * first set while this runs, and until its promise settles, are volatile.
   *
   * @param signal - Aborted by `unload()`. An override should then throw, and not return half done.
   */
  protected handleLoad(_signal: Signal): void | PromiseLike<void> {
    this.#ancestorCalled = true
  }

  /**
   * For subclasses: ends what `handleLoad` has begun, while all volatile values are still there. Overrides end with
   * `super.handleUnload()`. Runs for each `handleLoad` that succeeded, and for no other. What it sets stays.
   */
  protected handleUnload(): void | PromiseLike<void> {
    this.#ancestorCalled = true
  }

  /** An override calls this one. */
  protected override memoryOrigin(name: string, present: unknown): unknown {
    const volatile = present === undefined ? this.#handlingLoad : this.#load?.names(name)
    return volatile ? this.#load : undefined
  }

  /** An override calls this one. */
  protected override memoryChanged(name: string, value: unknown, previous: unknown, origin: unknown): void {
    this.#holdings.changed(value, previous)
    if (value === undefined) this.#load?.forget(name)
    else if (origin instanceof Load) origin.take(name, value)
  }

  /** An override calls this one. */
  protected override memoryDiscarded(name: string, value: unknown, origin: unknown): void {
    if (!(origin instanceof Load)) return
    if (origin.over) run(this.#releaseLate(origin, name, value))
    else origin.own(value)
  }

  // The abort may call load() or unload() again by its listeners, so everything else is done before it.
  #supersedeLoad(): void {
    const queued = this.#loadRequest
    this.#loadRequest = undefined
    if (queued) this.#rejectOvertaken(queued, this.#error('superseded'))
    if (this.#state !== 'loading') return
    this.#state = 'unloading'
    this.#load?.abort(this.#error('superseded'))
  }

  #settle(): void {
    if (this.#settling) return
    this.#settling = true
    run(this.#transitions())
  }

  *#transitions(): Steps {
    while (this.#state !== this.#wanted) {
      if (this.#wanted === 'loaded') yield* this.#enter()
      else yield* this.#leave()
    }
    this.#settling = false
  }

  *#enter(): Steps {
    const request = this.#loadRequest as Pending
    this.#loadRequest = undefined
    const load = new Load()
    this.#load = load
    this.#state = 'loading'
    const failures: unknown[] = []
    yield* this.#callHandleLoad(load, failures)
    if (load.signal.aborted) {
      yield* this.#undoAborted(load, request, failures)
    } else if (failures.length > 0) {
      yield* this.#undoFailed(load, request, failures)
    } else {
      this.#state = 'loaded'
      request.resolve()
    }
  }

  *#leave(): Steps {
    this.#state = 'unloading'
    const errors: unknown[] = []
    yield* this.#callHandleUnload(errors)
    yield* this.#undo(this.#load as Load, errors)
    this.#state = 'unloaded'
    this.#answerUnload(errors)
  }

  *#undoAborted(load: Load, request: Pending, failures: readonly unknown[]): Steps {
    const errors: unknown[] = []
    if (failures.length === 0) yield* this.#callHandleUnload(errors)
    yield* this.#undo(load, errors)
    this.#state = 'unloaded'
    const unexpected = failures.filter(failure => failure !== load.signal.reason)
    this.#rejectOvertaken(request, this.#error('superseded', unexpected[0]))
    this.#answerUnload(errors)
  }

  *#undoFailed(load: Load, request: Pending, failures: unknown[]): Steps {
    this.#wanted = 'unloaded'
    this.#state = 'unloading'
    yield* this.#undo(load, failures)
    this.#state = 'unloaded'
    request.reject(combined(failures))
    // An unload() can only have come while this was undone; it got what it asked for, and load() tells the errors.
    this.#answerUnload([])
  }

  *#callHandleLoad(load: Load, errors: unknown[]): Steps {
    this.#ancestorCalled = false
    this.#handlingLoad = true
    yield* attempt(errors, () => this.handleLoad(load.signal))
    this.#handlingLoad = false
    if (errors.length === 0 && !this.#ancestorCalled) errors.push(this.#error('no-super-load'))
  }

  *#callHandleUnload(errors: unknown[]): Steps {
    this.#ancestorCalled = false
    yield* attempt(errors, () => this.handleUnload())
    if (errors.length === 0 && !this.#ancestorCalled) errors.push(this.#error('no-super-unload'))
  }

  *#undo(load: Load, errors: unknown[]): Steps {
    // Taken out as a whole: a function that registers itself again does so for the next unload.
    for (const fn of this.#unloadFunctions.splice(0).reverse()) yield* attempt(errors, fn)
    yield* this.#vanish(load, errors)
    yield* load.releaseAll(value => this.#holdings.has(value), errors)
  }

  *#vanish(load: Load, errors: unknown[]): Steps {
    this.abandonGenerations(load)
    for (const name of load.end()) super.delete({ name, tier: 'memory' } as never)
    // Or it would keep what it has released alive until the next load.
    this.#load = undefined
    const members = this as Record<string, unknown>
    for (const member of this.#volatileMembers) {
      yield* attempt(errors, () => {
        if (member in members) members[member] = undefined
      })
    }
  }

  *#releaseLate(load: Load, name: string, value: unknown): Steps {
    if (this.#holdings.has(value)) return
    const errors: unknown[] = []
    yield* load.release(value, errors)
    for (const error of errors) this.events.emit('error', { error, name })
  }

  #answerUnload(errors: readonly unknown[]): void {
    const request = this.#unloadRequest
    this.#unloadRequest = undefined
    if (errors.length === 0) request?.resolve()
    else request?.reject(combined(errors))
  }

  // Whoever started a load without waiting for it need not expect that somebody else unloads the component.
  #rejectOvertaken(overtaken: Pending, error: LifecycleError): void {
    overtaken.promise.catch(() => {})
    overtaken.reject(error)
  }

  #error(reason: LifecycleReason, cause?: unknown): LifecycleError {
    return new LifecycleError(reason, this.constructor.name, cause === undefined ? undefined : { cause })
  }
}

function pending(): Pending {
  let settle: Omit<Pending, 'promise'> | undefined
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...(settle as Omit<Pending, 'promise'>) }
}

function combined(errors: readonly unknown[]): unknown {
  const [first] = errors
  if (errors.length === 1) return first
  return new AggregateError(errors, `${errors.length} errors, the first: ${String(first)}`, { cause: first })
}
