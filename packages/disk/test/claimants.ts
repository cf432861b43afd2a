import { History, isLinearizable } from '@stagcache/test-kit/linearizable'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { type Files, nodeFiles } from '../src/files.ts'
import type { Origin } from '../src/record.ts'
import { hookedFiles } from './hooked-files.ts'
import { LogProcess, stampOf, textOf } from './log-process.ts'
import { Killed } from './mortal-files.ts'
import { type Call, storeSpecification } from './store-specification.ts'

/** What a process does, with the claims that it knows of. */
export interface Step {
  /**
   * `store` writes with the last claim of this process on the name, standing or not; `replace` claims in the place of
   * whichever claim stands; `seal` is what is left of a process that was killed while it reclaimed.
   */
  readonly verb: Exclude<Call['verb'], 'release'> | 'store' | 'replace' | 'release' | 'seal' | 'succeed'
  readonly name: string
  readonly stamp: number
}

/** What the others do before the nth operation on the file system. */
export interface Interruption {
  readonly at: number
  readonly steps: readonly (Step & { readonly by: number })[]
}

const names = ['a', 'b']
const verbs: readonly Step['verb'][] = ['claim', 'claim', 'store', 'store', 'replace', 'release']
const changes: readonly Step['verb'][] = ['write', 'remove', 'clear', 'read', 'standing', 'seal', 'succeed']

const parts = {
  verb: fc.constantFrom(...verbs, ...changes),
  // Mostly the same one: two names only have to be told apart.
  name: fc.constantFrom('a', 'a', 'a', 'b'),
  stamp: fc.constantFrom(1, 1, 2),
}
export const step: fc.Arbitrary<Step> = fc.record(parts)

/** @param latest - The last operation that may be interrupted. */
export function interruption(latest: number): fc.Arbitrary<Interruption> {
  const steps = fc.array(fc.record({ ...parts, by: fc.nat(1) }), { minLength: 1, maxLength: 4 })
  return fc.record({ at: fc.nat(latest), steps })
}

/** Processes of one directory that claim, store and change, and what all of them were answered. */
export class Claimants {
  readonly dir: string
  readonly #history = new History<Call>()
  readonly #others: readonly LogProcess[]
  readonly #claims = new Map<LogProcess, Map<string, Origin>>()
  #written = 0

  constructor(dir: string) {
    this.dir = dir
    this.#others = [new LogProcess(dir), new LogProcess(dir)]
  }

  /** The file system, with the others coming between; `check` is called with the directory whenever they have. */
  interrupted(
    interruptions: readonly Interruption[],
    files: Files = nodeFiles,
    check: (dir: string) => void = () => {},
  ): Files {
    let operations = 0
    const before = () => {
      const at = operations++
      for (const { steps } of interruptions.filter(one => one.at === at)) this.#interrupt(steps, check)
    }
    return hookedFiles({ before }, files)
  }

  #interrupt(steps: Interruption['steps'], check: (dir: string) => void): void {
    for (const one of steps) this.do(this.#others[one.by] as LogProcess, one)
    check(this.dir)
  }

  do(process: LogProcess, { verb, name, stamp }: Step): void {
    if (verb === 'seal') return process.seal()
    if (verb === 'succeed') return process.succeed()
    if (verb === 'claim' || verb === 'replace') return this.#claim(process, name, stamp, verb === 'replace')
    const known = this.#claims.get(process)?.get(name)
    if (verb === 'store' || verb === 'release') return void (known && this.#end(process, verb, name, known))
    if (verb === 'write') return this.#write(process, name, undefined)
    this.#history.call<unknown>(
      () => {
        if (verb === 'read') return process.read(name)
        if (verb === 'remove') return process.remove(name)
        if (verb === 'clear') return process.clear()
        const standing = process.standing(name)
        return standing && textOf(standing)
      },
      answer => ({ verb, name, answer }),
    )
  }

  /** Does some steps, or as many of them as the process lives to do. */
  doAll(process: LogProcess, steps: readonly Step[]): void {
    for (const one of steps) {
      try {
        this.do(process, one)
      } catch (error) {
        const cause = (error as { cause?: unknown }).cause ?? error
        expect(cause).toBeInstanceOf(Killed)
        return
      }
    }
  }

  /** All see the same, who comes new too, and what all were answered is what a store answers whose users take turns. */
  expectAgreement(): void {
    for (const process of [...this.#others, new LogProcess(this.dir)]) {
      for (const name of names) {
        this.do(process, { verb: 'read', name, stamp: 0 })
        this.do(process, { verb: 'standing', name, stamp: 0 })
      }
    }
    const { calls } = this.#history
    expect(isLinearizable(calls, storeSpecification), JSON.stringify(calls, null, 1)).toBe(true)
  }

  #claim(process: LogProcess, name: string, stamp: number, isReplacing: boolean): void {
    const replaced = isReplacing ? process.standing(name) : undefined
    const own = process.appender.nextOrigin()
    this.#claims.set(process, new Map(this.#claims.get(process)).set(name, own))
    this.#history.call(
      () => textOf(process.claim(name, stampOf(stamp), own, replaced).claim),
      answer => ({
        verb: 'claim',
        name,
        stamp,
        claim: textOf(own),
        replaces: replaced && textOf(replaced),
        answer,
      }),
    )
  }

  #end(process: LogProcess, verb: 'store' | 'release', name: string, claim: Origin): void {
    if (verb === 'store') return this.#write(process, name, claim)
    this.#history.call(
      () => process.release(name, claim),
      answer => ({ verb: 'release', name, claim: textOf(claim), answer }),
    )
  }

  #write(process: LogProcess, name: string, claim: Origin | undefined): void {
    const value = ++this.#written
    this.#history.call(
      () => process.write(name, value, claim),
      answer => ({ verb: 'write', name, value, claim: claim && textOf(claim), answer }),
    )
  }
}
