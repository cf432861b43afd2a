import { describe, expect, test } from 'vitest'
import { race } from './race.ts'
import type { Contender, Row } from './row.ts'

const effort = { warmUp: 1, rounds: 4 }

describe('a race', () => {
  test('lets everybody run in every round, in changing order', async () => {
    const order: string[] = []
    await race(row([runner('a', order), runner('b', order)]), effort)
    expect(order.join('')).toBe('abbabaabab')
  })

  test('tells what one operation took, and the ratio to the second contender', async () => {
    const { timings, ratio, met } = await race(
      { ...row([busy('slow', 12), busy('fast', 3)]), target: { measure: 'time', limit: 1.2 } },
      effort,
    )
    expect(timings.map(({ name }) => name)).toEqual(['slow', 'fast'])
    expect(ratio).toMatchObject({ against: 'fast', measure: 'time' })
    expect(ratio?.median).toBeGreaterThan(1.2)
    expect(met).toBe(false)
  })

  test('forms a ratio of speeds the other way round', async () => {
    const { ratio, met } = await race(
      { ...row([busy('slow', 12), busy('fast', 3)]), target: { measure: 'speed', limit: 0.8 } },
      effort,
    )
    expect(ratio?.median).toBeLessThan(0.8)
    expect(met).toBe(false)
  })

  test.each([
    { when: 'before', wrong: { prove: () => Promise.reject(new Error('forgot it')) }, fault: 'forgot it' },
    { when: 'during', wrong: { run: () => 2 }, fault: 'answered wrongly while it was timed' },
    { when: 'after', wrong: { settle: () => Promise.reject(new Error('lost it')) }, fault: 'lost it' },
  ])('does not time who answers wrongly $when its samples', async ({ wrong, fault }) => {
    const order: string[] = []
    const rival = { ...runner('b', order), ...wrong }
    const result = await race(
      { ...row([runner('a', order), rival]), target: { measure: 'time', limit: 1 } },
      effort,
    )
    expect(result.timings[1]).toEqual({ name: 'b', fault })
    expect(result.timings[0]?.nanoseconds).toBeGreaterThan(0)
    expect(result.ratio).toBeUndefined()
    expect(result.met).toBe(false)
  })
})

function row(contenders: Row['contenders']): Row {
  return { name: 'row', operations: 1, expected: 1, contenders }
}

function runner(name: string, order: string[]): Contender {
  return {
    name,
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
    async prove() {},
    run() {
      const end = performance.now() + milliseconds
      while (performance.now() < end);
      return 1
    },
  }
}
