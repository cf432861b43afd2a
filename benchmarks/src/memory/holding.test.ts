import { expect, test } from 'vitest'
import type { Item } from '../data.ts'
import { Field, Holding } from './holding.ts'
import { loopOf } from './loop.ts'
import type { MemoryRival, OpenMemory } from './memory-rival.ts'
import { everybody } from './rivals.ts'

const field = new Field(100)
const setting = { entries: 100 }

test.each(everybody)('$name holds what it was given', async rival => {
  const holding = Holding.of(rival, setting, field) as Holding
  await holding.fill()
  const verbs = (['get', 'generate', 'generateLater'] as const).filter(verb => holding.open[verb])
  expect(verbs).not.toEqual([])
  for (const verb of verbs) await holding.prove(verb)
})

test.each<{ fault: string; wrong: Partial<OpenMemory>; says: string }>([
  { fault: 'another value', wrong: { get: () => field.values[1] }, says: 'wrongly' },
  {
    fault: 'a value under every name',
    wrong: { get: name => itemOf(name) ?? field.values[0] },
    says: 'never set',
  },
])('$fault is noticed', async ({ wrong, says }) => {
  const rival: MemoryRival = { name: 'wrong', awaited: false, open: () => wrong }
  await expect(Holding.of(rival, setting, field)?.prove('get')).rejects.toThrow(says)
})

test('generating again is noticed', async () => {
  const rival: MemoryRival = {
    name: 'forgetful',
    awaited: false,
    open: (_setting, produce) => ({ generate: produce }),
  }
  const holding = Holding.of(rival, setting, field) as Holding
  await holding.fill()
  await expect(holding.prove('generate')).rejects.toThrow('generated what it had')
})

test.each([true, false])('a loop asks every question and adds up the answers, awaited: %s', async awaited => {
  const asked: unknown[] = []
  const ask = (question: number) => {
    asked.push(question)
    return awaited ? Promise.resolve(2 * question) : 2 * question
  }
  expect(await loopOf({ name: 'some', awaited }, 'numbers')(ask, [1, 2], [], 2)).toBe(12)
  expect(asked).toEqual([1, 2, 1, 2])
})

function itemOf(name: string): Item | undefined {
  const place = field.names.indexOf(name)
  return place < 0 ? undefined : field.values[place]
}
