import { isCacheError, type Signal } from '@stagcache/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deferred } from '../test/view.ts'
import { CacheComponent, type LifecycleError } from './index.ts'

/*
 * Any interleaving of requests, entries, and handlers, generators and releases that settle when they like.
 *
 * Names that begin with `v` are only ever filled while loading, or overwritten while they are there, so every value
 * under them is volatile. Names that begin with `p` exist from the beginning, so none under them is.
 */

type Manner = 'now' | 'throw' | 'later'
type Name = 'v1' | 'v2' | 'v3'
type Touch = { do: 'set' | 'delete' | 'generate' | 'share'; name: Name; manner: Manner }
type Step =
  | { do: 'load' }
  | { do: 'unload' }
  | { do: 'tick' }
  | { do: 'settle'; which: number; well: boolean }
  | Touch

const manner = fc.constantFrom<Manner>('now', 'now', 'later', 'later', 'throw')
const name = fc.constantFrom<Name>('v1', 'v2', 'v3')
const steps = fc.array<Step>(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Step>({ do: 'load' }, { do: 'unload' }) },
    { weight: 2, arbitrary: fc.constant<Step>({ do: 'tick' }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom<Touch['do']>('set', 'delete', 'generate', 'share'),
        name,
        manner,
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(9), well: fc.boolean() }),
    },
  ),
  { maxLength: 40 },
)

test('ends in the state asked for last, everything volatile released once, no error lost', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(manner, { minLength: 1, maxLength: 8 }), async (script, manners) => {
      const world = new World(manners)
      for (const step of script) {
        await world.take(step)
        world.checkHeld()
      }
      await world.comeToRest()
      world.checkLastRequest()
      await world.unloadForGood()
      world.checkEnd()
    }),
    { numRuns: 1000 },
  )
}, 60_000)

class Resource {
  releases = 0
  shared = false
  readonly #release: () => unknown

  constructor(release: () => unknown) {
    this.#release = release
  }

  close(): unknown {
    this.releases++
    return this.#release()
  }
}

class World {
  readonly component: Probe
  readonly pending: Deferred<unknown>[] = []
  readonly resources: Resource[] = []
  readonly thrown: Error[] = []
  readonly reported: unknown[] = []
  readonly requests: { kind: 'load' | 'unload'; outcome?: 'done' | 'failed' | 'superseded' | 'refused' }[] =
    []
  functions = { registered: 0, called: 0 }
  readonly #manners: Manner[]
  #turn = 0
  #kept: Resource

  constructor(manners: Manner[]) {
    this.#manners = manners
    this.component = new Probe(this)
    this.component.events.on('error', ({ error }) => this.reported.push(error))
    this.#kept = this.#resource('now')
    this.component.set('p1', this.#kept)
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'tick') await this.#tick()
    else if (step.do === 'settle') this.#settle(step.which, step.well)
    else if (step.do === 'load' || step.do === 'unload') this.request(step.do)
    else this.#touch(step)
  }

  request(kind: 'load' | 'unload'): void {
    const request: World['requests'][number] = { kind }
    this.requests.push(request)
    this.component[kind]().then(
      () => {
        request.outcome = 'done'
      },
      (error: unknown) => {
        this.reported.push(error)
        request.outcome = outcomeOf(error)
      },
    )
  }

  /** What a handler, a generator or a release does. */
  behave<T>(manner: Manner, result: T): T | Promise<T> {
    if (manner === 'now') return result
    if (manner === 'throw') throw this.error()
    return this.#later().then(() => result)
  }

  nextManner(): Manner {
    return this.#manners[this.#turn++ % this.#manners.length] as Manner
  }

  fill(name: Name, manner: Manner): void {
    this.component.set(name, this.#resource(manner))
  }

  error(): Error {
    const error = new Error(`error ${this.thrown.length}`)
    this.thrown.push(error)
    return error
  }

  checkHeld(): void {
    for (const key of ['v1', 'v2', 'v3', 'p1', 'p2']) {
      const value = this.component.get(key) as Resource | undefined
      expect(value === undefined || value.releases === 0).toBe(true)
    }
  }

  async comeToRest(): Promise<void> {
    await this.#tick()
    while (this.pending.length > 0) {
      this.#settle(0, true)
      await this.#tick()
    }
  }

  /** The last request that was not refused decides, unless it is a load that failed. */
  checkLastRequest(): void {
    const { component, requests } = this
    for (const { outcome } of requests) expect(outcome).toBeDefined()
    const last = requests.filter(({ outcome }) => outcome !== 'refused').at(-1)
    expect([component.loaded, component.isLoading]).toEqual([
      last?.kind === 'load' && last.outcome === 'done',
      false,
    ])
    if (last?.kind === 'load') expect(['done', 'failed']).toContain(last.outcome)
    this.#checkOrder()
  }

  // A request may only be refused if one of the same kind came before it, and not the other in between.
  #checkOrder(): void {
    let wanted: 'load' | 'unload' = 'unload'
    let failed = false
    for (const { kind, outcome } of this.requests) {
      if (outcome === 'refused') expect(kind === wanted || failed).toBe(true)
      else expect(kind !== wanted || failed).toBe(true)
      if (outcome === 'refused') continue
      wanted = kind
      failed = kind === 'load' && outcome === 'failed'
    }
  }

