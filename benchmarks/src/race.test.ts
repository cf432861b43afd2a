import { describe, expect, test } from 'vitest'
import { race } from './race.ts'
import type { Contender, Row, Target } from './row.ts'

const effort = { warmUp: 1, rounds: 4, seconds: 60, fewest: 1 }

describe('a race', () => {
  test('lets everybody run in every round, in changing order', async () => {
    const order: string[] = []
    await race(row([runner('a', order), runner('b', order)]), effort)
    expect(order.join('')).toBe('abbabaabab')
  })

  test('counts nothing of its warming up', async () => {
    const times = [500, 1, 1, 3, 3]
    const learning = { ...runner('a', []), run: () => times.shift() ?? Number.NaN }
    const { figures } = await race({ ...row([learning]), reported: true }, effort)
    expect(figures).toEqual([{ name: 'a', figure: 2 }])
    expect(times).toEqual([])
  })

  test('ends after its time, but not before the fewest rounds', async () => {
    const order: string[] = []
    await race(row([runner('a', order), busy('b', 5)]), { warmUp: 9, rounds: 9, seconds: 0, fewest: 3 })
    expect(order).toHaveLength(3)
  })

  test('has no more rounds than the row says, and none to warm up for it', async () => {
    const order: string[] = []
    await race({ ...row([runner('a', order)]), rounds: 2 }, effort)
    expect(order).toHaveLength(2)
  })

  test('prepares before each sample and settles after it, both untimed', async () => {
    const order: string[] = []
    const wait = async (step: string) => {
      order.push(step)
      await busy('', 5).run()
    }
    const careful = {
      ...runner('run', order),
      prepare: () => wait('prepare'),
      settle: () => wait('settle'),
    }
    const { figures } = await race(row([careful]), { ...effort, warmUp: 0, rounds: 1 })
    expect(order).toEqual(['prepare', 'run', 'settle'])
    expect(figures[0]?.figure).toBeLessThan(5e6)
  })

  test('tells what one operation took, and how many times as fast the first contender was', async () => {
    const { figures } = await race(row([busy('slow', 12), { ...busy('fast', 3), operations: 10 }]), effort)
    const [slow, fast] = figures
    expect(figures.map(({ name }) => name)).toEqual(['slow', 'fast'])
    expect(slow).toMatchObject({ figure: expect.any(Number) })
    expect(slow?.advantage).toBeUndefined()
    expect(fast?.figure).toBeGreaterThanOrEqual(3e5)
    expect(fast?.advantage?.median).toBeLessThan(0.1)
  })

  test('takes a reported figure as it is', async () => {
    const reporting = (name: string, figure: number): Contender => ({
      ...runner(name, []),
      run: () => figure,
    })
    const { figures, unit } = await race(
      { ...row([reporting('a', 10), reporting('b', 30)]), unit: 'bytes', reported: true },
      effort,
    )
    expect(unit).toBe('bytes')
    expect(figures.map(({ figure }) => figure)).toEqual([10, 30])
    expect(figures[1]?.advantage).toEqual({ median: 3, low: 3, high: 3 })
  })

  test('says who takes no part', async () => {
    const absent = [{ name: 'c', reason: 'It has no such thing.' }]
    const { figures } = await race({ ...row([runner('a', [])]), absent }, effort)
    expect(figures.at(-1)).toEqual({ name: 'c', reason: 'It has no such thing.' })
  })

  test.each([
    { when: 'before', wrong: { prove: () => Promise.reject(new Error('forgot it')) }, fault: 'forgot it' },
    {
      when: 'during',
      wrong: { expected: 1, run: () => 2 },
      fault: 'It answered wrongly while it was timed.',
    },
    { when: 'after', wrong: { settle: () => Promise.reject(new Error('lost it')) }, fault: 'lost it' },
  ])('does not time who answers wrongly $when its samples', async ({ wrong, fault }) => {
    const rival = { ...runner('b', []), ...wrong }
    const result = await race(
      row([runner('a', []), rival], [{ measure: 'time', against: 'b', limit: 1 }]),
      effort,
    )
    expect(result.figures[1]).toEqual({ name: 'b', fault })
    expect(result.figures[0]?.figure).toBeGreaterThan(0)
    expect(result.verdicts).toEqual([{ target: expect.anything(), met: false }])
  })

  test('has no further samples of who answered wrongly once', async () => {
    const order: string[] = []
    await race(row([runner('a', order), { ...runner('b', order), expected: 2 }]), effort)
    expect(order.join('')).toBe('abaaaa')
  })

  test('compares nobody with a first contender that answered wrongly', async () => {
    const ours = { ...runner('a', []), expected: 2 }
    const { figures } = await race(row([ours, runner('b', [])]), effort)
    expect(figures[1]).toEqual({ name: 'b', figure: expect.any(Number) })
  })
})

describe('a target', () => {
  test.each<{ target: Target; reached: number; met: boolean }>([
    { target: { measure: 'speed', against: 'b', limit: 0.5 }, reached: 0.5, met: true },
    { target: { measure: 'speed', against: 'b', limit: 0.6 }, reached: 0.5, met: false },
    { target: { measure: 'time', against: 'b', limit: 2 }, reached: 2, met: true },
    { target: { measure: 'time', against: 'b', limit: 1.9 }, reached: 2, met: false },
    { target: { measure: 'size', against: 'c', limit: 4 }, reached: 5, met: false },
    { target: { measure: 'time', against: ['b', 'c'], limit: 4 }, reached: 5, met: false },
    { target: { measure: 'time', against: ['nobody', 'b'], limit: 2 }, reached: 2, met: true },
    { target: { measure: 'figure', limit: 100 }, reached: 100, met: true },
    { target: { measure: 'figure', limit: 99 }, reached: 100, met: false },
  ])('$target.measure, limit $target.limit, reached $reached: $met', async ({ target, reached, met }) => {
    const figures = { ours: 100, b: 50, c: 20 }
    const contenders = Object.entries(figures).map(([name, figure]) => ({
      ...runner(name, []),
      run: () => figure,
    }))
    const { verdicts } = await race({ ...row(contenders, [target]), reported: true }, effort)
    expect(verdicts).toEqual([{ target, reached: { median: reached, low: reached, high: reached }, met }])
  })

  test('that refers to a contender who is not there is missed', async () => {
    const target: Target = { measure: 'speed', against: 'nobody', limit: 0.1 }
    const { verdicts } = await race(row([runner('a', [])], [target]), effort)
    expect(verdicts).toEqual([{ target, met: false }])
  })
})

function row(contenders: Row['contenders'], targets: readonly Target[] = []): Row {
  return { name: 'row', contenders, targets }
}

function runner(name: string, order: string[]): Contender {
  return {
    name,
    operations: 1,
    expected: 1,
    async prove() {},
    run() {
      order.push(name)
      return 1
    },
  }
}

function busy(name: string, milliseconds: number): Contender {
  return {
    name,
    operations: 1,
    async prove() {},
    run() {
      const end = performance.now() + milliseconds
      while (performance.now() < end);
      return 1
    },
  }
}
