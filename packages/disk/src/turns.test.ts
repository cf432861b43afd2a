import { describe, expect, test } from 'vitest'
import { type Turn, Turns } from './turns.ts'

function setUp() {
  const turns = new Turns()
  const log: string[] = []
  /** An operation that notes its beginning, and its end when it is released. */
  const operation = (name: string, fails = false) => {
    let release = () => {}
    const gate = new Promise<void>(resolve => (release = resolve))
    const run = async () => {
      log.push(`${name}+`)
      await gate
      log.push(`${name}-`)
      if (fails) throw new Error(name)
      return name
    }
    return { run, release }
  }
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  return { turns, log, operation, settle }
}

describe('turns', () => {
  test('an operation begins at once where nothing is under way', () => {
    const { turns, log, operation } = setUp()
    turns.take('a', false, operation('a').run)
    expect(log).toEqual(['a+'])
    expect(turns.busy).toBe(true)
  })

  test('nothing waits for a quick operation', () => {
    const { turns, log, operation } = setUp()
    turns.take('a', true, operation('one').run)
    turns.take('a', true, operation('two').run)
    expect(log).toEqual(['one+', 'two+'])
    expect(turns.busy).toBe(false)
  })

  test('operations on one name follow each other, quick or not, whatever their outcome', async () => {
    const { turns, log, operation, settle } = setUp()
    const [one, two, three] = [operation('1', true), operation('2'), operation('3')]
    const first = turns.take('a', false, one.run)
    const second = turns.take('a', true, two.run)
    turns.take('a', true, three.run)
    two.release()
    three.release()
    await settle()
    expect(log).toEqual(['1+'])
    one.release()
    await expect(first).rejects.toThrow('1')
    expect(await second).toBe('2')
    await settle()
    expect(log).toEqual(['1+', '1-', '2+', '2-', '3+', '3-'])
    expect(turns.busy).toBe(false)
  })

  test('operations on different names do not wait for each other', () => {
    const { turns, log, operation } = setUp()
    turns.take('a', false, operation('a').run)
    turns.take('b', false, operation('b').run)
    expect(log).toEqual(['a+', 'b+'])
  })

  test('an operation on all names runs after all before it, and before all after it', async () => {
    const { turns, log, operation, settle } = setUp()
    const all = ['a', 'b', 'all', 'c', 'a2', 'all2', 'd'].map(name => ({ name, ...operation(name) }))
    const [a, b, everything, c, a2, again, d] = all as [(typeof all)[0], ...typeof all]
    turns.take('a', false, a.run)
    turns.take('b', false, b?.run as never)
    turns.takeAll(everything?.run as never)
    turns.take('c', true, c?.run as never)
    turns.take('a', true, a2?.run as never)
    turns.takeAll(again?.run as never)
    turns.take('d', true, d?.run as never)
    b?.release()
    await settle()
    expect(log).toEqual(['a+', 'b+', 'b-'])
    for (const each of all) each.release()
    await turns.all()
    await settle()
    expect(log.indexOf('all+')).toBeGreaterThan(log.indexOf('a-'))
    for (const name of ['c+', 'a2+']) expect(log.indexOf(name)).toBeGreaterThan(log.indexOf('all-'))
    for (const name of ['c-', 'a2-']) expect(log.indexOf('all2+')).toBeGreaterThan(log.indexOf(name))
    expect(log.indexOf('d+')).toBeGreaterThan(log.indexOf('all2-'))
    expect(turns.busy).toBe(false)
  })

  test('an operation on all names that fails holds up nobody', async () => {
    const { turns, log, operation, settle } = setUp()
    const failing = operation('all', true)
    const result = turns.takeAll(failing.run)
    turns.take('a', true, operation('a').run)
    failing.release()
    await expect(result).rejects.toThrow('all')
    await settle()
    expect(log).toEqual(['all+', 'all-', 'a+'])
  })

  test('a synchronous change outdates what was called before it for the name, and nothing else', async () => {
    const { turns } = setUp()
    const outdated: string[] = []
    const note = (label: string) => async (turn: Turn) => {
      // Under way by now, or waiting for what is.
      await null
      if (turn.isOutdated) outdated.push(label)
    }
    turns.take('a', false, note('a 1'))
    turns.take('a', true, note('a 2'))
    turns.take('b', false, note('b 1'))
    turns.outdate('a')
    turns.take('a', true, note('a 3'))
    turns.take('b', true, note('b 2'))
    await turns.all()
    expect(outdated.sort()).toEqual(['a 1', 'a 2'])
    turns.take('a/1', false, note('a/1'))
    turns.take('b/1', false, note('b/1'))
    turns.outdateAll('a/')
    await turns.all()
    expect(outdated).toEqual(['a 1', 'a 2', 'a/1'])
  })

  test('an operation on all names is told which ones were changed since it was called', async () => {
    const { turns, operation } = setUp()
    const slow = operation('a')
    turns.take('a', false, slow.run)
    turns.outdate('before')
    const first = turns.takeAll(async changed => changed)
    turns.outdate('between')
    const second = turns.takeAll(async changed => changed)
    slow.release()
    expect(await first).toEqual(new Set(['between']))
    turns.outdate('after')
    expect(await second).toEqual(new Set(['after']))
  })

  test('all() waits for what was called until then', async () => {
    const { turns, operation, settle } = setUp()
    const [one, two] = [operation('1'), operation('2', true)]
    turns.take('a', false, one.run)
    turns.take('b', false, two.run).catch(() => {})
    let over = false
    turns.all().then(() => (over = true))
    one.release()
    await settle()
    expect(over).toBe(false)
    two.release()
    await settle()
    expect(over).toBe(true)
  })
})