  async unloadForGood(): Promise<void> {
    if (this.component.loaded) this.request('unload')
    await this.comeToRest()
  }

  checkEnd(): void {
    const { component, resources, functions, thrown } = this
    expect([component.loaded, component.isLoading]).toEqual([false, false])
    expect(component.unloads).toBe(component.loadsDone)
    expect(functions.called).toBe(functions.registered)
    expect(['v1', 'v2', 'v3'].filter(key => component.has(key))).toEqual([])
    expect(component.get('p1')).toBe(this.#kept)
    expect(this.#kept.releases).toBe(0)
    for (const resource of resources) {
      if (resource.shared) expect(resource.releases).toBeLessThanOrEqual(1)
      else if (resource !== this.#kept) expect(resource.releases).toBe(1)
    }
    const reported = this.reported.flatMap(everythingIn)
    expect(thrown.filter(error => !reported.includes(error))).toEqual([])
  }

  #touch({ do: what, name, manner }: Touch): void {
    const { component } = this
    const volatile = component.handling || component.has(name)
    if (what === 'delete') component.delete(name)
    else if (what === 'set' && volatile) this.fill(name, manner)
    else if (what === 'generate' && volatile) this.#generate(name, manner)
    else if (what === 'share') this.#share(name)
  }

  // Text of its own, or of one of the others: generators of equal text join, others compete.
  #generate(name: Name, manner: Manner): void {
    const key = { name, version: this.#turn % 3 }
    const later = async () => {
      await this.#later()
      return this.#resource(manner)
    }
    const other = () => this.#later().then(() => this.#resource(manner))
    const now = () => this.#resource(manner)
    const generate: () => unknown = manner === 'now' ? now : this.#turn++ % 2 === 0 ? later : other
    Promise.resolve(this.component.cache(key, generate)).catch(error => this.reported.push(error))
  }

  // The value of a volatile entry also stands under a name that stays.
  #share(name: Name): void {
    const value = this.component.get(name) as Resource | undefined
    if (!value) return
    value.shared = true
    this.component.set('p2', value)
  }

  #resource(manner: Manner): Resource {
    const resource = new Resource(() => this.behave(manner, undefined))
    this.resources.push(resource)
    return resource
  }

  #later(): Promise<unknown> {
    const deferred = new Deferred<unknown>()
    this.pending.push(deferred)
    return deferred.promise
  }

  #settle(which: number, well: boolean): void {
    const [deferred] = this.pending.splice(which % Math.max(this.pending.length, 1), 1)
    if (well) deferred?.resolve(undefined)
    else if (deferred) deferred.reject(this.error())
  }

  // A turn of the event loop. Browsers make nested timers wait for 4 ms.
  #tick(): Promise<void> {
    return new Promise(resolve => {
      const { port1, port2 } = new MessageChannel()
      const turned = () => {
        port1.close()
        resolve()
      }
      port1.addEventListener('message', turned)
      port1.start()
      port2.postMessage(undefined)
    })
  }
}

class Probe extends CacheComponent {
  handling = false
  loadsDone = 0
  unloads = 0
  #running = 0
  readonly #world: World

  constructor(world: World) {
    super()
    this.#world = world
  }

  protected override handleLoad(signal: Signal): void | PromiseLike<void> {
    super.handleLoad(signal)
    this.#world.fill('v1', this.#world.nextManner())
    this.#register()
    this.handling = true
    return this.#alone(
      () => {
        this.handling = false
        this.loadsDone++
      },
      () => {
        this.handling = false
      },
    )
  }

  protected override handleUnload(): void | PromiseLike<void> {
    super.handleUnload()
    this.unloads++
    return this.#alone(
      () => {},
      () => {},
    )
  }

  #register(): void {
    const { functions } = this.#world
    functions.registered++
    this.onUnload(() => {
      functions.called++
      return this.#world.behave(this.#world.nextManner(), undefined)
    })
  }

  #alone(done: () => void, failed: () => void): void | Promise<void> {
    this.#running++
    expect(this.#running).toBe(1)
    const over = (then: () => void) => {
      this.#running--
      then()
    }
    try {
      const result = this.#world.behave(this.#world.nextManner(), undefined)
      if (result === undefined) return over(done)
      return result.then(
        () => over(done),
        error => {
          over(failed)
          throw error
        },
      )
    } catch (error) {
      over(failed)
      throw error
    }
  }
}

function outcomeOf(error: unknown): 'failed' | 'superseded' | 'refused' {
  if (!isCacheError(error, 'lifecycle')) return 'failed'
  return (error as LifecycleError).reason === 'superseded' ? 'superseded' : 'refused'
}

function everythingIn(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [error]
  const parts = error instanceof AggregateError ? error.errors : []
  return [error, error.cause, ...parts]
}
